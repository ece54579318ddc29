"""The outbox: what we tell a store's platform. One row for each intention, one effect for each row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from fulfillment.models import Order, Shipment, Store, StoreWrite, WriteKind
from fulfillment.services import store_line
from fulfillment.signals import store_write_settled
from fulfillment.stores import is_remote, platform_class, platform_of
from fulfillment.stores.base import NothingHappened, Platform, WriteData, Written
from parcelwise import background
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.jobs import JobState, one_by_one

#: How often a write looks whether the one before it has happened.
_PATIENCE = timedelta(seconds=20)
#: After this time without an announcement the sweeper announces.
_LATE = timedelta(minutes=1)

#: Kinds of which each makes something of its own at the platform.
_NEW_THINGS = frozenset({WriteKind.RETURN_REQUESTED, WriteKind.REFUND})

#: ``Store.preferences`` by which a shop turns off what is written to its platform, with the kinds that each governs.
SWITCHES: Mapping[str, frozenset[str]] = {
    "write_tracking": frozenset({WriteKind.TRACKING}),
    "write_events": frozenset({WriteKind.TRACKING_EVENT}),
    "write_returns": frozenset(kind for kind in WriteKind.values if kind.startswith("return_")),
    "write_refunds": frozenset({WriteKind.REFUND}),
}


def is_wanted(store: Store, kind: str) -> bool:
    """Whether intentions of ``kind`` are told to the store's platform: it can take them and nobody turned them off."""
    if not is_remote(store) or not store.is_active or kind not in platform_class(store.kind).writes:
        return False
    return all(store.preferences.get(switch, True) for switch, kinds in SWITCHES.items() if kind in kinds)


def queue_write(
    order: Order,
    kind: str,
    payload: Mapping[str, Any],
    *,
    key: str,
    shipment: Shipment | None = None,
    after: StoreWrite | None = None,
) -> StoreWrite | None:
    """Note, in the current transaction, that the order's platform is to be told something. None: it is not told such.

    ``key`` names the intention among those of all stores, in at most 120 letters; the same key again is the same
    intention, and ValueError when it is of another order or kind. ``after`` must have happened before. Payloads by kind
    are described in docs/stores.md.
    """
    if not is_wanted(order.store, kind):
        return None
    with transaction.atomic():
        write, created = StoreWrite.objects.get_or_create(
            key=key,
            defaults={
                "store": order.store,
                "order": order,
                "shipment": shipment,
                "kind": kind,
                "payload": dict(payload),
                "after": after,
            },
        )
        if not created and (write.order_id, write.kind) != (order.pk, kind):
            raise ValueError(f"The key {key} names another intention: {write.kind} of order {write.order_id}.")
        background.wake()
    return write


@one_by_one
def send(write: StoreWrite) -> datetime | None:
    """Tell the platform (the runner of StoreWrite)."""
    if write.happened_at:  # confirmed, and the process died before the row was settled
        return None
    if write.after and write.after.state != JobState.DONE:
        if write.after.state == JobState.CANCELLED:
            raise GiveUp(f"What it builds on was cancelled: {write.after}.")
        return timezone.now() + _PATIENCE
    platform = platform_of(write.store)
    if not is_wanted(write.store, write.kind):
        raise Misconfigured(f"{write.store} is not told of this: it is disconnected or it was turned off.")
    with store_line.calling(write.store):
        written = _found(write, platform) or _carried_out(write, platform)
    confirm(write, written)
    return None


def _found(write: StoreWrite, platform: Platform) -> Written | None:
    """What an earlier try has led to, if it can be seen. RetryLater while that try may still come to its effect."""
    if write.last_call_at is None:
        return None
    found = platform.look(_intention(write))
    if found and _is_anothers(write, found):
        found = None
    left = (write.last_call_at - timezone.now()).total_seconds() + platform.settle_seconds
    if found is None and left > 0:
        raise RetryLater("An earlier try broke off and may still be at work there; it is waited for.", after=left)
    return found


def _is_anothers(write: StoreWrite, found: Written) -> bool:
    """Whether what was found is the effect of another intention of the kind: two returns may look alike."""
    same = StoreWrite.objects.filter(store=write.store_id, kind=write.kind, external_id=found.external_id)
    return write.kind in _NEW_THINGS and bool(found.external_id) and same.exclude(pk=write.pk).exists()


def _carried_out(write: StoreWrite, platform: Platform) -> Written:
    """The platform's confirmation. What it is about to do is noted before: a crash leaves its trace."""
    rows, before = StoreWrite.objects.filter(pk=write.pk), (write.began_at, write.last_call_at)
    now = timezone.now()
    rows.update(began_at=write.began_at or now, last_call_at=now)
    try:
        return platform.write(_intention(write))
    except NothingHappened:
        rows.update(began_at=before[0], last_call_at=before[1])
        raise


def _intention(write: StoreWrite) -> WriteData:
    """The intention as the platform gets it."""
    return WriteData(
        kind=write.kind,
        key=write.key,
        order_id=write.order.external_id if write.order else "",
        payload=_as_known_now(write),
        began_at=write.began_at,
        earlier=write.after.external_id if write.after else "",
    )


def _as_known_now(write: StoreWrite) -> dict[str, Any]:
    """The payload, with the name that the platform gives the parcel by now."""
    payload: dict[str, Any] = dict(write.payload)
    if write.shipment and "parcel" in payload:
        payload["parcel"] = write.shipment.external_id
    return payload


def confirm(write: StoreWrite, written: Written) -> None:
    """Write down what the platform confirmed, with what follows from it here, and announce it."""
    with transaction.atomic():
        columns = {
            "external_id": written.external_id[:120],
            "result": dict(written.detail),
            "happened_at": timezone.now(),
        }
        StoreWrite.objects.filter(pk=write.pk).update(**columns)
        for name, value in columns.items():
            setattr(write, name, value)
        if write.kind == WriteKind.TRACKING and write.shipment and written.external_id:
            _name_parcel(write.shipment, written.external_id)
        transaction.on_commit(lambda: _announce(write))


def _name_parcel(shipment: Shipment, external_id: str) -> None:
    """The parcel bears the platform's name from now on, unless the platform's own news were quicker."""
    others = Shipment.objects.filter(order=shipment.order_id, external_id=external_id).exclude(pk=shipment.pk)
    if not others.exists():
        Shipment.objects.filter(pk=shipment.pk).update(external_id=external_id[:80])


def _announce(write: StoreWrite) -> None:
    store_write_settled.send_robust(sender=StoreWrite, write=write)
    StoreWrite.objects.filter(pk=write.pk).update(announced_at=timezone.now())


def announce_pending() -> int:
    """Announce confirmations whose process died between the commit and the signal."""
    late = StoreWrite.objects.filter(happened_at__lt=timezone.now() - _LATE, announced_at=None)
    for write in (found := list(late[:500])):
        _announce(write)
    return len(found)
