"""What is learned of a shop's site, kept among the store's preferences."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from fulfillment.models import Store
from fulfillment.stores.woocommerce.answers import Refused
from fulfillment.stores.woocommerce.client import Client
from fulfillment.stores.woocommerce.mapping import is_known_status
from fulfillment.stores.woocommerce.values import Json, text
from parcelwise.models import Problem

#: Whether the core's order fulfilments are on, where tracking numbers are written, whether permalinks are plain.
FULFILLMENTS, TRACKING_ROUTE, PLAIN_PERMALINKS = "fulfillments", "tracking_route", "plain_permalinks"
#: A keyed digest of the secret that our hooks there were last given; nobody can read it from the site.
HOOKS_SECRET = "hooks_secret"
#: Routes of the extensions, the better one first: it keeps a custom provider's name and link.
ROUTES = ("wc-shipment-tracking/v3", "wc-ast/v3")
NO_ROUTE = "rest_no_route"


def remember(store: Store, **learned: Any) -> None:
    """Keep ``learned`` with the store; what a person changes meanwhile stays."""
    if all(store.preferences.get(name) == value for name, value in learned.items()):
        return
    with transaction.atomic():
        current = Store.objects.select_for_update().get(pk=store.pk)
        preferences = {**current.preferences, **learned}
        Store.objects.filter(pk=store.pk).update(preferences=preferences)
    store.preferences = preferences


def has_fulfillments(client: Client) -> bool:
    """Whether the core's order fulfilments are on. Their routes are there only then."""
    try:
        client.get("wc/v3/orders/0/fulfillments")
    except Refused as refused:
        return refused.code != NO_ROUTE
    return True


def note_status(store: Store, order: Json) -> None:
    """Tell staff, once for each, of a status that a plugin has brought and that means nothing here."""
    if is_known_status(order):
        return
    word = text(order.get("status"))[:60]
    Problem.objects.note(
        "status",
        f"{store.slug}:{word}",
        f"{store.name} uses an order status that we do not know: “{word}”. Such orders count as open.",
    )
