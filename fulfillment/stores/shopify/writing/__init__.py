"""Carrying out what the outbox intends at Shopify: one function for each kind, and one that looks for its effect.

Only ``refundCreate`` takes a key of ours. All else is made to happen once by looking: before each write for what the
platform itself would show (a parcel with that number, a return with that status), and after a broken try for what has
come up since it began.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from fulfillment.models import WriteKind
from fulfillment.stores.base import NothingHappened, WriteData, Written
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.writing import labels, parcels, refunds, requests, returned
from parcelwise.errors import GiveUp, RetryLater

_WRITE: Mapping[str, Callable[[Client, WriteData], Written]] = {
    WriteKind.TRACKING: parcels.send,
    WriteKind.TRACKING_EVENT: parcels.add_event,
    WriteKind.RETURN_REQUESTED: requests.request,
    WriteKind.RETURN_APPROVED: requests.approve,
    WriteKind.RETURN_DECLINED: requests.decline,
    WriteKind.RETURN_CANCELLED: requests.cancel,
    WriteKind.RETURN_LABEL: labels.attach,
    WriteKind.RETURN_PROCESSED: returned.process,
    WriteKind.REFUND: refunds.refund,
}
_LOOK: Mapping[str, Callable[[Client, WriteData], Written | None]] = {
    WriteKind.TRACKING: parcels.find_parcel,
    WriteKind.TRACKING_EVENT: parcels.find_event,
    WriteKind.RETURN_REQUESTED: requests.find_request,
    WriteKind.RETURN_APPROVED: requests.find_status("OPEN", "CLOSED"),
    WriteKind.RETURN_DECLINED: requests.find_status("DECLINED"),
    WriteKind.RETURN_CANCELLED: requests.find_status("CANCELED"),
    WriteKind.RETURN_LABEL: labels.find_label,
    WriteKind.RETURN_PROCESSED: returned.find_processed,
    WriteKind.REFUND: refunds.find_refund,
}
KINDS = frozenset(_WRITE)
#: Seconds after which a write begins no further call. With the longest time that one takes (waiting for points, a new
#: token, twice the deadline of a call) it ends before its lease does, and no other worker begins it beside this one.
BUDGET = 60.0


def write(client: Client, intention: WriteData) -> Written:
    """Carry out ``intention``. NothingHappened when it broke off before Shopify was told anything."""
    if intention.kind not in _WRITE:
        raise GiveUp(f"Shopify is not told of “{intention.kind}”.")
    client.told, client.until = False, time.monotonic() + BUDGET
    try:
        return _WRITE[intention.kind](client, intention)
    except RetryLater as error:
        if client.told:
            raise
        raise NothingHappened(str(error), after=error.after) from error


def look(client: Client, intention: WriteData) -> Written | None:
    """What an earlier try of ``intention`` has led to; None when nothing of it is to be seen."""
    found = _LOOK.get(intention.kind)
    return found(client, intention) if found else None
