"""Writing down that something happened, in the transaction in which it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Model

from parcelwise.background import wake
from parcelwise.endpoints import WebhookEndpoint, WebhookEvent
from parcelwise.panels import reference


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to ``source``. ``key``: the same thing noted again; ``subject``: the record that staff
    and erasures look it up by; ``scope``: reference of whose it is; ``facts``: JSON that the source will not say later.
    """

    kind: str
    source: Model
    key: str
    at: datetime
    subject: str = ""
    scope: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def happened(kind: str, source: Model, *, key: str, at: datetime, **more: Any) -> None:
    """Note one :class:`Happening`. Harmless to call again with the same key; two queries when somebody listens."""
    note([Happening(kind, source, key, at, **more)])


def note(happenings: Iterable[Happening]) -> int:
    """Write an event for each that an endpoint wants to hear of. Returns how many were wanted.

    One query when nobody listens, two else, however many they are. Nothing is sent here, and what a message says is
    worked out by a worker: a fault of that harms nobody's transaction.
    """
    found = list(happenings)
    if not found:
        return 0
    endpoints = list(WebhookEndpoint.objects.only("scope", "types"))
    wanted = [one for one in found if any(_hears(endpoint, one.kind, one.scope) for endpoint in endpoints)]
    WebhookEvent.objects.bulk_create(
        (
            WebhookEvent(
                kind=one.kind,
                key=one.key[:200],
                source=reference(one.source),
                subject=one.subject[:120],
                scope=one.scope,
                facts=dict(one.facts),
                occurred_at=one.at,
            )
            for one in wanted
        ),
        ignore_conflicts=True,
        batch_size=500,
    )
    if wanted:
        wake()
    return len(wanted)


def _hears(endpoint: WebhookEndpoint, kind: str, scope: str) -> bool:
    return endpoint.scope in ("", scope) and endpoint.wants(kind)
