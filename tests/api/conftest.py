"""Programs with keys: of Ana's store, of Ana herself, of staff, and those of others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.test import Client

from fulfillment.models import ApiAccess, Order, Store
from fulfillment.services.orders import record_order
from parcelwise.keys import ApiKey, make_key
from parcelwise.models import Contact
from parcelwise.scopes import scopes
from tests.factories import a_store
from tests.privacy.world import ANA, CLEO, statement

V1 = "/api/v1"


class Program:
    """A client that sends a key and JSON."""

    def __init__(self, whole: str = "", key: ApiKey | None = None) -> None:
        self.whole, self.key, self.client = whole, key, Client()

    def headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return {**({"Authorization": f"Bearer {self.whole}"} if self.whole else {}), **(more or {})}

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        address = path if path.startswith(V1) else f"{V1}{path}"
        return self.client.get(address, query, headers=self.headers(_names(headers)))

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        said = body if isinstance(body, bytes) else json.dumps(body)
        return self.client.post(
            f"{V1}{path}", said, content_type="application/json", headers=self.headers(_names(headers))
        )


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def a_program(audience: str, holder: Any, *names: str, **columns: Any) -> Program:
    """A program with a key of ``audience``; with all scopes when none is named."""
    key, whole = make_key("cash desk", names or [each.name for each in scopes(audience)], **columns)
    ApiAccess.objects.create(key=key, audience=audience, **{ApiAccess.HOLDERS[audience]: holder})  # type: ignore[index]
    return Program(whole, key)


def of_store(store: Store, *names: str, **columns: Any) -> Program:
    return a_program("store", store, *names, **columns)


def of_customer(contact: Contact, *names: str) -> Program:
    return a_program("customer", contact, *names)


def of_staff(*permissions: str, scope: tuple[str, ...] = ()) -> Program:
    user = User.objects.create_user(f"ben{User.objects.count()}", is_staff=True)
    for name in permissions:
        app, _dot, codename = name.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return a_program("staff", user, *scope)


VIEW = tuple(
    f"parcelwise_fulfillment.view_{name}"
    for name in ("order", "shipment", "store", "trackingevent", "shipmentexception")
)


@pytest.fixture(autouse=True)
def nobody_was_here() -> Iterator[None]:
    """Counts of requests are in the cache, which no transaction rolls back."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def anas(db: None) -> Order:
    return record_order(a_store(kind="api"), statement(ANA))


@pytest.fixture
def cleos(db: None) -> Order:
    return record_order(a_store(kind="api"), statement(CLEO))


@pytest.fixture
def shop(anas: Order) -> Program:
    return of_store(anas.store)


@pytest.fixture
def ben(db: None) -> Program:
    return of_staff(*VIEW)


#: What takes a query and gives the ids of the rows that are told.
Ids = Callable[..., list[str]]
