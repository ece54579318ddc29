"""Pages of orders: those that are kept and those of the history in one row, however many there are."""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from fulfillment.testing.shopify_twin.graph import pages
from fulfillment.testing.shopify_twin.resolvers.search import Search
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.world import World

Key = tuple[int, int]


class Row(NamedTuple):
    """``key`` orders the row: the sort value, then the id. ``place`` is its place in the history, or -1."""

    key: Key
    number: int
    place: int
    created: int
    updated: int


def _by(sort: str) -> Callable[[int, int, int], int]:
    """Sort value of (id, created, updated)."""
    if sort in ("CREATED_AT", "PROCESSED_AT"):
        return lambda number, created, updated: created
    if sort == "UPDATED_AT":
        return lambda number, created, updated: updated
    return lambda number, created, updated: number


class OrderRows:
    """All orders in the order of ``sort``; the world must not change meanwhile."""

    def __init__(self, world: World, sort: str, *, reverse: bool) -> None:
        self.world, self.sort, self.reverse, self.value = world, sort, reverse, _by(sort)

    def rows(self, after: Key | None = None, start: int | None = None) -> Iterator[Row]:
        """From behind ``after`` on; ``start`` is the least sort value that matters."""
        found = heapq.merge(self._kept(), self._past(after, start), key=lambda row: row.key, reverse=self.reverse)
        for row in found:
            if after is None or (row.key < after if self.reverse else row.key > after):
                yield row

    def order(self, row: Row) -> Order | None:
        """None for one that was deleted meanwhile."""
        kept = self.world.orders.get(row.number)
        if kept is not None or row.place < 0 or self.world.past is None or row.number in self.world.deleted:
            return kept
        return self.world.past.order(row.place)

    def _kept(self) -> list[Row]:
        rows = []
        with self.world.lock:
            orders = list(self.world.orders.values())
        for order in orders:
            created, updated = int(order.created_at.timestamp()), int(order.updated_at.timestamp())
            rows.append(Row((self.value(order.id, created, updated), order.id), order.id, -1, created, updated))
        return sorted(rows, reverse=self.reverse)

    def _past(self, after: Key | None, start: int | None) -> Iterator[Row]:
        past = self.world.past
        if past is None:
            return
        by_update = past.by_update() if self.sort == "UPDATED_AT" else None
        first, last = self._range(past, by_update, after, start)
        places = range(last - 1, first - 1, -1) if self.reverse else range(first, last)
        for place in places:
            index = by_update[1][place] if by_update else place
            number = past.number(index)
            if number in self.world.orders or number in self.world.deleted:
                continue
            created = past.placed(index)
            updated = by_update[0][place] if by_update else past.fate(index).updated
            yield Row((self.value(number, created, updated), number), number, index, created, updated)

    def _range(self, past: Any, by_update: Any, after: Key | None, start: int | None) -> tuple[int, int]:
        """Which places of the history can matter, found by halving."""
        first, last = 0, past.count
        values: Any = by_update[0] if by_update else _Values(past, self.value)
        if start is not None:
            first = bisect_left(values, start)
        if after is not None and self.reverse:
            last = bisect_right(values, after[0])
        elif after is not None:
            first = max(first, bisect_left(values, after[0]))
        return first, last


class _Values:
    """The sort values of the history where they grow with the place."""

    def __init__(self, past: Any, value: Callable[[int, int, int], int]) -> None:
        self.past, self.value = past, value

    def __len__(self) -> int:
        return int(self.past.count)

    def __getitem__(self, place: int) -> int:
        return self.value(self.past.number(place), self.past.placed(place), 0)


def page(world: World, search: Search, given: dict[str, Any], since: datetime | None = None) -> pages.Page:
    """One page as the arguments of ``orders`` ask for it."""
    wanted = pages.size(given.get("first"), given.get("last"))
    backwards = given.get("last") is not None
    reverse = bool(given.get("reverse")) != backwards
    cursor = given.get("before" if backwards else "after")
    after: Key | None = tuple(pages.read(cursor)) if cursor else None
    table = OrderRows(world, given.get("sortKey") or "PROCESSED_AT", reverse=reverse)
    found: list[tuple[Row, Order]] = []
    for row, order in _fitting(table, search, since, after):
        found.append((row, order))
        if len(found) > wanted:
            break
    more, found = len(found) > wanted, found[:wanted]
    if backwards:
        found.reverse()
    cursors = [pages.write(*row.key) for row, _ in found]
    ahead, behind = (after is not None, more) if backwards else (more, after is not None)
    return pages.Page([order for _, order in found], cursors, more=ahead, before=behind)


def every(world: World, search: Search, given: Mapping[str, Any], since: datetime | None = None) -> Iterator[Order]:
    """All orders that fit, one after the other, none of them held."""
    sort, reverse = given.get("sortKey") or "PROCESSED_AT", bool(given.get("reverse"))
    for _, order in _fitting(OrderRows(world, sort, reverse=reverse), search, since, None):
        yield order


def _fitting(
    table: OrderRows, search: Search, since: datetime | None, after: Key | None
) -> Iterator[tuple[Row, Order]]:
    start = None
    if table.sort == "UPDATED_AT" and search.updated_from is not None:
        start = int(search.updated_from.timestamp())
    for row in table.rows(after, start):
        if (since or search.times) and not _in_time(row, search, since):
            continue
        with table.world.lock:
            order = table.order(row)
        if order is not None and search.fits(order):
            yield row, order


def _in_time(row: Row, search: Search, since: datetime | None) -> bool:
    created = datetime.fromtimestamp(row.created, UTC)
    if since is not None and created < since:
        return False
    return search.fits_times(created, datetime.fromtimestamp(row.updated, UTC))
