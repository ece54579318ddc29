"""The topics of Shopify's webhooks that we subscribe to, by their name on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Topic:
    """``about`` says what a delivery is about, in the words of :mod:`fulfillment.stores.shopify.news`.

    ``since``: the API version that brought the topic. ``subscribed``: whether we ask to be told.
    """

    wire: str
    about: str = "order"
    since: str = ""
    subscribed: bool = True

    @property
    def enum(self) -> str:
        """The name in GraphQL: ``ORDERS_CREATE`` for ``orders/create``."""
        return self.wire.replace("/", "_").upper()


_TOPICS = (
    *(
        Topic(f"orders/{act}")
        for act in ("create", "updated", "edited", "paid", "cancelled", "fulfilled", "partially_fulfilled", "delete")
    ),
    Topic("order_transactions/create", "of_order"),
    Topic("fulfillments/create", "of_order"),
    Topic("fulfillments/update", "of_order"),
    Topic("fulfillment_events/create", "of_order"),
    Topic("fulfillment_events/delete", "of_order"),
    *(
        Topic(f"fulfillment_orders/{act}", "of_order")
        for act in ("placed_on_hold", "hold_released", "moved", "split", "merged", "cancelled", "rescheduled")
    ),
    Topic("fulfillment_orders/progress_reported", "of_order", since="2026-04"),
    Topic("fulfillment_holds/added", "of_order"),
    Topic("fulfillment_holds/released", "of_order"),
    *(
        Topic(f"returns/{act}", "of_order")
        for act in ("request", "approve", "decline", "cancel", "close", "reopen", "update", "process")
    ),
    Topic("reverse_deliveries/attach_deliverable", "of_order"),
    Topic("reverse_fulfillment_orders/dispose", "of_order"),
    Topic("refunds/create", "of_order"),
    Topic("disputes/create", "of_order"),
    Topic("customers/create", "customer"),
    Topic("customers/update", "customer"),
    Topic("customers/delete", "customer_gone"),
    Topic("customers/merge", "merge"),
    Topic("customers_email_marketing_consent/update", "customer"),
    Topic("customers_marketing_consent/update", "customer"),
    Topic("customers_whats_app_marketing_consent/update", "customer", since="2026-07"),
    Topic("bulk_operations/finish", "run"),
    Topic("app/uninstalled", "uninstalled"),
    Topic("app/scopes_update", "hooks"),
    # Named in the app's own settings: there is no subscription to them in the API.
    Topic("customers/data_request", "data_request", subscribed=False),
    Topic("customers/redact", "redact", subscribed=False),
    Topic("shop/redact", "redact_store", subscribed=False),
    # Heard when an app subscribes to them elsewhere; nothing follows from them here.
    Topic("shop/update", "nothing", subscribed=False),
    Topic("locations/update", "nothing", subscribed=False),
)

BY_WIRE: Mapping[str, Topic] = {topic.wire: topic for topic in _TOPICS}
_BY_ENUM: Mapping[str, str] = {topic.enum: topic.wire for topic in _TOPICS}


def wire_name(name: str) -> str:
    """A topic as it stands on the wire, from a header or from GraphQL: ``ORDERS_CREATE`` is ``orders/create``."""
    plain = name.strip().lower()
    return _BY_ENUM.get(plain.replace("/", "_").upper(), plain)


def subscribed(version: str) -> list[Topic]:
    """The topics that are subscribed to in ``version`` of the API."""
    return [topic for topic in _TOPICS if topic.subscribed and topic.since <= version]
