"""What is known of a parcel and what is told about it: the two ends of every answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fulfillment.statuses import Reason, ShipmentStatus
from fulfillment.windows import Window
from parcelwise.clock import day_pattern, say

S = ShipmentStatus


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one parcel. Days are in the reader's zone; ``delivered_time`` is empty when it was assumed.
    ``is_ours``: the shop's own courier brings it, who has no page and leaves no card."""

    status: str
    today: date
    carrier: str = ""
    reason: str = ""
    window: Window | None = None
    promised_on: date | None = None
    carrier_estimate: date | None = None
    seen_on: date | None = None
    seen_at_place: str = ""
    announced_on: date | None = None
    handed_over: bool = False
    attempted_on: date | None = None
    delivered_on: date | None = None
    delivered_time: str = ""
    is_late: bool = False
    is_asked: bool = False
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A headline with its meaning; a badge (word, tone, icon); a step 1 to 5, or 0 when there is no progress to show;
    and, when something is wrong, what happened, what it means and what comes next.
    """

    headline: str
    word: str
    tone: str = "plain"
    icon: str = "box"
    step: int = 0
    meaning: str = ""
    happened: str = ""
    means: str = ""
    then: str = ""


def is_damaged(known: Known) -> bool:
    """Whether its carrier says that the parcel was damaged, and it has neither arrived nor turned back."""
    over = (S.DELIVERED, S.RETURN_TO_SENDER, S.CANCELLED)
    return known.reason == Reason.CARRIER_DAMAGED_PARCEL and known.status not in over


def step_words(status: str = "") -> tuple[str, ...]:
    """The five steps of a parcel; the fourth is called differently when the customer fetches it."""
    fourth = _("Ready for pickup") if status == S.READY_FOR_PICKUP else _("Out for delivery")
    return _("Ordered"), _("Handed over"), _("On its way"), fourth, _("Delivered")


def open_window(known: Known) -> Window | None:
    """The part of the arrival window that is still ahead; None when there is none."""
    window = known.window
    if window is None or window.last < known.today:
        return None
    return replace(window, first=max(window.first, known.today), likely=max(window.likely, known.today))


def with_reason(sentence: str, known: Known) -> str:
    """``sentence`` and the reason behind it, when one is known."""
    if not known.reason or known.reason == Reason.UNKNOWN:
        return sentence
    reason = _("The reason given: %(reason)s.") % {"reason": Reason(known.reason).label}
    return f"{sentence} {reason}"


def relative(day: date, today: date) -> str:
    if day == today:
        return _("today")
    return _("yesterday") if day == today - timedelta(days=1) else say(day, today)


def weekday(day: date) -> str:
    """A day inside a sentence: ``Monday 3 Nov``."""
    return date_format(day, day_pattern(weekday="l"))


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
