"""Stores as the intake knows them: their secrets and names, read once in a while and not for each delivery."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from fulfillment.models import Store
from fulfillment.services.intake.patience import Deadline
from fulfillment.stores import platform_class, platforms
from fulfillment.stores.base import Webhooks
from fulfillment.stores.credentials import SIGNING

#: Seconds for which a store is not read again. What another process changed is known after that at the latest.
FRESH = 10.0
#: Seconds after which a store is read once more before a delivery is refused. Forged ones cost no query each.
ANEW = 1.0


@dataclass(frozen=True, slots=True, repr=False)
class Sender:
    """A connected store. Secrets are newest first; the old ones hold until ``old_until``."""

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

    def __repr__(self) -> str:
        return f"<Sender {self.slug}>"

    @property
    def valid_old_secrets(self) -> tuple[str, ...]:
        return self.old_secrets if self.old_until and timezone.now() < self.old_until else ()


_known: dict[tuple[str, UUID], Sender] = {}


def find(kind: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    """The store ``uuid`` if it is of ``kind`` and active, or was and its platform has last words.

    Misconfigured when its credentials or platform cannot be read.
    """
    known = _known.get((kind, uuid))
    if known and time.monotonic() - known.read_at < FRESH:
        return known
    return _read(kind, uuid, deadline) if kind in platforms else None


def anew(known: Sender, deadline: Deadline) -> Sender | None:
    """The store as it is now; ``known`` itself when it was read a moment ago."""
    fresh = time.monotonic() - known.read_at < ANEW
    return known if fresh else _read(known.kind, known.uuid, deadline)


def _read(kind: str, uuid: UUID, deadline: Deadline) -> Sender | None:
    rows = Store.objects.using(deadline.using).filter(uuid=uuid, kind=kind)
    with deadline.reading():
        store = rows.first()
    if store is None or not (store.is_active or (store.connected_at and platform_class(kind).webhooks.last_words)):
        _known.pop((kind, uuid), None)
        return None
    credentials: Any = store.credentials
    sender = Sender(
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
    _known[kind, uuid] = sender
    return sender


def _secrets(credentials: Mapping[str, Any], prefix: str) -> tuple[str, ...]:
    found = (credentials.get(prefix + name) for name in SIGNING)
    return tuple(secret for secret in found if secret)


def _old_until(credentials: Mapping[str, Any]) -> datetime | None:
    try:
        until = datetime.fromisoformat(credentials.get("old_until") or "")
    except (TypeError, ValueError):
        return None
    return timezone.make_aware(until) if timezone.is_naive(until) else until


@receiver([post_save, post_delete], sender=Store)
def forget(instance: Store, **_: Any) -> None:
    """What was known of a store is read again: it was changed in this process."""
    for kind, uuid in list(_known):
        if uuid == instance.uuid:
            _known.pop((kind, uuid), None)
