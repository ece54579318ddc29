"""What Oscar's rows say, in our words. Every function reads instances that are given; none looks for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from fulfillment.facts import ParcelData, RefundData, RefundLineData
from parcelwise.money import to_minor


def customer_id(order: Any) -> str:
    """A login is one customer, an e-mail address of guests is another, and whoever gave neither is a third."""
    if order.user_id is not None:
        return f"user:{order.user_id}"
    return order.guest_email.lower() or f"order:{order.number}"


def name(order: Any) -> str:
    """The login's name, or else the recipient's."""
    full_name = getattr(order.user, "get_full_name", str)
    return full_name() or recipient(order) or ""


def recipient(order: Any) -> str | None:
    """The name in the shipping address; None for an order without one."""
    return order.shipping_address.name if order.shipping_address else None


def email(order: Any) -> str:
    """The login's address as it is now, or the guest's."""
    if order.user is None:
        return str(order.guest_email)
    return getattr(order.user, order.user.get_email_field_name(), "") or order.guest_email


def language(order: Any) -> str | None:
    """The customer's language, where a fork of the order or the project's users have a field for it."""
    spoken = getattr(order, "language", None) or getattr(order.user, "language", None)
    return spoken if isinstance(spoken, str) else None


def category(line: Any) -> str | None:
    """The first of the product's categories in the order of their tree; None when there is none any more."""
    product = line.product
    if product is None:
        return None
    categories = (product.parent if product.is_child else product).categories.all()
    return categories[0].name if categories else None


def paid_for_one(line: Any) -> int:
    """What was paid for one piece, with tax and after discounts, in minor units; never rounded to more."""
    return to_minor(line.line_price_incl_tax, line.order.currency) // line.quantity if line.quantity else 0


def contents(event: Any) -> dict[str, int]:
    """Line's key -> pieces of a shipping or payment event."""
    return {str(each.line_id): each.quantity for each in event.line_quantities.all()}


def parcels(
    order: Any, shipped: Sequence[Any], arrived: Sequence[Any], read_notes: Callable[[Any], tuple[str, str]]
) -> Iterator[ParcelData]:
    """A parcel for each event that ships something.

    An event of arrival names no parcel. So a parcel has arrived when all pieces that were shipped of its lines have.
    """
    out, in_ = _pieces(shipped), _pieces(arrived)
    for event in shipped:
        inside = contents(event)
        if not inside:
            continue  # Oscar writes the event first and what is in it afterwards
        carrier, number = read_notes(event)
        yield ParcelData(
            external_id=str(event.pk),
            carrier=carrier,
            service=order.shipping_method,
            tracking_number=number,
            contents=inside,
            handed_over_at=event.date_created,
            delivered_at=_last(arrived, inside) if all(in_[line] >= out[line] for line in inside) else None,
        )


def _pieces(events: Sequence[Any]) -> Counter[str]:
    return sum((Counter(contents(event)) for event in events), Counter())


def _last(events: Sequence[Any], lines: dict[str, int]) -> datetime:
    moments: list[datetime] = [event.date_created for event in events if lines.keys() & contents(event).keys()]
    return max(moments)


def refund(event: Any, currency: str) -> RefundData:
    """A payment event that gave money back. Oscar does not say how much of it was for which line."""
    return RefundData(
        external_id=str(event.pk),
        amount=abs(to_minor(event.amount, currency)),
        refunded_at=event.date_created,
        lines=tuple(RefundLineData(line, pieces) for line, pieces in contents(event).items()),
        note=event.reference,
    )
