"""What a delivery is about. Its body is a hint and nothing more: REST-shaped, partial, late, in any order.

Which order or customer it speaks of is looked for here; how that stands now is asked of GraphQL.
See docs/decisions/018-a-shopify-delivery-is-a-hint.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fulfillment.stores.base import News
from fulfillment.stores.shopify.gid import gid, kind_of
from fulfillment.stores.shopify.topics import BY_WIRE
from parcelwise.errors import GiveUp

#: Kinds of things that lead to their order when it is not named itself; see ``documents.LOCATE``.
LEADS = ("Return", "Fulfillment", "FulfillmentOrder", "ReverseFulfillmentOrder", "ReverseDelivery", "Refund")
#: How deep a payload is searched for such a thing.
_DEPTH = 4

Body = Mapping[str, Any]


def read(topic: str, body: bytes) -> Sequence[News]:
    """The news in a delivery; GiveUp when its body makes no sense, none for a topic that is not known."""
    known = BY_WIRE.get(topic)
    if known is None:
        return ()
    return list(_READERS[known.about](_parsed(body)))


def _parsed(body: bytes) -> Body:
    try:
        found = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise GiveUp(f"The delivery is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise GiveUp("The delivery is JSON but no object.")
    return found


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _order(body: Body) -> Iterator[News]:
    """Topics of the order itself: ``orders/delete`` has nothing but a number, ``orders/edited`` speaks of the edit."""
    edit = body.get("order_edit")
    where = gid("Order", edit.get("order_id")) if isinstance(edit, dict) else _own_id("Order", body)
    if not where:
        raise GiveUp("The delivery does not say which order it is about.")
    yield News("order", where, fetch=True)


def _of_order(body: Body) -> Iterator[News]:
    """Topics of something that belongs to an order."""
    order = body.get("order")
    where = gid("Order", body.get("order_id")) or (_own_id("Order", order) if isinstance(order, dict) else "")
    where = where or next(_leads(body), "")
    # ``returns/process`` comes without a word (as published); the walk over changes has what it is about.
    yield News("order", where, fetch=True) if where else News("changes")


def _own_id(kind: str, body: Body) -> str:
    """``admin_graphql_api_id`` goes before ``id``: in the published examples numbers were rounded by JavaScript."""
    return gid(kind, body.get("admin_graphql_api_id")) or gid(kind, body.get("id"))


def _leads(body: Body) -> Iterator[str]:
    """Global ids in the payload that lead to an order, nearest first, in the order of ``LEADS``."""
    found = list(_ids(body, _DEPTH))
    for kind in LEADS:
        yield from (each for each in found if kind_of(each) == kind)


def _ids(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        if kind_of(value):
            yield value
    elif depth and isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value[:20]:
            yield from _ids(each, depth - 1)


def _customer(body: Body) -> Iterator[News]:
    yield News("customer", _customer_id(body))


def _customer_gone(body: Body) -> Iterator[News]:
    yield News("customer_gone", _customer_id(body))


def _customer_id(body: Body) -> str:
    stated = body.get("admin_graphql_api_id")
    own = _own_id("Customer", body) if stated is None or kind_of(stated) == "Customer" else ""
    found = gid("Customer", body.get("customer_id")) or own
    if not found:
        raise GiveUp("The delivery does not say which customer it is about.")
    return found


def _merge(body: Body) -> Iterator[News]:
    """Two customers became one: the orders of the one that is gone are the other's now."""
    kept = gid("Customer", body.get("admin_graphql_api_customer_kept_id"))
    gone = gid("Customer", body.get("admin_graphql_api_customer_deleted_id"))
    if not kept:
        raise GiveUp("The delivery does not say which customer was kept.")
    if gone and str(body.get("status", "")).lower() != "failed":
        yield News("customer_gone", gone)
    yield News("customer", kept)


def _privacy(kind: str) -> Callable[[Body], Iterator[News]]:
    def read_privacy(body: Body) -> Iterator[News]:
        """``payload``: what Shopify sent, with ``customer_id`` and ``orders`` as our tables have those ids."""
        if not _asks_for(kind, body):
            raise GiveUp("The delivery's topic asks for something about personal data, and its body does not.")
        person = body.get("customer")
        person = person if isinstance(person, dict) else {}
        named = body.get("orders_to_redact") or body.get("orders_requested") or []
        orders = [found for each in named if (found := gid("Order", each))] if isinstance(named, list) else []
        customer = gid("Customer", person.get("id"))
        yield News(kind, customer, payload={**body, "customer_id": customer, "orders": orders})

    return read_privacy


#: Of the bodies about personal data: what each must not have, besides a shop's name, which no other delivery has.
_OF_OTHERS: Mapping[str, tuple[str, ...]] = {
    "data_request": ("orders_to_redact",),
    "redact": ("orders_requested", "data_request"),
    "redact_store": ("customer", "orders_to_redact", "orders_requested", "data_request"),
}


def _asks_for(kind: str, body: Body) -> bool:
    """Whether the body is of its topic. Only the body is signed: any delivery could come again as ``shop/redact``."""
    is_whole = "shop_domain" in body and (kind == "redact_store" or "customer" in body)
    return is_whole and not any(name in body for name in _OF_OTHERS[kind])


def _run(body: Body) -> Iterator[News]:
    yield News("run", gid("BulkOperation", body.get("admin_graphql_api_id")))


def _uninstalled(body: Body) -> Iterator[News]:
    """The body is the shop, which is signed; that it is a farewell, the topic, is not."""
    if "myshopify_domain" not in body:
        raise GiveUp("The delivery's topic says that the shop has left, and its body is no shop.")
    yield News("uninstalled")


def _plain(kind: str) -> Callable[[Body], Iterator[News]]:
    return lambda body: iter((News(kind),))


_READERS: Mapping[str, Callable[[Body], Iterator[News]]] = {
    "order": _order,
    "of_order": _of_order,
    "customer": _customer,
    "customer_gone": _customer_gone,
    "merge": _merge,
    "data_request": _privacy("data_request"),
    "redact": _privacy("redact"),
    "redact_store": _privacy("redact_store"),
    "uninstalled": _uninstalled,
    "hooks": _plain("hooks"),
    "run": _run,
    "nothing": lambda body: iter(()),
}
