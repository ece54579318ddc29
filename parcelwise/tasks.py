"""What the queue may call. Each takes nothing, may run twice and may never run."""

from __future__ import annotations

import os

from django.utils import timezone

from parcelwise import background, changes
from parcelwise.models import Heartbeat


def run_due_jobs() -> int:
    return background.run_due()


def pulse() -> int:
    """Answer the watchdog, then look for work that nobody was woken for."""
    Heartbeat.objects.update_or_create(name="worker", defaults={"beat_at": timezone.now(), "pid": os.getpid()})
    return background.run_due()


def announce_pending_changes() -> int:
    return changes.announce_pending()
