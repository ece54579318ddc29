"""Which payload a topic has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fulfillment.testing.shopify_twin.webhooks.payloads import lines, orders, parcels, people, refunds, returns
from fulfillment.testing.shopify_twin.webhooks.payloads import shop as shops
from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload
from fulfillment.testing.shopify_twin.world.keeper import Happening
from fulfillment.testing.shopify_twin.world.places import Shop

#: Topics whose payload is the order as it stands, the same for all of them.
WHOLE_ORDER = tuple(
    f"orders/{what}" for what in ("create", "updated", "paid", "cancelled", "fulfilled", "partially_fulfilled")
)
#: Sent to the address that the app names in its settings, not to subscriptions.
MANDATORY = ("customers/data_request", "customers/redact", "shop/redact")

Make = Callable[[Any, Shop, Any], Payload]

_PAYLOADS: dict[str, Make] = {
    **dict.fromkeys(WHOLE_ORDER, lambda sale, shop, more: orders.order(sale, shop.zone)),
    "orders/edited": lambda sale, shop, more: orders.edited(sale, shop.zone, more),
    "orders/delete": lambda sale, shop, more: orders.deleted(sale),
    "order_transactions/create": lambda payment, shop, more: lines.paid(payment, shop.zone),
    "fulfillments/create": lambda sent, shop, more: parcels.fulfillment(sent, shop.zone),
    "fulfillments/update": lambda sent, shop, more: parcels.fulfillment(sent, shop.zone),
    "fulfillment_events/create": lambda step, shop, more: parcels.event(step, shop.id, shop.zone),
    "fulfillment_events/delete": lambda step, shop, more: parcels.event(step, shop.id, shop.zone),
    "fulfillment_orders/placed_on_hold": lambda plan, shop, more: parcels.held(plan, more["hold"]),
    "fulfillment_orders/hold_released": lambda plan, shop, more: parcels.plan(plan),
    "fulfillment_orders/cancelled": lambda plan, shop, more: parcels.plan(plan),
    "returns/request": lambda back, shop, more: returns.opened(back),
    "returns/approve": lambda back, shop, more: returns.opened(back),
    "returns/decline": lambda back, shop, more: returns.declined(back),
    "returns/cancel": lambda back, shop, more: returns.moved(back),
    "returns/close": lambda back, shop, more: returns.moved(back),
    "returns/reopen": lambda back, shop, more: returns.moved(back),
    "returns/update": lambda back, shop, more: returns.updated(back, more["removals"]),
    "returns/process": lambda back, shop, more: returns.processed(back),
    "reverse_deliveries/attach_deliverable": lambda delivery, shop, more: returns.attached(delivery, shop.zone),
    "reverse_fulfillment_orders/dispose": lambda reverse, shop, more: returns.disposed(reverse, more),
    "refunds/create": lambda back, shop, more: refunds.refund(back, shop.zone),
    "customers/create": lambda person, shop, more: people.customer(person, shop.zone),
    "customers/update": lambda person, shop, more: people.customer(person, shop.zone),
    "customers/delete": lambda person, shop, more: people.deleted(person),
    "customers/merge": lambda person, shop, more: people.merged(person, more["deleted"]),
    "customers_email_marketing_consent/update": lambda person, shop, more: people.email_consent(person, shop.zone),
    "customers_marketing_consent/update": lambda person, shop, more: people.sms_consent(person, shop.zone),
    "customers/data_request": lambda person, shop, more: people.data_request(
        person, shop, more["orders"], more["request"]
    ),
    "customers/redact": lambda person, shop, more: people.redact(person, shop, more),
    "shop/redact": lambda _, shop, more: people.shop_redact(shop),
    "shop/update": lambda _, shop, more: shops.shop(shop),
    "app/uninstalled": lambda _, shop, more: shops.shop(shop),
    "app/scopes_update": lambda _, shop, more: shops.scopes(shop, more["previous"], more["current"], more["at"]),
    "bulk_operations/finish": lambda _, shop, more: dict(more),
}
TOPICS = tuple(_PAYLOADS)


def payload(happening: Happening, shop: Shop) -> Payload:
    return _PAYLOADS[happening.topic](happening.thing, shop, happening.more)


def enum(topic: str) -> str:
    """``orders/create`` is ``ORDERS_CREATE``."""
    return topic.replace("/", "_").upper()
