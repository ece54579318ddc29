"""What staff do with endpoints and deliveries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from parcelwise.background import wake
from parcelwise.conf import jobs
from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.jobs import JobState
from parcelwise.outgoing.conf import outgoing as conf
from parcelwise.outgoing.delivering import now_or_never
from parcelwise.outgoing.kinds import TEST
from parcelwise.outgoing.making import written
from parcelwise.outgoing.sending import Came
from parcelwise.outgoing.signing import new_secret
from parcelwise.sealed import Secrets


def make_secret(endpoint: WebhookEndpoint, *, at_once: bool = False) -> str:
    """Give it a new secret, and return it: nobody can read it later. The former one is valid for ROTATION_HOURS more.

    ``at_once``: the former one is known to somebody who should not, so it ends now.
    """
    now, secret = timezone.now(), new_secret()
    with transaction.atomic():
        row = WebhookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
        until = (now + timedelta(hours=conf.ROTATION_HOURS)).isoformat()
        former = [] if at_once else row.keys(now)[:1]  # the newest only: who rotates twice means it
        keys = [{"secret": secret, "until": None}, *({"secret": key, "until": until} for key in former)]
        sealed: Any = Secrets(keys=keys)
        endpoint.secrets = row.secrets = sealed
        row.save(update_fields=["secrets"])
    return secret


def send_test(endpoint: WebhookEndpoint) -> tuple[WebhookDelivery, Came]:
    """Send a test event at once, whether the endpoint is switched on or not; it stands in the log like any other."""
    now, name = timezone.now(), uuid.uuid4()
    event = WebhookEvent.objects.create(
        uuid=name, kind=TEST, key=f"test:{name}", state=JobState.DONE, occurred_at=now, finished_at=now
    )
    told = {"endpoint": {"id": str(endpoint.uuid), "name": endpoint.name}, "message": "This is a test."}
    event.body = written(event, 1, told)
    event.save(update_fields=["body"])
    delivery = WebhookDelivery.objects.create(
        event=event, endpoint=endpoint, state=JobState.RUNNING, attempts=1, lease_token=uuid.uuid4(),
        lease_until=now + timedelta(seconds=jobs.LEASE),
    )  # fmt: skip
    return delivery, now_or_never(delivery)


def resend(rows: Any) -> int:
    """Send deliveries again, those that arrived too; one that is under way is left. Returns how many are due."""
    rows = rows.filter(event__erased_at=None).exclude(state=JobState.RUNNING).exclude(event__kind=TEST)
    keys: Iterable[int] = list(rows.order_by().values_list("pk", flat=True))
    due = WebhookDelivery.objects.filter(pk__in=keys).exclude(state=JobState.RUNNING)
    count = due.update(state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None)
    wake()
    return count


def resend_failed(endpoint: WebhookEndpoint, since: datetime) -> int:
    """Send again what failed for good since then. Returns how many are due."""
    dead = WebhookDelivery.objects.filter(endpoint=endpoint, state=JobState.DEAD, event__occurred_at__gte=since)
    return resend(dead)


def forget_old(now: datetime | None = None, *, limit: int = 2000) -> int:
    """Delete events of more than KEEP_DAYS with their deliveries, but for what is being sent. Returns how many."""
    before = (now or timezone.now()) - timedelta(days=conf.KEEP_DAYS)
    gone = 0
    while True:
        old = WebhookEvent.objects.filter(created_at__lt=before)
        old = old.exclude(deliveries__state=JobState.RUNNING).exclude(state=JobState.RUNNING)
        keys = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
        if not keys:
            return gone
        gone += len(keys)
        WebhookEvent.objects.filter(pk__in=keys).delete()
