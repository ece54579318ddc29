"""The whole state as plain data, for comparing field by field."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import Fulfillment, FulfillmentOrder
from fulfillment.testing.shopify_twin.world.people import Address, Customer
from fulfillment.testing.shopify_twin.world.refunding import Refund
from fulfillment.testing.shopify_twin.world.returning import Return
from fulfillment.testing.shopify_twin.world.world import World

Plain = dict[str, Any]
ADDRESS = (
    "first_name", "last_name", "company", "address1", "address2", "city", "province", "province_code", "zip",
    "country_code", "phone",
)  # fmt: skip


def snapshot(world: World) -> dict[str, Plain]:
    """Number of the order as text -> order. Money in minor units, times as ISO text in UTC, the platform's words."""
    with world.lock:
        return {str(order.id): of_order(order) for order in sorted(world.orders.values(), key=lambda one: one.id)}


def of_order(order: Order) -> Plain:
    return {
        "id": order.id,
        "gid": order.gid,
        "name": order.name,
        "created_at": _at(order.created_at),
        "updated_at": _at(order.updated_at),
        "cancelled_at": _at(order.cancelled_at),
        "closed_at": _at(order.closed_at),
        "cancel_reason": order.cancel_reason,
        "financial_status": order.display_financial_status,
        "fulfillment_status": order.display_fulfillment_status,
        "return_status": order.return_status,
        "currency": order.currency,
        "total": order.total,
        "current_total": order.current_total,
        "subtotal": order.subtotal,
        "shipping": order.shipping_price,
        "tax": order.tax,
        "received": order.received,
        "refunded": order.refunded,
        "taxes_included": order.taxes_included,
        "email": order.email,
        "phone": order.phone,
        "locale": order.customer_locale,
        "note": order.note,
        "tags": list(order.tags),
        "test": order.test,
        "customer": of_customer(order.customer) if order.customer else None,
        "shipping_address": of_address(order.shipping_address),
        "billing_address": of_address(order.billing_address),
        "lines": [
            {
                "id": line.id,
                "sku": line.sku,
                "title": line.title,
                "variant_title": line.variant_title,
                "quantity": line.quantity,
                "current_quantity": line.current_quantity,
                "unfulfilled_quantity": line.unfulfilled_quantity,
                "fulfilled_quantity": line.fulfilled,
                "refunded_quantity": line.refunded,
                "price": line.price,
                "discount": line.discount,
                "total": line.total,
                "grams": line.grams,
                "requires_shipping": line.requires_shipping,
            }
            for line in order.lines
        ],
        "transactions": [
            {
                "id": payment.id,
                "kind": payment.kind,
                "status": payment.status,
                "amount": payment.amount,
                "gateway": payment.gateway,
                "parent": payment.parent.id if payment.parent else None,
            }
            for payment in order.transactions
        ],
        "fulfillment_orders": [of_plan(plan) for plan in order.fulfillment_orders],
        "fulfillments": [of_fulfillment(sent) for sent in order.fulfillments],
        "returns": [of_return(back) for back in order.returns],
        "refunds": [of_refund(back) for back in order.refunds],
    }


def of_customer(person: Customer) -> Plain:
    return {
        "id": person.id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "phone": person.phone,
        "locale": person.locale,
        "updated_at": _at(person.updated_at),
        "email_consent": person.email_consent.state,
        "sms_consent": person.sms_consent.state,
    }


def of_address(place: Address | None) -> Plain | None:
    return None if place is None else {column: getattr(place, column) for column in ADDRESS}


def of_plan(plan: FulfillmentOrder) -> Plain:
    lines = [
        {"line": part.line_item.id, "total": part.total_quantity, "remaining": part.remaining_quantity}
        for part in plan.lines
    ]
    return {"id": plan.id, "status": plan.status, "holds": [hold.reason for hold in plan.holds], "lines": lines}


def of_fulfillment(sent: Fulfillment) -> Plain:
    return {
        "id": sent.id,
        "name": sent.name,
        "status": sent.status,
        "display_status": sent.display_status,
        "created_at": _at(sent.created_at),
        "updated_at": _at(sent.updated_at),
        "estimated_delivery_at": _at(sent.estimated_delivery_at),
        "tracking": [{"company": one.company, "number": one.number, "url": one.url} for one in sent.tracking],
        "lines": [{"id": part.id, "line": part.line_item.id, "quantity": part.quantity} for part in sent.lines],
        "events": [
            {
                "id": event.id,
                "status": event.status,
                "happened_at": _at(event.happened_at),
                "message": event.message,
                "city": event.city,
                "province": event.province,
                "zip": event.zip,
                "country": event.country,
                "estimated_delivery_at": _at(event.estimated_delivery_at),
            }
            for event in sent.events
        ],
    }


def of_return(back: Return) -> Plain:
    deliveries = [delivery for reverse in back.reverse_fulfillment_orders for delivery in reverse.reverse_deliveries]
    return {
        "id": back.id,
        "name": back.name,
        "status": back.status,
        "created_at": _at(back.created_at),
        "closed_at": _at(back.closed_at),
        "decline": {"reason": back.decline.reason, "note": back.decline.note} if back.decline else None,
        "lines": [
            {
                "id": line.id,
                "line": line.fulfillment_line_item.line_item.id,
                "fulfillment_line": line.fulfillment_line_item.id,
                "quantity": line.quantity,
                "reason": line.return_reason,
                "customer_note": line.customer_note,
                "processed_quantity": line.processed_quantity,
                "refunded_quantity": line.refunded_quantity,
            }
            for line in back.lines
        ],
        "deliveries": [
            {
                "id": delivery.id,
                "number": delivery.deliverable.tracking.number if delivery.deliverable.tracking else None,
                "label_url": delivery.deliverable.label.public_file_url if delivery.deliverable.label else None,
            }
            for delivery in deliveries
        ],
        "refunds": [refund.id for refund in back.refunds],
    }


def of_refund(back: Refund) -> Plain:
    return {
        "id": back.id,
        "created_at": _at(back.created_at),
        "note": back.note,
        "total": back.total,
        "return": back.return_.id if back.return_ else None,
        "lines": [
            {
                "line": part.line_item.id,
                "quantity": part.quantity,
                "restock_type": part.restock_type,
                "subtotal": part.subtotal,
                "tax": part.tax,
            }
            for part in back.lines
        ],
        "shipping": sum(part.amount for part in back.shipping),
        "adjustment": sum(part.amount_set.minor for part in back.order_adjustments),
        "transactions": [payment.id for payment in back.transactions],
    }


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
