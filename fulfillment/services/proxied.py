"""Visits to our pages under a shop's own domain, which its platform passes on: are they what they say?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fulfillment.models import Order, Store
from fulfillment.queries import orders_of_customer
from fulfillment.services import intake
from fulfillment.services.intake import Door, Refused
from fulfillment.stores import platform_class, platforms
from fulfillment.stores.base import Proxy, ProxyCall
from parcelwise.errors import Misconfigured
from parcelwise.pages import NotHere

PAGES = Door(
    "pages-refused",
    "Visits to the tracking page under the domain of {name} were refused since {since}: {many}. Customers see “not "
    "available”. If the platform sent them, the secret stored here is not that of the app whose proxy points here, or "
    "a clock is wrong.",
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody on the shop's own domain: of which store, and what the platform vouches for."""

    store: Store
    call: ProxyCall
    login_path: str

    @property
    def is_customer(self) -> bool:
        return bool(self.call.customer)

    @property
    def orders(self) -> QuerySet[Order]:
        """The orders of who is logged in to the shop; none for anybody else."""
        return orders_of_customer(self.store, self.call.customer)


def caller(kind: str, uuid: UUID, query: str) -> Caller:
    """Who calls; NotHere when there is no such store, or the call is not its platform's. Staff hear how often."""
    store = Store.objects.filter(uuid=uuid, kind=kind, is_active=True).first() if kind in platforms else None
    proxy = platform_class(kind).proxy if store else None
    if store is None or proxy is None:
        raise NotHere
    try:
        call = _verified(store, proxy, query)
    except (Refused, Misconfigured) as error:
        intake.count(store, str(error), PAGES)
        intake.after_refusing(store, PAGES)
        raise NotHere from error
    intake.close(store, PAGES)
    return Caller(store, call, proxy.login_path)


def _verified(store: Store, proxy: Proxy, query: str) -> ProxyCall:
    now, why = timezone.now(), "no secret is stored to check them with"
    for secret in _secrets(store, proxy.signed_with, now):
        try:
            call = proxy.read(query, secret, now)
        except ValueError as error:
            why = str(error)
            continue
        # Stores whose app is the same have the same secret.
        if not store.platform_id or call.shop.casefold() != store.platform_id.casefold():
            raise Refused("signed, but for another shop")
        return call
    raise Refused(why)


def _secrets(store: Store, name: str, now: datetime) -> Iterator[str]:
    """The secret, and the one it replaced as long as that may still be in use."""
    credentials: Any = store.credentials
    if secret := credentials.get(name):
        yield secret
    until = parse_datetime(credentials.get("old_until") or "")
    old = credentials.get(f"old_{name}")
    if old and until and now < (until if timezone.is_aware(until) else timezone.make_aware(until)):
        yield old
