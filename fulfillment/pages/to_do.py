"""What the customer can do now, by where the parcel is and why: pure, and only where there is something to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from fulfillment.facts import Receipt
from fulfillment.pages.known import Known, is_damaged, weekday
from fulfillment.statuses import Reason, ShipmentStatus

S = ShipmentStatus
#: Where a step leads: to the carrier's page, to a mail to the shop, to the page for parcels that are not there.
CARRIER, WRITE, MISSING = "carrier", "write", "missing"

_ADDRESS = {Reason.CONSIGNEE_INCORRECT_ADDRESS, Reason.CARRIER_ADDRESS_NOT_FOUND}
_PAPERS = {Reason.CUSTOMS_DOCUMENTATION}


@dataclass(frozen=True, slots=True)
class ToDo:
    """Steps in their order, and where to go for them."""

    steps: tuple[str, ...] = ()
    links: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.steps or self.links)


def to_do(known: Known, receipt: Receipt) -> ToDo:
    """Empty where waiting is all there is."""
    if known.reason == Reason.CARRIER_PARCEL_LOST and known.status != S.DELIVERED:
        return ToDo(links=(WRITE,))
    if is_damaged(known):
        return ToDo(links=(WRITE,))
    if known.reason in _ADDRESS and known.status not in (S.DELIVERED, S.RETURN_TO_SENDER, S.CANCELLED):
        return _address(known)
    rule = _BY_STATUS.get(S(known.status))
    return rule(known, receipt) if rule else ToDo()


def _collect(known: Known, receipt: Receipt) -> ToDo:
    place = receipt.collect_at or known.seen_at_place
    until = receipt.collect_until
    if until and until >= known.today and place:
        first = _("Collect it at %(place)s by %(day)s.") % {"place": place, "day": weekday(until)}
    elif until and until >= known.today:
        first = _("Collect it by %(day)s.") % {"day": weekday(until)}
    elif place:
        first = _("Collect it at %(place)s. %(carrier)s knows until when it is kept.")
        first %= {"place": place, "carrier": known.carrier or _("The carrier")}
    else:
        first = _("Look at %(carrier)s's page where it waits, and until when.")
        first %= {"carrier": known.carrier or _("the carrier")}
    return ToDo((first, _("Take the parcel's number and an identity card with you.")), (CARRIER,))


def _attempted(known: Known, receipt: Receipt) -> ToDo:
    if known.is_ours:
        return ToDo((_("Write to us which day suits you, or to whom else we may give it."),), (WRITE,))
    steps = (
        _("Look for a card of %(carrier)s: it says where your parcel is, or when the driver comes again."),
        _("On %(carrier)s's page you can often choose another day or a neighbour."),
    )
    carrier = known.carrier or _("the carrier")
    return ToDo(tuple(step % {"carrier": carrier} for step in steps), (CARRIER,))


def _address(known: Known) -> ToDo:
    return ToDo(
        (
            _("Compare the address on this page with your door bell: name, number, floor."),
            _("Tell us what is wrong. We pass it on to %(carrier)s.") % {"carrier": known.carrier or _("the carrier")},
        ),
        (WRITE,),
    )


def _held(known: Known, receipt: Receipt) -> ToDo:
    carrier = {"carrier": known.carrier or _("the carrier")}
    if known.reason == Reason.CUSTOMS_DUTIES_UNPAID:
        return ToDo(
            (
                _("Pay what is due at %(carrier)s. It goes on afterwards.") % carrier,
                _("Pay on the carrier's own page only. Links in text messages about customs are often a fraud."),
            ),
            (CARRIER,),
        )
    if known.reason in _PAPERS:
        return ToDo(
            (_("Send %(carrier)s the papers that are missing; the invoice is often enough.") % carrier,),
            (CARRIER, WRITE),
        )
    return ToDo()


def _today(known: Known, receipt: Receipt) -> ToDo:
    if known.seen_on != known.today:
        return ToDo()
    if known.is_ours:
        return ToDo((_("Nobody at home? Write to us."),), (WRITE,))
    return ToDo((_("Nobody at home? On %(carrier)s's page you can often choose a neighbour or a safe place.") % {
        "carrier": known.carrier or _("the carrier")},), (CARRIER,))  # fmt: skip


def _back(known: Known, receipt: Receipt) -> ToDo:
    return ToDo(links=(WRITE,))


def _arrived(known: Known, receipt: Receipt) -> ToDo:
    return ToDo(links=(MISSING,))


_BY_STATUS: dict[ShipmentStatus, Callable[[Known, Receipt], ToDo]] = {
    S.READY_FOR_PICKUP: _collect,
    S.DELIVERY_FAILED: _attempted,
    S.ON_HOLD: _held,
    S.OUT_FOR_DELIVERY: _today,
    S.RETURN_TO_SENDER: _back,
    S.DELIVERED: _arrived,
}
