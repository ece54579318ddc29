"""Writing to a shop: parcels, returns and refunds, each where WooCommerce has a place for it."""

from __future__ import annotations

from collections.abc import Mapping

from fulfillment.models import Store, WriteKind
from fulfillment.stores.base import NothingHappened, WriteData, Written
from fulfillment.stores.woocommerce.client import Client
from fulfillment.stores.woocommerce.learned import FULFILLMENTS, TRACKING_ROUTE
from fulfillment.stores.woocommerce.writes.acts import Act, LeftOut
from fulfillment.stores.woocommerce.writes.notes import (
    Approved,
    Cancelled,
    Declined,
    Labelled,
    Movement,
    Processed,
    Requested,
)
from fulfillment.stores.woocommerce.writes.refund import Refund
from fulfillment.stores.woocommerce.writes.tracking import CoreFulfillment, ListedNumber, NotedNumber
from parcelwise.errors import RetryLater

#: ``Store.preferences``: whether order notes tell that a parcel is out for delivery or has come.
EVENT_NOTES = "event_notes"

_ACTS: Mapping[str, type[Act]] = {
    WriteKind.RETURN_REQUESTED: Requested,
    WriteKind.RETURN_APPROVED: Approved,
    WriteKind.RETURN_DECLINED: Declined,
    WriteKind.RETURN_CANCELLED: Cancelled,
    WriteKind.RETURN_LABEL: Labelled,
    WriteKind.RETURN_PROCESSED: Processed,
    WriteKind.REFUND: Refund,
}
WRITES = frozenset({WriteKind.TRACKING, WriteKind.TRACKING_EVENT, *_ACTS})


def look(store: Store, client: Client, intention: WriteData) -> Written | None:
    """What is there already of an intention."""
    return _act(store, client, intention).look()


def write(store: Store, client: Client, intention: WriteData) -> Written:
    """Carry an intention out, unless it is there already. NothingHappened when it broke before it changed anything."""
    act = _act(store, client, intention)
    try:
        found = act.look()
        prepared = None if found else act.prepare()
    except RetryLater as trouble:
        raise NothingHappened(str(trouble), after=trouble.after) from trouble
    return found or act.carry_out(prepared)


def _act(store: Store, client: Client, intention: WriteData) -> Act:
    return _way(store, intention)(store, client, intention)


def _way(store: Store, intention: WriteData) -> type[Act]:
    if intention.kind == WriteKind.TRACKING:
        if store.preferences.get(FULFILLMENTS):
            return CoreFulfillment
        return ListedNumber if store.preferences.get(TRACKING_ROUTE) else NotedNumber
    if intention.kind == WriteKind.TRACKING_EVENT:
        told = store.preferences.get(EVENT_NOTES) and intention.payload.get("status") in Movement.words
        return Movement if told else LeftOut
    return _ACTS[intention.kind]
