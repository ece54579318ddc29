"""The answer to "where is it?": pure, from what is known of a parcel at one moment.

Says what happened, what it means and what happens next, and never more than is known.
"""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from fulfillment.pages import trouble
from fulfillment.pages.known import Answer, Known, open_window, relative, weekday, with_reason
from fulfillment.pages.moving import on_its_way
from fulfillment.statuses import Reason, ShipmentStatus

S = ShipmentStatus


def answer(known: Known) -> Answer:
    """What to tell the customer about one parcel."""
    if known.reason == Reason.CARRIER_PARCEL_LOST and known.status != S.DELIVERED:
        return _lost(known)
    return _BY_STATUS.get(S(known.status), on_its_way)(known)


def _delivered(known: Known) -> Answer:
    day = known.delivered_on
    meaning = ""
    if known.delivered_time and known.seen_at_place:
        # “München, BY, DE”: the codes are for machines.
        town = known.seen_at_place.partition(",")[0]
        meaning = _("At %(time)s in %(place)s.") % {"time": known.delivered_time, "place": town}
    elif known.delivered_time:
        meaning = _("At %(time)s.") % {"time": known.delivered_time}
    return Answer(
        headline=_("Delivered %(day)s") % {"day": relative(day, known.today)} if day else _("Delivered"),
        word=_("Delivered"),
        tone="good",
        icon="check",
        step=5,
        meaning=meaning,
    )


def _ready(known: Known) -> Answer:
    return Answer(
        headline=_("Ready for pickup"),
        word=_("Ready for pickup"),
        tone="good",
        icon="pin",
        step=4,
        meaning=_("It waits for you at: %(place)s") % {"place": known.seen_at_place}
        if known.seen_at_place
        else _("%(carrier)s knows the place and how long it is kept.") % {"carrier": known.carrier or _("The carrier")},
    )


def _attempted(known: Known) -> Answer:
    day = known.attempted_on or known.seen_on
    window = open_window(known)
    return Answer(
        headline=_("Arriving %(window)s") % {"window": window.words(known.today)}
        if window
        else _("Delivery was attempted"),
        word=_("Delivery attempted"),
        tone="warn",
        icon="door",
        step=4,
        meaning=_("8 of 10 such parcels arrive in this window.") if window else "",
        happened=with_reason(
            _("A driver was there on %(day)s but could not hand it over.") % {"day": weekday(day)}
            if day
            else _("A driver could not hand it over."),
            known,
        ),
        means=_("Your parcel is with %(carrier)s.") % {"carrier": known.carrier or _("the carrier")},
        then=trouble.what_next(known.reason or Reason.CONSIGNEE_NOT_HOME, known.carrier),
    )


def _on_hold(known: Known) -> Answer:
    return Answer(
        headline=_("Your parcel is being held"),
        word=_("On hold"),
        tone="warn",
        icon="pause",
        step=3,
        happened=with_reason(_("%(carrier)s is holding it.") % {"carrier": known.carrier or _("The carrier")}, known),
        means=_("Until it moves again we cannot name a day."),
        then=trouble.what_next(known.reason, known.carrier),
    )


def _going_back(known: Known) -> Answer:
    return Answer(
        headline=_("On its way back to us"),
        word=_("Going back"),
        tone="bad",
        icon="back",
        happened=with_reason(
            _("%(carrier)s could not deliver it and sends it back.") % {"carrier": known.carrier or _("The carrier")},
            known,
        ),
        means=_("It will not arrive this time."),
        then=_("Write to us: shall we send it again, or would you rather have your money back?"),
    )


def _lost(known: Known) -> Answer:
    return Answer(
        headline=_("Your parcel is lost"),
        word=_("Lost"),
        tone="bad",
        icon="alert",
        happened=_("%(carrier)s tells us that it cannot be found.") % {"carrier": known.carrier or _("The carrier")},
        means=_("We are sorry. It will probably not arrive."),
        then=_("You need not look for it. Write to us, and we will put it right."),
    )


def _cancelled(known: Known) -> Answer:
    return Answer(
        headline=_("This parcel was cancelled"),
        word=_("Cancelled"),
        icon="cross",
        meaning=_("Nothing is on its way to you in this parcel."),
    )


_BY_STATUS: dict[ShipmentStatus, Callable[[Known], Answer]] = {
    S.DELIVERED: _delivered,
    S.READY_FOR_PICKUP: _ready,
    S.DELIVERY_FAILED: _attempted,
    S.ON_HOLD: _on_hold,
    S.RETURN_TO_SENDER: _going_back,
    S.CANCELLED: _cancelled,
}
