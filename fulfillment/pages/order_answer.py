"""The answer for a whole order: pure, the sum of what is told about its parcels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.pages.known import Answer, Known, open_window
from fulfillment.statuses import PaymentStatus, ShipmentStatus
from fulfillment.windows import Window
from parcelwise.clock import say

S = ShipmentStatus
Told = tuple[Known, Answer]


def answer_for_order(
    parcels: Sequence[Told],
    *,
    waiting: bool,
    today: date,
    promised_on: date | None,
    cancelled: bool,
    payment: str = "",
) -> Answer:
    """What to tell about a whole order: its parcel's answer when there is one, else the sum of them.

    ``waiting``: some of the order has not been packed into any parcel. ``payment``: a ``PaymentStatus``, or empty.
    """
    live = [(known, told) for known, told in parcels if known.status != S.CANCELLED]
    if cancelled and not live:
        return _cancelled(payment)
    if not live:
        return _preparing(today, promised_on) if waiting or not parcels else parcels[-1][1]
    if len(live) == 1 and not waiting:
        return live[0][1]
    return _sum(live, waiting)


def _cancelled(payment: str) -> Answer:
    if payment == PaymentStatus.REFUNDED:
        meaning = _("Nothing will be sent. Your money was given back; your bank may take a few days to show it.")
    elif payment == PaymentStatus.VOIDED:
        meaning = _("Nothing will be sent, and nothing was charged.")
    elif payment == PaymentStatus.PENDING:
        meaning = _("Nothing will be sent, and you do not have to pay.")
    else:
        meaning = _("Nothing will be sent. If you have paid and the money is not back yet, please ask us.")
    return Answer(_("This order was cancelled"), _("Cancelled"), icon="cross", meaning=meaning)


def _preparing(today: date, promised_on: date | None) -> Answer:
    if promised_on and promised_on >= today:
        headline = _("Arriving by %(day)s") % {"day": say(promised_on, today)}
        meaning = _("We are packing your order. You will see the parcel here as soon as it leaves.")
    else:
        headline = _("We are preparing your order")
        meaning = _("You will see the parcel here as soon as it leaves.")
    if promised_on and promised_on < today:
        meaning = _("We promised it by %(day)s and are late. We are sorry.") % {"day": say(promised_on, today)}
    late = bool(promised_on and promised_on < today)
    return Answer(headline, _("Late") if late else _("Being prepared"), "warn" if late else "plain", "box", 1, meaning)


def _sum(live: Sequence[Told], waiting: bool) -> Answer:
    rest = [(known, told) for known, told in live if known.status != S.DELIVERED]
    return _some_on_their_way(live, rest, waiting) if rest else _all_arrived(live, waiting)


def _all_arrived(live: Sequence[Told], waiting: bool) -> Answer:
    latest = max(live, key=lambda pair: pair[0].delivered_on or date.min)[1]
    if not waiting:
        return replace(latest, meaning=_("All %(count)d parcels have arrived.") % {"count": len(live)}, step=0)
    meaning = _("The rest of your order has not been sent yet.")
    return Answer(_("Partly delivered"), _("Partly delivered"), meaning=meaning)


def _some_on_their_way(live: Sequence[Told], rest: Sequence[Told], waiting: bool) -> Answer:
    done = len(live) - len(rest)
    worst = _worst([told for _known, told in rest])
    headline, meaning = _when(rest)
    if done:
        meaning = _("The rest: %(when)s.") % {"when": headline}
        headline = ngettext("%(done)d of %(all)d parcels delivered", "%(done)d of %(all)d parcels delivered", done) % {
            "done": done,
            "all": len(live),
        }
    if waiting:
        meaning = " ".join(filter(None, (meaning, _("Some of your order has not been sent yet."))))
    word = _("Partly delivered") if done and worst.tone == "plain" else worst.word
    return Answer(headline, word, worst.tone, worst.icon, 0, meaning)


def _when(rest: Sequence[Told]) -> tuple[str, str]:
    """Headline and meaning of the parcels that have not arrived."""
    if len(rest) == 1:
        return rest[0][1].headline, rest[0][1].meaning
    window = _combined([open_window(known) for known, _told in rest])
    if window:
        headline = _("Arriving %(window)s") % {"window": window.words(rest[0][0].today)}
    else:
        headline = _("%(count)d parcels are on their way") % {"count": len(rest)}
    return headline, _("In %(count)d parcels, each with its own window below.") % {"count": len(rest)}


def _worst(told: Sequence[Answer]) -> Answer:
    tones = ("bad", "warn")
    return min(told, key=lambda each: tones.index(each.tone) if each.tone in tones else len(tones))


def _combined(windows: Sequence[Window | None]) -> Window | None:
    """From the first day of the first window to the last of the last; None when one of them is not known."""
    known = [window for window in windows if window]
    if len(known) < len(windows) or not known:
        return None
    return Window(
        min(window.first for window in known),
        max(window.last for window in known),
        max(window.likely for window in known),
    )
