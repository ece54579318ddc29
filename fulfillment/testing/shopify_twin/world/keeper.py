"""What the world consists of, how things are found in it, and how an act is kept and told."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from fulfillment.testing.shopify_twin.world.history import History
from fulfillment.testing.shopify_twin.world.ids import HISTORY, Numbers, Thing, history_index, parse
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.people import Customer
from fulfillment.testing.shopify_twin.world.places import Shop
from fulfillment.testing.shopify_twin.world.refusals import not_found
from fulfillment.testing.shopify_twin.world.returning import REASONS
from fulfillment.testing.twins.clock import TwinClock

#: A thing, its global id, its number, or the name of an order (``"#1001"``).
Ref = Thing | str | int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that webhooks are sent for. ``more`` is what the payload needs beside ``thing``."""

    topic: str
    thing: Thing
    at: datetime
    more: Mapping[str, Any] = field(default_factory=dict)


class Journal(Protocol):
    def write(self, name: str, at: datetime, args: tuple[Any, ...], more: dict[str, Any]) -> None: ...


Method = TypeVar("Method", bound=Callable[..., Any])
T = TypeVar("T", bound=Thing)


class Keeper:
    """All things by kind and number, behind one lock; acts bump ``updated_at`` in whole seconds of the clock."""

    def __init__(self, shop: Shop, clock: TwinClock) -> None:
        self.shop, self.clock = shop, clock
        self.lock = threading.RLock()
        self.numbers = Numbers()
        self.orders: dict[int, Order] = {}
        self.customers: dict[int, Customer] = {}
        self.by_email: dict[str, Customer] = {}
        self.past: History | None = None
        self.deleted: set[int] = set()
        #: Called after each act with what happened in it.
        self.listeners: list[Callable[[list[Happening]], None]] = []
        self.journal: Journal | None = None
        self.replayed: datetime | None = None
        self._things: dict[tuple[str, int], Thing] = {}
        self._told: list[Happening] = []
        self._depth = 0
        self._order_number = 1000
        self.keep(shop, shop.location, *REASONS)

    def now(self) -> datetime:
        """The twin's time; like the platform's, it knows no fractions of a second."""
        return (self.replayed or self.clock.now()).replace(microsecond=0)

    def number(self, kind: type[Thing]) -> int:
        return self.numbers.next(kind.type_name)

    def keep(self, *things: Thing) -> None:
        for thing in things:
            self._things[thing.type_name, thing.id] = thing

    def drop(self, *things: Thing) -> None:
        for thing in things:
            self._things.pop((thing.type_name, thing.id), None)

    def tell(self, topic: str, thing: Thing, **more: Any) -> None:
        self._told.append(Happening(topic, thing, self.now(), more))

    def touch(self, order: Order, *topics: str) -> None:
        """The order changed now, for these reasons."""
        order.updated_at = self.now()
        for topic in (*topics, "orders/updated"):
            self.tell(topic, order)

    def find(self, kind: str, number: int) -> Thing | None:
        """The thing itself, or for untouched orders of the history a fresh copy to read."""
        with self.lock:
            found = self._things.get((kind, number))
            if found is not None or self.past is None or number < HISTORY:
                return found
            owner = self.past.number(history_index(number))
            if owner in self.deleted or owner in self.orders or history_index(number) >= self.past.count:
                return None
            whole = parts(self.past.order(history_index(number)))
            return next((part for part in whole if part.type_name == kind and part.id == number), None)

    def node(self, gid: str) -> Thing | None:
        return self.find(*parse(gid))

    def get(self, kind: type[T], ref: Ref, *field: str) -> T:
        """The thing to change; an order of the history is kept from now on. Raises ``Refused``."""
        number = self._number(kind, ref)
        name = kind.type_name
        found = self._things.get((name, number))
        if found is None and self.past is not None and number >= HISTORY and self.find(name, number) is not None:
            self._adopt(history_index(number))
            found = self._things.get((name, number))
        if not isinstance(found, kind):
            raise not_found(kind.__name__, *field)
        return found

    def order_of(self, part: Any) -> Order:
        return self.get(Order, part.order.id)

    def all_customers(self) -> list[Customer]:
        return [self.customers[number] for number in sorted(self.customers)]

    def token(self, number: int) -> str:
        return hashlib.sha256(f"{self.shop.myshopify_domain} {number}".encode()).hexdigest()[:32]

    def _number(self, kind: type[Thing], ref: Ref) -> int:
        if isinstance(ref, Thing):
            return ref.id
        if isinstance(ref, int):
            return ref
        if ref.startswith("#") and kind is Order:
            return next((order.id for order in self.orders.values() if order.name == ref), 0)
        name, number = parse(ref)
        return number if name == kind.type_name else int(ref) if ref.isdigit() else 0

    def _adopt(self, index: int) -> None:
        assert self.past is not None
        order = self.past.order(index)
        known = self.customers.get(order.customer.id) if order.customer else None
        if known is not None:
            order.customer = known
        self.take_in(order)

    def take_in(self, order: Order) -> None:
        self.orders[order.id] = order
        self.keep(*parts(order))
        if order.customer is not None:
            self.customers[order.customer.id] = order.customer
            if order.customer.email:
                self.by_email[order.customer.email] = order.customer


def act(method: Method) -> Method:
    """One thing that is done to the world: under its lock, into its journal, told to its listeners at the end."""

    @wraps(method)
    def done(self: Any, *args: Any, **more: Any) -> Any:
        with self.lock:
            if self._depth == 0 and self.journal is not None and self.replayed is None:
                self.journal.write(method.__name__, self.now(), args, more)
            self._depth += 1
            try:
                return method(self, *args, **more)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    told, self._told = _once(self._told), []
                    for listener in self.listeners if told else ():
                        listener(told)

    return cast(Method, done)


def _once(told: list[Happening]) -> list[Happening]:
    """Several reasons to say that an order changed are one, said last."""
    last = {(entry.topic, entry.thing.id): at for at, entry in enumerate(told) if entry.topic == "orders/updated"}
    return [entry for at, entry in enumerate(told) if last.get((entry.topic, entry.thing.id), at) == at]


def parts(order: Order) -> Iterator[Thing]:
    """The order and everything that exists only with it; its customer first."""
    if order.customer is not None:
        yield order.customer
    yield order
    yield from (*order.lines, *order.shipping, *order.transactions, *order.refunds, *order.returns)
    for address in (order.shipping_address, order.billing_address):
        if address is not None:
            yield address
    for plan in order.fulfillment_orders:
        yield from (plan, *plan.lines, *plan.holds)
    for sent in order.fulfillments:
        yield from (sent, *sent.lines, *sent.events)
    for back in order.returns:
        yield from back.lines
        for reverse in back.reverse_fulfillment_orders:
            yield from (reverse, *reverse.lines)
            for delivery in reverse.reverse_deliveries:
                yield from (delivery, *delivery.lines)
