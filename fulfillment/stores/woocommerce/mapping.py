"""WooCommerce's JSON -> facts. Pure: REST v3 and webhooks show an order alike, so one reading serves both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from fulfillment.facts import LineData, OrderData, RefundData, RefundLineData
from fulfillment.statuses import OrderStatus, PaymentStatus
from fulfillment.stores.woocommerce.parcels import has_fulfillments, parcels
from fulfillment.stores.woocommerce.people import buyer, destination
from fulfillment.stores.woocommerce.values import Json, count, metas, moment, money, required_moment, rows, text

#: ``completed`` is what a shop calls an order that it has sent; its parcels are followed all the same. A word of a
#: plugin that is not here means an order that somebody still works on.
STATUS = {
    "pending": OrderStatus.OPEN,
    "processing": OrderStatus.OPEN,
    "on-hold": OrderStatus.OPEN,
    "completed": OrderStatus.CLOSED,
    "refunded": OrderStatus.CLOSED,
    "cancelled": OrderStatus.CANCELLED,
    "failed": OrderStatus.CANCELLED,
    "trash": OrderStatus.CANCELLED,
}
#: Baskets that the checkout keeps as orders until they are placed, and rows of the editor.
DRAFTS = frozenset({"checkout-draft", "auto-draft", "draft"})
#: Not kept with the order: the key opens its payment page to everybody, the others say where a customer sat.
LEFT_OUT = frozenset({"order_key", "payment_url", "cart_hash", "customer_ip_address", "customer_user_agent", "_links"})
_REFUNDED_LINE = "_refunded_item_id"


def is_draft(order: Json) -> bool:
    """Whether it is not an order yet."""
    return text(order.get("status")) in DRAFTS


def is_known_status(order: Json) -> bool:
    return text(order.get("status")) in STATUS


def says_all(order: Json) -> bool:
    """Whether the order's own JSON shows its refunds and parcels in full."""
    return not rows(order.get("refunds")) and not has_fulfillments(metas(order))


def order_data(
    order: Json, *, refunds: Iterable[Json] | None = None, fulfillments: Iterable[Json] | None = None
) -> OrderData:
    """An order as it is stated. ValueError when it makes no sense.

    ``refunds`` and ``fulfillments``: as their own routes show them, None when they were not asked for. What the order
    does not show by itself is then left unsaid.
    """
    known, currency = metas(order), text(order.get("currency")).upper()
    placed_at, updated_at = required_moment(order, "date_created_gmt"), moment(order.get("date_modified_gmt"))
    status = STATUS.get(text(order.get("status")), OrderStatus.OPEN)
    whole = fulfillments is not None or not has_fulfillments(known)
    lines = rows(order.get("line_items"))
    stated = parcels(known, fulfillments or (), placed_at, updated_at, _offset(order)) if whole else ()
    return OrderData(
        external_id=_id(order),
        number=text(order.get("number")) or _id(order),
        placed_at=placed_at,
        currency=currency,
        customer=buyer(order, known),
        ship_to=destination(order),
        lines=tuple(_line(line, currency) for line in lines),
        # Of a cancelled order nothing is sent any more; a parcel that a carrier has is followed all the same.
        parcels=stated if status != OrderStatus.CANCELLED else (),
        parcels_stated=whole or status == OrderStatus.CANCELLED,
        refunds=_refunds(order, refunds, currency),
        returns=(),
        status=status,
        payment_status=_payment_status(order, currency),
        total=money(order.get("total"), currency),
        shipping=money(order.get("shipping_total"), currency) + money(order.get("shipping_tax"), currency),
        updated_at=updated_at,
        raw={name: value for name, value in order.items() if name not in LEFT_OUT},
    )


def refund_data(refund: Json, currency: str) -> RefundData:
    """One refund as its route shows it: quantities and sums of its lines are negative there."""
    lines = [_refund_line(line, currency) for line in rows(refund.get("line_items"))]
    return RefundData(
        external_id=_id(refund),
        amount=abs(money(refund.get("amount"), currency)),
        refunded_at=required_moment(refund, "date_created_gmt"),
        lines=tuple(line for line in lines if line.line_id and (line.quantity or line.amount)),
        shipping=sum(_gross(line, currency) for line in rows(refund.get("shipping_lines"))),
        note=text(refund.get("reason")),
    )


def _id(record: Json) -> str:
    told = record.get("id")
    if isinstance(told, bool) or not isinstance(told, int) or told <= 0:
        raise ValueError("it has no id")
    return str(told)


def _offset(order: Json) -> timedelta:
    """How far the site's zone was ahead of UTC when the order was placed."""
    here, gmt = moment(order.get("date_created")), moment(order.get("date_created_gmt"))
    offset = here - gmt if here and gmt else timedelta()
    return offset if abs(offset) <= timedelta(hours=14) else timedelta()


def _line(line: Json, currency: str) -> LineData:
    quantity = count(line.get("quantity"))
    paid = _gross(line, currency)
    return LineData(
        external_id=_id(line),
        title=text(line.get("name")),
        quantity=quantity,
        sku=text(line.get("sku")),
        product_id=text(line.get("product_id")),
        # With tax and after discounts: what a customer gets back for a piece.
        unit_price=(2 * paid + quantity) // (2 * quantity) if quantity else 0,
    )


def _gross(line: Json, currency: str) -> int:
    return abs(money(line.get("total"), currency) + money(line.get("total_tax"), currency))


def _refund_line(line: Json, currency: str) -> RefundLineData:
    return RefundLineData(
        line_id=text(metas(line).get(_REFUNDED_LINE)),
        quantity=count(line.get("quantity")),
        amount=abs(money(line.get("total"), currency)),
        tax=abs(money(line.get("total_tax"), currency)),
    )


def _refunds(order: Json, refunds: Iterable[Json] | None, currency: str) -> tuple[RefundData, ...] | None:
    """The whole list, oldest first; None where the order names refunds and does not show them."""
    if refunds is None:
        return None if rows(order.get("refunds")) else ()
    found = [refund_data(refund, currency) for refund in refunds]
    return tuple(sorted(found, key=lambda refund: (refund.refunded_at, int(refund.external_id))))


def _payment_status(order: Json, currency: str) -> PaymentStatus:
    """Whether it is paid. The platform has no word of its own for it: ``date_paid``, the refunds and the status say."""
    word, total = text(order.get("status")), money(order.get("total"), currency)
    back = sum(abs(money(refund.get("total"), currency)) for refund in rows(order.get("refunds")))
    if word == "refunded" or (back and back >= total):
        return PaymentStatus.REFUNDED
    if back:
        return PaymentStatus.PARTIALLY_REFUNDED
    if moment(order.get("date_paid_gmt")) or (not total and word in ("processing", "completed")):
        return PaymentStatus.PAID
    return PaymentStatus.VOIDED if word in ("cancelled", "trash") else PaymentStatus.PENDING
