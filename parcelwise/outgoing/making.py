"""From an event to its message and its deliveries: once, whatever workers die."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from parcelwise.background import wake
from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.errors import GiveUp
from parcelwise.jobs import one_by_one
from parcelwise.outgoing.kinds import webhook_of


@one_by_one
def make(event: WebhookEvent) -> None:
    """Write the message and a delivery for each endpoint that wants it (the runner of WebhookEvent)."""
    webhook = webhook_of(event.kind)
    if webhook is None:
        raise GiveUp(f"No installed app declares {event.kind}.")
    if event.erased_at:
        raise GiveUp("The person whom it was about was erased.")
    if not event.body:
        source = webhook.fetch(event.source.partition(":")[2])
        if source is None:
            raise GiveUp(f"What it was about is gone: {event.source}.")
        event.body = written(event, webhook.version, webhook.data(source, event.facts))
    with transaction.atomic():
        WebhookEvent.objects.filter(pk=event.pk, body="", erased_at=None).update(body=event.body)
        endpoints = WebhookEndpoint.objects.filter(scope__in={"", event.scope}, created_at__lte=event.created_at)
        WebhookDelivery.objects.bulk_create(
            (WebhookDelivery(event=event, endpoint=each) for each in endpoints if each.wants(event.kind)),
            ignore_conflicts=True,
        )
        wake()


def written(event: WebhookEvent, version: int, told: dict[str, Any]) -> str:
    """The message as it is sent: the three fields of Standard Webhooks, and what to tell doubles and order by."""
    message = {
        "id": event.name,
        "type": event.kind,
        "timestamp": stamp(event.occurred_at),
        "sequence": event.pk,
        "version": version,
        "data": told,
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def stamp(moment: datetime | None) -> str | None:
    """A moment as messages have it: ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if moment else None
