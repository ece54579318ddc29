"""Where everything of an order is, in one line: pure, for the customer's pages, the admin, messages and the chat.

"2 of 3 parcels delivered; the third arrives Thu 4 – Sat 6 Dec with DHL; 1 item is being packed."
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from fulfillment.models import Order, Shipment
from fulfillment.packed import packed_pieces
from fulfillment.statuses import FINAL, Direction, OrderStatus, Reason, ShipmentStatus
from fulfillment.telling import carrier_name, reader_zone
from fulfillment.windows import Window, window_of
from parcelwise.clock import day_of, say

S = ShipmentStatus

#: Why a parcel was sent again: Place.replaces.
LOST, DAMAGED, RETURNED = "lost", "damaged", "returned"


@dataclass(frozen=True, slots=True)
class Place:
    """What the line needs of one parcel. ``carrier`` is its name for people, of the leg that delivers it.

    ``window``: as told to customers. ``replaces``: LOST, DAMAGED or RETURNED for a parcel that brings the contents of
    another one again; ``is_replaced`` is that other one. ``holds``: numbers of the customer's other orders inside.
    """

    status: str
    reason: str = ""
    carrier: str = ""
    window: Window | None = None
    handed_over: bool = False
    is_back: bool = False
    replaces: str = ""
    is_replaced: bool = False
    holds: tuple[str, ...] = ()


class _Is(IntEnum):
    """What is said of a parcel; said in this order."""

    READY = 1
    OUT = 2
    COMING = 3
    MOVING = 4
    PACKED = 5
    LATE = 6
    ATTEMPTED = 7
    HELD = 8
    GOING_BACK = 9
    DAMAGED = 10
    LOST = 11
    DELIVERED = 12


class _Told(NamedTuple):
    """What is said of a parcel, the day by which such are sorted, and the words that its predicate needs."""

    said: _Is
    day: date
    words: str


def line(
    places: Sequence[Place],
    *,
    today: date,
    waiting: int = 0,
    is_cancelled: bool = False,
    promised_on: date | None = None,
) -> str:
    """The sentence. ``waiting``: pieces that are in no parcel yet."""
    out = [each for each in places if not (each.is_back or each.is_replaced or each.status == S.CANCELLED)]
    clauses = [*_opening(out, places, waiting, is_cancelled, promised_on, today), *_parcels(out, today)]
    if waiting and out and not is_cancelled:
        clauses.append(
            ngettext("%(count)d item is being packed", "%(count)d items are being packed", waiting) % {"count": waiting}
        )
    clauses += [*_again(out), *_together(out), *_back([each for each in places if each.is_back])]
    text = "; ".join(clauses).rstrip(".")  # in German a day may end with one: “bis Fr 5. Dez.”
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def of_order(
    order: Order, shipments: Sequence[Shipment], now: datetime | None = None, *, waiting: int | None = None
) -> str:
    """The sentence for ``order``, whose store, lines and contact are there, from all its ``shipments``.

    These come from :func:`fulfillment.queries.for_list` or ``for_page``: with their lines and ``current_forecast``.
    Nothing is queried, but for what was not prefetched. ``waiting``: pieces to be packed, where the caller has counted.
    """
    now, zone = now or timezone.now(), reader_zone(order)
    return line(
        places_of(order, shipments, zone),
        today=day_of(now, zone),
        waiting=waiting_pieces(order, shipments) if waiting is None else waiting,
        is_cancelled=order.status == OrderStatus.CANCELLED,
        promised_on=order.promised_on,
    )


def places_of(order: Order, shipments: Sequence[Shipment], zone: ZoneInfo) -> list[Place]:
    """``shipments`` as the line needs them."""
    by_key = {shipment.pk: shipment for shipment in shipments}
    live = [each for each in shipments if each.status != S.CANCELLED]
    replaced = {each.replaces_id for each in live if each.replaces_id}
    return [_place(order, shipment, by_key, shipment.pk in replaced, zone) for shipment in shipments]


def waiting_pieces(order: Order, shipments: Sequence[Shipment]) -> int:
    """Pieces of the order that no parcel holds; 0 once it is closed, or where nobody says what is in which parcel."""
    if order.status != OrderStatus.OPEN:
        return 0
    packed = packed_pieces(shipments)
    if not packed and any(each.direction == Direction.OUT and each.status != S.CANCELLED for each in shipments):
        return 0
    return sum(max(line.quantity - packed[line.pk], 0) for line in order.lines.all())


def why_again(shipment: Shipment) -> str:
    """What became of a parcel whose contents were sent again."""
    if shipment.reason == Reason.CARRIER_DAMAGED_PARCEL:
        return DAMAGED
    return RETURNED if shipment.status == S.RETURN_TO_SENDER else LOST


def number_now(shipment: Shipment) -> tuple[str, str]:
    """Carrier (our slug) and number under which the parcel can be found now: of its last leg, if it was handed over."""
    last = shipment.last_mile
    return (last.carrier, last.number) if last and last.number else (shipment.carrier, shipment.tracking_number)


def number_before(shipment: Shipment) -> tuple[str, str] | None:
    """Carrier and number that it had before it was handed over; None for a parcel with one number."""
    return (shipment.carrier, shipment.tracking_number) if shipment.last_mile_id else None


def also_holds(shipment: Shipment, order: Order) -> list[Order]:
    """The other orders in the same box that are the same person's; of anybody else's nothing is told."""
    if shipment.consignment is None:
        return []
    found = [each.order for each in shipment.consignment.shipments.all() if each.status != S.CANCELLED]
    contact = order.customer.contact_id
    return [other for other in found if other.pk != order.pk and other.customer.contact_id == contact]


def _place(order: Order, shipment: Shipment, by_key: dict[int, Shipment], is_replaced: bool, zone: ZoneInfo) -> Place:
    before = by_key.get(shipment.replaces_id or 0)
    return Place(
        status=shipment.status,
        reason=shipment.reason,
        carrier=carrier_name(number_now(shipment)[0]),
        window=_window(shipment, zone),
        handed_over=shipment.handed_over_at is not None,
        is_back=shipment.direction == Direction.BACK,
        replaces=why_again(before) if before else "",
        is_replaced=is_replaced,
        holds=tuple(other.number for other in also_holds(shipment, order)),
    )


def _window(shipment: Shipment, zone: ZoneInfo) -> Window | None:
    current = getattr(shipment, "current_forecast", None)
    if not current or shipment.status in FINAL:
        return None
    window = window_of(current[0].p10, current[0].p50, current[0].p90, zone)
    return window if window.is_telling else None


# Clauses


def _opening(
    out: Sequence[Place],
    places: Sequence[Place],
    waiting: int,
    is_cancelled: bool,
    promised_on: date | None,
    today: date,
) -> Iterator[str]:
    if is_cancelled:
        yield _("this order was cancelled")
        return
    if out:
        return
    if waiting or not places:
        yield _("your order is being packed")
        if promised_on and promised_on >= today:
            yield _("it arrives by %(day)s") % {"day": say(promised_on, today)}
    elif not any(each.is_back for each in places):
        yield _("nothing is on its way to you")


def _parcels(out: Sequence[Place], today: date) -> Iterator[str]:
    """What is told of the parcels to the customer: how many have arrived, then the others by what is said of them."""
    count, told = len(out), [_told(each, today) for each in out]
    done = sum(each.said is _Is.DELIVERED for each in told)
    if done and done == count:
        yield _all_arrived(count)
        return
    rest = Counter(sorted(each for each in told if each.said is not _Is.DELIVERED))
    if done:
        counts = {"done": done, "all": count}
        yield ngettext("%(done)d of %(all)d parcels delivered", "%(done)d of %(all)d parcels delivered", done) % counts
    elif count > 1 and len(rest) > 1:
        clauses = [_clause(each, many, _few(many)) for each, many in rest.items()]
        listed = {"count": count, "list": "; ".join(clauses)}
        yield _("%(count)d parcels: %(list)s") % listed
        return
    for each, many in rest.items():
        yield _clause(each, many, _subject(count, done, many))


def _all_arrived(count: int) -> str:
    if count == 1:
        return _("your parcel has been delivered")
    return _("both parcels have been delivered") if count == 2 else _("all %(count)d parcels have been delivered") % {
        "count": count
    }  # fmt: skip


def _subject(count: int, done: int, many: int) -> str:
    """Whom a clause is about, as its grammatical subject."""
    if count == 1:
        return _("your parcel")
    if many == 1 and done == count - 1:
        if count == 2:
            return pgettext("parcel", "the other")
        return pgettext("parcel", "the third") if count == 3 else pgettext("parcel", "the last")
    if many == count:
        return _("both parcels") if count == 2 else _("all %(count)d parcels") % {"count": count}
    return _few(many)


def _few(many: int) -> str:
    return pgettext("parcel", "one") if many == 1 else str(many)


def _clause(told: _Told, many: int, who: str) -> str:
    return _PREDICATES[told.said](many) % {"who": who, "words": told.words}


_PREDICATES: dict[_Is, Callable[[int], str]] = {
    _Is.READY: lambda many: ngettext("%(who)s is ready for pickup", "%(who)s are ready for pickup", many),
    _Is.OUT: lambda many: ngettext("%(who)s is out for delivery%(words)s", "%(who)s are out for delivery%(words)s",
                                   many),
    _Is.COMING: lambda many: ngettext("%(who)s arrives %(words)s", "%(who)s arrive %(words)s", many),
    _Is.MOVING: lambda many: ngettext("%(who)s is on its way%(words)s", "%(who)s are on their way%(words)s", many),
    _Is.PACKED: lambda many: ngettext("%(who)s is packed and waits for the carrier",
                                      "%(who)s are packed and wait for the carrier", many),
    _Is.LATE: lambda many: ngettext("%(who)s is later than expected", "%(who)s are later than expected", many),
    _Is.ATTEMPTED: lambda many: ngettext("%(who)s could not be handed over yet%(words)s",
                                         "%(who)s could not be handed over yet%(words)s", many),
    _Is.HELD: lambda many: ngettext("%(who)s is being held", "%(who)s are being held", many),
    _Is.GOING_BACK: lambda many: ngettext("%(who)s is going back to us", "%(who)s are going back to us", many),
    _Is.DAMAGED: lambda many: ngettext("%(who)s was damaged on the way", "%(who)s were damaged on the way", many),
    _Is.LOST: lambda many: ngettext("%(who)s is lost", "%(who)s are lost", many),
}  # fmt: skip


def _told(place: Place, today: date) -> _Told:
    status, window = S(place.status), place.window
    said = _PLAIN.get(status, _Is.MOVING if place.handed_over else _Is.PACKED)
    if said is not _Is.DELIVERED:
        said = _BY_REASON.get(place.reason, said)
    if said in _OPEN and window and window.last >= today:
        ahead = replace(window, first=max(window.first, today), likely=max(window.likely, today))
        words = ahead.words(today)
        if said is _Is.ATTEMPTED:
            return _Told(said, ahead.first, _(" and comes %(window)s") % {"window": words})
        return _Told(_Is.COMING, ahead.first, _with(words, place.carrier))
    if window and window.last < today and said in (_Is.MOVING, _Is.PACKED):
        said = _Is.LATE
    return _Told(said, today, _with("", place.carrier) if said in (_Is.OUT, _Is.MOVING) else "")


_PLAIN = {
    S.READY_FOR_PICKUP: _Is.READY,
    S.OUT_FOR_DELIVERY: _Is.OUT,
    S.PICKED_UP: _Is.MOVING,
    S.IN_TRANSIT: _Is.MOVING,
    S.DELIVERY_DELAYED: _Is.LATE,
    S.DELIVERY_FAILED: _Is.ATTEMPTED,
    S.ON_HOLD: _Is.HELD,
    S.RETURN_TO_SENDER: _Is.GOING_BACK,
    S.DELIVERED: _Is.DELIVERED,
}
_BY_REASON: dict[str, _Is] = {Reason.CARRIER_PARCEL_LOST: _Is.LOST, Reason.CARRIER_DAMAGED_PARCEL: _Is.DAMAGED}
#: Of these the day is told, where it is known.
_OPEN = frozenset({_Is.MOVING, _Is.PACKED, _Is.LATE, _Is.ATTEMPTED})


def _with(words: str, carrier: str) -> str:
    return words + (_(" with %(carrier)s") % {"carrier": carrier} if carrier else "")


def _again(out: Sequence[Place]) -> Iterator[str]:
    """Parcels that bring the contents of others again."""
    for why, one, several in (
        (LOST, _("it replaces one that was lost"), _("%(count)d of them replace lost ones")),
        (DAMAGED, _("it replaces one that was damaged"), _("%(count)d of them replace damaged ones")),
        (RETURNED, _("it replaces one that came back to us"), _("%(count)d of them replace ones that came back")),
    ):
        count = sum(each.replaces == why for each in out)
        if count and len(out) == 1:
            yield one
        elif count == 1:
            yield _ONE_OF_THEM[why]()
        elif count:
            yield several % {"count": count}


_ONE_OF_THEM: dict[str, Callable[[], str]] = {
    LOST: lambda: _("one of them replaces a lost one"),
    DAMAGED: lambda: _("one of them replaces a damaged one"),
    RETURNED: lambda: _("one of them replaces one that came back"),
}


def _together(out: Sequence[Place]) -> Iterator[str]:
    numbers = sorted({number for each in out for number in each.holds})
    if not numbers:
        return
    who = pgettext("parcel, start of a clause", "it") if len(out) == 1 else _("one of them")
    words = ngettext("%(who)s also holds order %(numbers)s", "%(who)s also holds orders %(numbers)s", len(numbers))
    yield words % {"who": who, "numbers": ", ".join(numbers)}


def _back(back: Sequence[Place]) -> Iterator[str]:
    """Returns: those on their way to the shop, and those that are there."""
    arrived = sum(each.status == S.DELIVERED for each in back)
    moving = sum(each.handed_over and each.status not in FINAL for each in back)
    if moving:
        words = ngettext("%(count)d return is on its way to us", "%(count)d returns are on their way to us", moving)
        yield words % {"count": moving}
    if arrived:
        words = ngettext("%(count)d return has reached us", "%(count)d returns have reached us", arrived)
        yield words % {"count": arrived}
