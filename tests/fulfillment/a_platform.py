"""A platform of the tests: what it holds and what it refuses is set by the test; it counts what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfillment.facts import Address, CustomerData, LineData, OrderData
from fulfillment.stores.base import HookReport, News, Page, Platform, ShopFacts, Tick, Unreadable, Webhooks
from parcelwise.errors import Misconfigured, ParcelwiseError
from tests.factories import utc


class Doorbell(Webhooks):
    def delivery(self, headers: Mapping[str, str], body: bytes) -> Any:
        raise ValueError("it sends none")

    def is_ping(self, headers: Mapping[str, str], body: bytes) -> bool:
        return False

    def is_signed(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        return False


class TestShop(Platform):
    """Takes the secret ``open sesame`` without the blank, and whatever the test says besides."""

    kind, label, webhooks = "testshop", "Test shop", Doorbell()
    __test__ = False  # not a class of tests

    #: Of the shop that every instance speaks to; ``open_shop`` makes a fresh one.
    secret = "opensesame"
    hooks: dict[str, str]
    orders: list[OrderData]
    extra: list[Tick]
    trouble: ParcelwiseError | None
    calls: list[str]
    page = 2

    @classmethod
    def open_shop(cls, orders: int = 0) -> type[TestShop]:
        cls.secret, cls.hooks, cls.extra, cls.calls, cls.trouble = "opensesame", {}, [], [], None
        cls.orders = [an_order_of_theirs(number) for number in range(1, orders + 1)]
        return cls

    def ask(self, what: str) -> None:
        type(self).calls.append(what)
        if self.trouble is not None:
            raise self.trouble
        if self.store.credentials.get("secret") != self.secret:
            given = self.store.credentials.get("secret")
            raise Misconfigured(f"The test shop does not take the secret {given}.")

    def understand(self, topic: str, body: bytes) -> Sequence[News]:
        return ()

    def read_orders(self, ids: Sequence[str]) -> Mapping[str, OrderData | Unreadable | None]:
        self.ask("read_orders")
        known = {order.external_id: order for order in self.orders}
        return {key: known.get(key) for key in ids}

    def read_customer(self, external_id: str) -> CustomerData | None:
        return None

    def changes(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        self.ask("changes")
        return Page(orders=tuple(order for order in self.orders if order.updated_at and order.updated_at >= since))

    def everything(self, cursor: Mapping[str, Any]) -> Page:
        self.ask("everything")
        begin = int(cursor.get("next", 0))
        end = begin + self.page
        more = end < len(self.orders)
        return Page(
            orders=tuple(self.orders[begin:end]),
            cursor={"next": end} if more else None,
            total=len(self.orders),
            doing=f"reading orders {begin + 1} to {min(end, len(self.orders))}",
        )

    def repair_hooks(self, url: str) -> HookReport:
        self.ask("repair_hooks")
        secret = str(self.store.credentials.get("hook_secret", ""))
        if self.hooks.get(url) == secret:
            return HookReport(good=("orders",))
        type(self).hooks[url] = secret
        return HookReport(mended=("orders",))

    def remove_hooks(self, url: str) -> int:
        self.ask("remove_hooks")
        return 1 if type(self).hooks.pop(url, None) is not None else 0

    def check(self, hook_url: str) -> Iterator[Tick]:
        try:
            self.ask("check")
        except ParcelwiseError as error:
            yield Tick("Credentials", False, str(error), "Type the credentials again.")
            return
        yield Tick("Credentials", True, "The test shop lets us in.")
        yield from self.extra
        good = hook_url in self.hooks
        remedy = "" if good else "They are made when the store is connected."
        yield Tick("Webhooks", good, "orders" if good else "none", remedy, minor=True)

    def describe(self) -> ShopFacts:
        self.ask("describe")
        return ShopFacts(
            "Nordlicht", "DKK", "Europe/Copenhagen", "hello@nordlicht.example", "nordlicht",
            Address("Nordlicht", ("Havnegade 1",), "København", "", "1058", "DK"),
        )  # fmt: skip


def an_order_of_theirs(number: int, **columns: Any) -> OrderData:
    defaults: dict[str, Any] = {
        "external_id": str(number),
        "number": f"#{1000 + number}",
        "placed_at": utc(2026, 3, 1, 8, number % 60),
        "updated_at": utc(2026, 3, 2, 8, number % 60),
        "currency": "DKK",
        "total": 4990,
        "customer": CustomerData(external_id=f"c{number}", name="Ana Souza", email="ana@example.com"),
        "ship_to": Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE"),
        "lines": (LineData(external_id="1", title="Wool socks", quantity=1, unit_price=4990),),
    }
    return OrderData(**{**defaults, **columns})
