"""What the resources of orders and parcels share: whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from fulfillment.api.callers import EVERYBODY, SHOP, Keys, Logins
from fulfillment.models import Order
from fulfillment.stores import is_remote
from parcelwise.api.problems import Trouble
from parcelwise.api.views import Api, Need, Resource
from parcelwise.panels import reference


class ShopApi(Api):
    authentication_classes = (Keys, Logins)


class ShopResource(ShopApi, Resource):
    pass


def reading(scope: str, permission: str, audiences: frozenset[str] = EVERYBODY) -> dict[str, Need]:
    """What the list and one record ask."""
    need = Need(scope, audiences, f"parcelwise_fulfillment.{permission}")
    return {"list": need, "retrieve": need}


def writing(scope: str, permission: str, audiences: frozenset[str] = SHOP) -> Need:
    return Need(scope, audiences, f"parcelwise_fulfillment.{permission}")


def numbers(text: str) -> Iterable[str]:
    """A number as people copy it: with blanks, in small letters."""
    bare = "".join(text.split())
    return {text.strip(), bare, bare.upper()}


def about(order: Order) -> str:
    """By whose erasure the answer to a write is forgotten."""
    return reference(order)


def refuse_platforms(order_or_store: Any) -> None:
    """409 for a store on a platform: its orders are stated by the platform, and there is one truth."""
    store = getattr(order_or_store, "store", order_or_store)
    if is_remote(store):
        told = _("The orders of this store come from its platform (%(kind)s). State them there.")
        raise Trouble("platform-store", told % {"kind": store.kind}, status=409)
