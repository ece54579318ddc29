"""What the queue may call. Each takes nothing, may run twice and may never run."""

from __future__ import annotations

from parcelwise import background, changes, keys
from parcelwise.outgoing import acts
from parcelwise.privacy import requests


def run_due_jobs() -> int:
    return background.run_due(progress=background.beat)


def pulse() -> int:
    """Answer the watchdog, then look for work that nobody was woken for."""
    background.beat(background.PULSE)
    background.beat()
    return background.run_due(progress=background.beat)


def announce_pending_changes() -> int:
    return changes.announce_pending()


def forget_exports() -> int:
    return requests.forget_exports()


def forget_webhooks() -> int:
    """Delete old events and their deliveries."""
    return acts.forget_old()


def forget_answers() -> int:
    """Delete old answers to writes of the API."""
    return keys.forget_answers()
