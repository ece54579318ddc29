"""Reading orders and customers as they are now, many with one question, and walking over what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from fulfillment.facts import CustomerData, OrderData
from fulfillment.models import Order
from fulfillment.stores.base import Page, Unreadable
from fulfillment.stores.shopify import mapping
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.documents import connecting, reading
from fulfillment.stores.shopify.gid import kind_of
from fulfillment.stores.shopify.replies import Reply
from fulfillment.stores.shopify.whole import make_whole
from parcelwise.errors import RetryLater

#: Orders placed longer ago than this are shown only to apps with ``read_all_orders``.
VISIBLE_FOR = timedelta(days=60)
#: How often an order that changes while its pages are read is read anew.
_TRIES = 3

Found = OrderData | Unreadable | None


def read(client: Client, ids: Sequence[str]) -> dict[str, Found]:
    """Each of ``ids`` with its order as it is now; ids of returns, parcels and the like lead to theirs.

    None: there is no such order. An id that is missing cannot be seen by us, which says nothing of the order.
    """
    leads = [each for each in ids if kind_of(each) not in ("Order", "")]
    led = locate(client, leads) if leads else {}
    wanted = dict.fromkeys([*(each for each in ids if kind_of(each) == "Order"), *filter(None, led.values())])
    found = _read_orders(client, list(wanted))
    answer: dict[str, Found] = {}
    for each in ids:
        if not kind_of(each):
            answer[each] = Unreadable(each, f"“{each}” is no id of Shopify's.")
        elif each in leads:
            order = led.get(each)
            if order is None:
                answer[each] = None  # merged or deleted meanwhile
            elif order in found:
                answer[each] = found[order]
        elif each in found:
            answer[each] = found[each]
    return answer


def locate(client: Client, ids: Sequence[str]) -> dict[str, str | None]:
    """The order that each return, parcel, fulfilment order … belongs to; None for one that is gone."""
    found: dict[str, str | None] = {}
    for start in range(0, len(ids), 50):
        chunk = ids[start : start + 50]
        for each, node in zip(chunk, client.ask(reading.LOCATE, ids=list(chunk))["nodes"], strict=True):
            node = node or {}
            owner = node.get("reverseFulfillmentOrder") or node
            order = owner.get("order") or owner.get("perhaps")
            found[each] = (order or {}).get("id")
    return found


def _read_orders(client: Client, ids: Sequence[str]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for start in range(0, len(ids), reading.ORDERS_AT_ONCE):
        found |= _read_some(client, ids[start : start + reading.ORDERS_AT_ONCE])
    missing = [each for each, data in found.items() if data is None]
    for hidden in _hidden(client, missing):
        del found[hidden]
    return found


def _read_some(client: Client, ids: Sequence[str]) -> dict[str, Found]:
    for left in reversed(range(_TRIES)):
        try:
            reply = client.look(reading.READ_ORDERS, ids=list(ids))
            seen: Any = reply.data.get("nodes")
            if not isinstance(seen, list) or len(seen) != len(ids):
                raise reply.trouble(client.store.name) or RetryLater("Shopify's answer is not whole.")
            _judge(client, reply, seen)
            there = [node for node in seen if node]
            make_whole(client, there)
        except RetryLater:
            if not left:
                raise
            continue
        return {each: facts(node) if node else None for each, node in zip(ids, seen, strict=True)}
    raise AssertionError("unreachable")


def _judge(client: Client, reply: Reply, seen: Sequence[Any]) -> None:
    """Errors beside data: an order that is there although a field of it was denied is good, one that is not is not."""
    if reply.errors and not all(seen):
        paths: list[Any] = [error.get("path") or () for error in reply.errors]
        places = {path[1] for path in paths if len(path) > 1}
        if not places or any(seen[place] is None for place in places if isinstance(place, int) and place < len(seen)):
            trouble = reply.trouble(client.store.name)
            assert trouble is not None
            raise trouble


def facts(node: Mapping[str, Any]) -> OrderData | Unreadable:
    """The order in ``node``, or why it makes no sense."""
    try:
        return mapping.order(node)
    except ValueError as error:
        return Unreadable(str(node.get("id") or ""), str(error), raw=str(node)[:5000])


def _hidden(client: Client, missing: Iterable[str]) -> list[str]:
    """Those of the orders that Shopify shows us nothing of which may well be there: too old for our scopes.

    Of an order that we do not have, nothing follows from either.
    """
    until = timezone.now() - VISIBLE_FOR
    old = Order.objects.filter(store=client.store.pk, external_id__in=list(missing), placed_at__lte=until)
    hidden = list(old.values_list("external_id", flat=True))
    return [] if not hidden or "read_all_orders" in scopes(client) else hidden


def scopes(client: Client) -> frozenset[str]:
    """What the app may do in the store."""
    installation = client.ask(connecting.SCOPES)["currentAppInstallation"]
    return frozenset(scope["handle"] for scope in installation["accessScopes"])


def read_customer(client: Client, external_id: str) -> CustomerData | None:
    """The customer as they are now; None when they are gone."""
    if kind_of(external_id) != "Customer":
        return None  # sold without a customer
    node = client.ask(reading.READ_CUSTOMER, id=external_id)["customer"]
    return mapping.customer(node) if node else None


def changes(client: Client, since: datetime, cursor: Mapping[str, Any]) -> Page:
    """The next page of orders that changed at or after ``since``, oldest change first."""
    moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = client.ask(reading.CHANGED_ORDERS, query=f"updated_at:>='{moment}'", after=cursor.get("after"))["orders"]
    read_now = _read_orders(client, [node["id"] for node in found["nodes"]])
    info = found["pageInfo"]
    return Page(
        orders=tuple(data for data in read_now.values() if isinstance(data, OrderData)),
        unreadable=tuple(data for data in read_now.values() if isinstance(data, Unreadable)),
        cursor={"after": info["endCursor"]} if info["hasNextPage"] else None,
        doing=f"changes since {since:%Y-%m-%d %H:%M} UTC",
    )
