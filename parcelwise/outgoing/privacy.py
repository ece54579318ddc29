"""What webhooks hold of people: messages about their orders, and what receivers answered to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent, bare
from parcelwise.jobs import JobState
from parcelwise.privacy.holding import Holding
from parcelwise.privacy.people import People
from parcelwise.privacy.words import Words

#: Records asked for in one query.
BATCH = 500


class Webhooks(Holding):
    name = "webhooks"
    title = _("Webhooks")
    removes = _("what was told of their orders, and what was answered to it; what was not sent yet is not sent")
    keeps = _("that something was told, when and to whom")
    personal = (WebhookDelivery, WebhookEvent)
    impersonal = (WebhookEndpoint,)
    texts = {WebhookEndpoint: ("last_error",)}

    def export(self, people: People) -> list[dict[str, Any]]:
        return [_told(event) for events in _about(people) for event in events.prefetch_related("deliveries__endpoint")]

    def erase(self, people: People) -> int:
        return sum(_emptied(events) for events in _about(people)) + _cleaned(people.words)


def _about(people: People) -> Iterator[QuerySet[WebhookEvent]]:
    records = people.records
    for start in range(0, len(records), BATCH):
        yield WebhookEvent.objects.filter(subject__in=records[start : start + BATCH])


def _told(event: WebhookEvent) -> dict[str, Any]:
    arrived = [each.endpoint.name for each in event.deliveries.all() if each.state == JobState.DONE]
    return {"kind": "webhook", "event": event.kind, "at": event.occurred_at, "told_to": arrived, "said": event.body}


def _emptied(events: QuerySet[WebhookEvent]) -> int:
    keys = list(events.filter(erased_at=None).values_list("pk", flat=True))
    rows = WebhookDelivery.objects.filter(event__in=keys)
    rows.filter(state__in=(JobState.WAITING, JobState.DEAD)).cancel()
    # Locked, those without an answer too: one that is under way is written after this, and then looks whether it may.
    for pk, tries in rows.order_by("pk").select_for_update().values_list("pk", "tries"):
        if tries:
            rows.filter(pk=pk).update(tries=bare(tries), last_error="")
    return WebhookEvent.objects.filter(pk__in=keys).update(body="", facts={}, erased_at=timezone.now())


def _cleaned(words: Words) -> int:
    """Take what names them out of every answer: a receiver may repeat anything. Returns rows changed."""
    changed = 0
    for pk, tries in WebhookDelivery.objects.exclude(tries=[]).values_list("pk", "tries").iterator():
        if words and (without := words.without(tries)) != tries:
            changed += WebhookDelivery.objects.filter(pk=pk).update(tries=without)
    return changed
