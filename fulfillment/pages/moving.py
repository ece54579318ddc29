"""The answer for a parcel that is still to come: when, and whether there is reason to worry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from django.utils.translation import gettext as _

from fulfillment.pages import trouble
from fulfillment.pages.known import Answer, Known, capital, is_damaged, open_window, weekday, with_reason
from fulfillment.statuses import ShipmentStatus
from parcelwise.clock import say

S = ShipmentStatus

#: Days without a scan after which a parcel on its way counts as silent (a weekend alone does not).
SILENT_DAYS = 4


_STEP = {
    S.PENDING: 1,
    S.PICKED_UP: 2,
    S.IN_TRANSIT: 3,
    S.DELIVERY_DELAYED: 3,
    S.ON_HOLD: 3,
    S.OUT_FOR_DELIVERY: 4,
    S.READY_FOR_PICKUP: 4,
    S.DELIVERY_FAILED: 4,
    S.DELIVERED: 5,
}
_ICON = {S.PICKED_UP: "truck", S.IN_TRANSIT: "truck", S.OUT_FOR_DELIVERY: "truck"}


def on_its_way(known: Known) -> Answer:
    status = S(known.status)
    headline, meaning = _expectation(known)
    told = Answer(
        headline=headline,
        word=str(status.label) if status != S.UNKNOWN else _("On its way") if known.handed_over else _("No news yet"),
        icon=_ICON.get(status, "box"),
        step=_STEP.get(status, 3 if known.handed_over else 1),
        meaning=meaning,
    )
    for worry in (_damaged, _overdue, _late, _silent, _unread):
        if worried := worry(known, told):
            return worried
    return told


def _expectation(known: Known) -> tuple[str, str]:
    """When it comes, and what that means: from the best source that has something to say."""
    for source in _SOURCES:
        if said := source(known):
            return said
    headline = _("On its way") if known.handed_over else _("Ready to be handed over")
    return headline, _("We cannot tell the day yet.")


def _from_the_driver(known: Known) -> tuple[str, str] | None:
    if known.status != S.OUT_FOR_DELIVERY or known.seen_on != known.today:
        return None
    return _("Out for delivery today"), _("The driver has your parcel. Nobody can tell the hour yet.")


def _from_the_window(known: Known) -> tuple[str, str] | None:
    window, whole = open_window(known), known.window
    if window is None or whole is None:
        return None
    headline = _("Arriving %(window)s") % {"window": window.words(known.today)}
    if window.first == whole.first:
        return headline, _("8 of 10 such parcels arrive in this window.")
    # Part of the window is over. What was said of the whole of it holds for the whole of it only.
    meaning = _("We expect it %(window)s; 8 of 10 such parcels arrive in their window.")
    return headline, meaning % {"window": whole.words(known.today)}


def _from_a_window_that_is_over(known: Known) -> tuple[str, str] | None:
    if known.window is None:
        return None
    return _("Later than we expected"), _("We expected it by %(day)s.") % {"day": say(known.window.last, known.today)}


def _from_the_promise(known: Known) -> tuple[str, str] | None:
    if not known.promised_on or known.promised_on < known.today:
        return None
    headline = _("Arriving by %(day)s") % {"day": say(known.promised_on, known.today)}
    return headline, _("That is the day we promised when you ordered.")


def _from_the_carrier(known: Known) -> tuple[str, str] | None:
    if not known.carrier_estimate or known.carrier_estimate < known.today:
        return None
    headline = _("Arriving by %(day)s") % {"day": say(known.carrier_estimate, known.today)}
    return headline, _("That is what %(carrier)s expects.") % {"carrier": known.carrier or _("the carrier")}


_SOURCES: tuple[Callable[[Known], tuple[str, str] | None], ...] = (
    _from_the_driver,
    _from_the_window,
    _from_a_window_that_is_over,
    _from_the_promise,
    _from_the_carrier,
)


def _damaged(known: Known, told: Answer) -> Answer | None:
    if not is_damaged(known):
        return None
    return replace(
        told,
        word=_("Damaged"),
        tone="warn",
        icon="alert",
        happened=_("%(carrier)s tells us that your parcel was damaged.")
        % {"carrier": known.carrier or _("The carrier")},
        means=_("It may still arrive. Look at it closely when it does."),
        then=_("Write to us, and we will put it right."),
    )


def _overdue(known: Known, told: Answer) -> Answer | None:
    """The window is over and the parcel is not there."""
    if not known.window or known.window.last >= known.today or known.status == S.DELIVERED:
        return None
    if known.seen_on:
        happened = _("It was last seen on %(day)s and has not been delivered.") % {"day": weekday(known.seen_on)}
    else:
        happened = _("It has not been delivered.")
    return replace(
        told,
        word=_("Delayed"),
        tone="warn",
        icon="clock",
        happened=with_reason(happened, known),
        means=_("We cannot name a new day until it is scanned again."),
        then=trouble.keep_asking(known.carrier, known.is_asked),
    )


def _late(known: Known, told: Answer) -> Answer | None:
    is_past = known.promised_on is not None and known.promised_on < known.today
    if not (known.is_late or is_past or known.status == S.DELIVERY_DELAYED):
        return None
    window = open_window(known)
    promised = known.promised_on
    if promised and (window is None or window.last > promised):
        happened = _("We promised it by %(day)s. It will probably not make it.") % {"day": say(promised, known.today)}
        if is_past:
            happened = _("We promised it by %(day)s. It did not make it.") % {"day": say(promised, known.today)}
    else:
        happened = _("It is taking longer than planned.")
    means = (
        _("We now expect it %(window)s.") % {"window": window.words(known.today)}
        if window
        else _("We have no new day yet.")
    )
    then = trouble.what_next(known.reason, known.carrier)
    if not known.handed_over and not known.reason:
        means = " ".join((_("It has not left us yet."), means))
        then = _("That is our fault, and we are sorry. If you cannot wait, write to us.")
    return replace(
        told,
        word=_("Delayed"),
        tone="warn",
        icon="clock",
        happened=with_reason(happened, known),
        means=means,
        then=then,
    )


def _silent(known: Known, told: Answer) -> Answer | None:
    """No scan for days while it should be moving, or none at all since the label was made."""
    last = known.seen_on or known.announced_on
    if not last or known.today - last < timedelta(days=SILENT_DAYS):
        return None
    if not known.seen_on or known.status == S.PENDING:
        happened = _("The label was made on %(day)s, and %(carrier)s has not scanned the parcel since.")
    else:
        happened = _("%(carrier)s has not scanned your parcel since %(day)s.")
    return replace(
        told,
        tone="warn",
        icon="clock",
        happened=capital(happened % {"day": weekday(last), "carrier": known.carrier or _("the carrier")}),
        means=_("Scans are sometimes missed, so it may still be moving. It is longer than usual, though."),
        then=trouble.keep_asking(known.carrier, known.is_asked),
    )


def _unread(known: Known, told: Answer) -> Answer | None:
    if known.status != S.UNKNOWN or not known.seen_on:
        return None
    return replace(
        told,
        icon="question",
        happened=_("%(carrier)s sent a status that we cannot read.") % {"carrier": known.carrier or _("The carrier")},
        means=_("The carrier's own words are in the timeline below."),
        then=trouble.keep_asking(known.carrier, known.is_asked),
    )
