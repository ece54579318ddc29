"""Stores and carrier accounts as the intake knows them: secrets and names, read now and then, not for each delivery."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from fulfillment.carriers import pushes_of
from fulfillment.carriers.base import HOOK_SECRET
from fulfillment.deliveries import Webhooks
from fulfillment.models import CarrierAccount, Store
from fulfillment.services.intake.patience import Deadline
from fulfillment.stores import platform_class, platforms
from fulfillment.stores.credentials import SIGNING

#: Seconds for which a store is not read again. What another process changed is known after that at the latest.
FRESH = 10.0
#: Seconds after which a store is read once more before a delivery is refused. Forged ones cost no query each.
ANEW = 1.0


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """A connected store or account. Secrets are newest first; the old ones hold until ``old_until``.

    ``column`` is the one of InboxEvent that names it: ``store`` or ``account``.
    """

    pk: Any
    uuid: UUID
    kind: str
    slug: str
    name: str
    platform_id: str
    webhooks: Webhooks
    secrets: tuple[str, ...]
    old_secrets: tuple[str, ...]
    old_until: datetime | None
    read_at: float
    is_active: bool = True
    column: str = "store"

    def __repr__(self) -> str:
        return f"<Sender {self.slug}>"

    @property
    def valid_old_secrets(self) -> tuple[str, ...]:
        return self.old_secrets if self.old_until and timezone.now() < self.old_until else ()


_known: dict[tuple[str, UUID], Sender] = {}


def find(kind: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    """The store ``uuid`` if it is of ``kind`` and active, or was and its platform has last words; or the account.

    ``kind`` is the store's or the gateway of the account. Misconfigured when its credentials or platform cannot be
    read.
    """
    known = _known.get((kind, uuid))
    if known and time.monotonic() - known.read_at < FRESH:
        return known
    return _read(kind, uuid, deadline)


def anew(known: Sender, deadline: Deadline) -> Sender | None:
    """The store as it is now; ``known`` itself when it was read a moment ago."""
    fresh = time.monotonic() - known.read_at < ANEW
    return known if fresh else _read(known.kind, known.uuid, deadline)


def _read(kind: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    read = _store if kind in platforms else _account
    sender = read(kind, uuid, deadline)
    if sender is None:
        _known.pop((kind, uuid), None)
    else:
        _known[kind, uuid] = sender
    return sender


def _account(gateway: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    pushes = pushes_of(gateway)
    if pushes is None:
        return None
    rows = CarrierAccount.objects.using(deadline.using).filter(uuid=uuid, gateway=gateway, is_active=True)
    with deadline.reading():
        account = rows.first()
    if account is None:
        return None
    credentials: Any = account.credentials
    return Sender(
        pk=account.pk,
        uuid=uuid,
        kind=gateway,
        slug=f"account:{account.pk}",
        name=str(account),
        platform_id="",
        webhooks=pushes,
        secrets=_secrets(credentials, "", (HOOK_SECRET,)),
        old_secrets=_secrets(credentials, "old_", (HOOK_SECRET,)),
        old_until=_old_until(credentials),
        read_at=time.monotonic(),
        column="account",
    )


def _store(kind: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    rows = Store.objects.using(deadline.using).filter(uuid=uuid, kind=kind)
    with deadline.reading():
        store = rows.first()
    if store is None or not (store.is_active or (store.connected_at and platform_class(kind).webhooks.last_words)):
        return None
    credentials: Any = store.credentials
    return Sender(
        pk=store.pk,
        uuid=uuid,
        kind=kind,
        slug=store.slug,
        name=store.name,
        platform_id=store.platform_id,
        webhooks=platform_class(kind).webhooks,
        secrets=_secrets(credentials, ""),
        old_secrets=_secrets(credentials, "old_"),
        old_until=_old_until(credentials),
        read_at=time.monotonic(),
        is_active=store.is_active,
    )


def _secrets(credentials: Mapping[str, Any], prefix: str, names: Iterable[str] = SIGNING) -> tuple[str, ...]:
    found = (credentials.get(prefix + name) for name in names)
    return tuple(secret for secret in found if secret and isinstance(secret, str))


def _old_until(credentials: Mapping[str, Any]) -> datetime | None:
    try:
        until = datetime.fromisoformat(credentials.get("old_until") or "")
    except (TypeError, ValueError):
        return None
    return timezone.make_aware(until) if timezone.is_naive(until) else until


@receiver([post_save, post_delete], sender=CarrierAccount)
@receiver([post_save, post_delete], sender=Store)
def forget(instance: Store | CarrierAccount, **_: Any) -> None:
    """What was known of it is read again: it was changed in this process."""
    for kind, uuid in list(_known):
        if uuid == instance.uuid:
            _known.pop((kind, uuid), None)
