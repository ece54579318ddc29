"""Reading orders with all that belongs to them: single ones, those that changed, and every one there is.

Lists of WooCommerce are cut into numbered pages, and whatever is written meanwhile moves orders from page to page. So
no page is asked for by its number: the next one begins at the second of the last order that was seen, without those of
this second that were seen already (:class:`Walk`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fulfillment.facts import OrderData
from fulfillment.models import Store
from fulfillment.stores.base import Page, Unreadable
from fulfillment.stores.woocommerce.answers import Refused
from fulfillment.stores.woocommerce.client import Client, Listed
from fulfillment.stores.woocommerce.learned import FULFILLMENTS, NO_ROUTE, note_status
from fulfillment.stores.woocommerce.mapping import is_draft, order_data
from fulfillment.stores.woocommerce.parcels import has_fulfillments
from fulfillment.stores.woocommerce.values import Json, metas, moment, rows, text
from parcelwise.errors import GiveUp, RetryLater

ORDERS = "wc/v3/orders"
#: Orders of one page: what a shop on a small host answers within the deadline.
PAGE = 50
#: Ids that fit into an address beside the rest. More orders than these in one second were stamped by a machine.
CROWD = 400
#: What is said of an order, or of what belongs to it, that is not there any more.
GONE = frozenset(
    {
        "woocommerce_rest_shop_order_invalid_id",
        "woocommerce_rest_order_invalid_id",
        "woocommerce_rest_invalid_order_id",
        "woocommerce_rest_invalid_id",
    }
)
_SECOND = timedelta(seconds=1)


class Reader:
    """Reads orders of one store. RetryLater, GiveUp or Misconfigured when the shop does not answer."""

    def __init__(self, store: Store, client: Client) -> None:
        self._store, self._client = store, client

    def read(self, ids: Sequence[str]) -> dict[str, OrderData | Unreadable | None]:
        """These orders as they are now. What the list leaves out is asked for by itself: it may be in the trash."""
        asked = [key for key in ids if key.isdigit()]
        found: dict[str, OrderData | Unreadable | None] = dict.fromkeys(set(ids) - set(asked))
        if not asked:
            return found
        listed = self._client.listed(ORDERS, include=",".join(asked), status="any", per_page=max(len(asked), 1))
        there = {text(row.get("id")): row for row in listed.rows}
        for key in asked:
            row = there.get(key) or self._single(key)
            found[key] = self.whole(row) if row and not is_draft(row) else None
        return found

    def whole(self, order: Json) -> OrderData | Unreadable | None:
        """The order with its refunds and fulfilments; None when it went while they were asked for."""
        key = text(order.get("id"))
        note_status(self._store, order)
        try:
            refunds, fulfillments = self._refunds(order, key), self._fulfillments(order, key)
        except Refused as refused:
            if refused.code in GONE:
                return None
            raise
        try:
            return order_data(order, refunds=refunds, fulfillments=fulfillments)
        except (ValueError, TypeError, ArithmeticError) as error:
            return Unreadable(key, f"WooCommerce's answer makes no sense: {error}.", str(order)[:2000])

    def _single(self, key: str) -> Json | None:
        try:
            order = self._client.get(f"{ORDERS}/{key}")
        except Refused as refused:
            if refused.code in GONE:
                return None
            raise
        return order if isinstance(order, dict) else None

    def _refunds(self, order: Json, key: str) -> list[dict[str, Any]]:
        return list(self._client.all(f"{ORDERS}/{key}/refunds")) if rows(order.get("refunds")) else []

    def _fulfillments(self, order: Json, key: str) -> list[dict[str, Any]]:
        if not has_fulfillments(metas(order)) or self._store.preferences.get(FULFILLMENTS) is False:
            return []
        try:
            return self._client.listed(f"{ORDERS}/{key}/fulfillments").rows
        except Refused as refused:
            if refused.code == NO_ROUTE:  # the feature was turned off again
                return []
            raise

    def changed(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        """The next page of orders that changed at or after ``since``, those in the trash last."""
        at = cursor.get("at") or _stamp(since)
        walk = Walk("modified", str(cursor.get("status", "any")), at, tuple(cursor.get("seen", ())), cursor.get("page"))
        page, step = self._page(walk)
        if step is None and walk.status == "any":
            step = Walk("modified", "trash", _stamp(since))
        return Page(*page, cursor=step.cursor() if step else None)

    def everything(self, cursor: Mapping[str, Any]) -> Page:
        """The next page of all orders but those in the trash, oldest first."""
        walk = Walk("date", "any", cursor.get("at"), tuple(cursor.get("seen", ())), cursor.get("page"))
        page, step = self._page(walk)
        total = cursor.get("total") or self._total
        return Page(
            *page, cursor={**step.cursor(), "total": total} if step else None, total=total, doing="reading orders"
        )

    _total: int | None = None

    def _page(self, walk: Walk) -> tuple[tuple[tuple[OrderData, ...], tuple[Unreadable, ...]], Walk | None]:
        listed = self._client.listed(ORDERS, per_page=PAGE, dates_are_gmt=True, **walk.params())
        self._total = listed.total
        whole = [self.whole(row) for row in listed.rows if not is_draft(row)]
        orders = tuple(data for data in whole if isinstance(data, OrderData))
        unreadable = tuple(data for data in whole if isinstance(data, Unreadable))
        return (orders, unreadable), walk.after(listed)


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk stands. ``at``: the second it goes on from, in GMT; ``seen``: ids of this second that were seen.

    ``page``: set while a second with a crowd of orders is gone through page by page, from the last to the first: orders
    only leave a second that is over, and then those behind them move towards the pages that are still to come. 0: how
    many pages there are is not known yet.
    """

    by: str
    status: str
    at: str | None = None
    seen: tuple[str, ...] = ()
    page: int | None = None

    def params(self) -> dict[str, Any]:
        """What is asked for."""
        name = "modified_" if self.by == "modified" else ""
        params: dict[str, Any] = {"status": self.status, "orderby": self.by, "order": "asc"}
        if self.at:
            params[f"{name}after"] = _moved(self.at, -1)  # the bound itself is not included
        if self.page is not None and self.at:
            params |= {f"{name}before": _moved(self.at, 1), "orderby": "id", "page": self.page or 1}
        elif self.seen:
            params["exclude"] = ",".join(self.seen)
        return params

    def after(self, listed: Listed) -> Walk | None:
        """Where it goes on once this page was read; None: at its end."""
        if self.page is not None and self.at:
            return self._through_the_crowd(listed, self.page, self.at)
        more = listed.pages > 1 if listed.pages is not None else len(listed.rows) >= PAGE
        if not more or not listed.rows:
            return None
        field = "date_modified_gmt" if self.by == "modified" else "date_created_gmt"
        stamps = {text(row.get("id")): moment(row.get(field)) for row in listed.rows}
        last = max((stamp for stamp in stamps.values() if stamp), default=None)
        if last is None:  # nothing to go on from but their ids
            return Walk(self.by, self.status, self.at, (*self.seen, *stamps))
        at, seen = _stamp(last), tuple(key for key, stamp in stamps.items() if stamp == last)
        if (self.at and at < self.at) or set(stamps) <= set(self.seen):
            raise GiveUp(
                "The shop's list of orders does not go on: it names again what it was asked to leave out. Something in "
                "the shop (a plugin, a cache) changes the answers of its API."
            )
        if at == self.at:
            seen = (*self.seen, *seen)
        if len(seen) > CROWD:
            return Walk(self.by, self.status, at, page=0)
        return Walk(self.by, self.status, at, seen)

    def _through_the_crowd(self, listed: Listed, page: int, at: str) -> Walk:
        if listed.pages is None:
            raise RetryLater("The shop's answer lacks the header X-WP-TotalPages, so the end of its list is not known.")
        before = listed.pages if page == 0 and listed.pages > 1 else page - 1
        if before > 0:
            return Walk(self.by, self.status, at, page=before)
        return Walk(self.by, self.status, _moved(at, 1))

    def cursor(self) -> dict[str, Any]:
        told = {"status": self.status, "at": self.at, "seen": list(self.seen), "page": self.page}
        return {name: value for name, value in told.items() if value or value == 0}


def _stamp(when: datetime) -> str:
    """As the API takes a bound in GMT: to the second, without an offset."""
    return when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()


def _moved(stamp: str, seconds: int) -> str:
    return (datetime.fromisoformat(stamp) + seconds * _SECOND).isoformat()
