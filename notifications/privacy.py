"""What is held of people who were told something: how each message read, and where it went."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from notifications.models import Held, Message
from parcelwise.jobs import OPEN
from parcelwise.privacy import Holding, People
from parcelwise.privacy.words import GONE

#: References asked for in one query.
BATCH = 500


class Messages(Holding):
    name = "messages"
    title = _("Messages")
    removes = _("addresses, subjects and texts; messages that still wait; notices that were held back")
    keeps = _("which notice went out, by which channel and when")
    personal = (Held, Message)

    def export(self, people: People) -> list[dict[str, Any]]:
        sent = ("notice", "channel", "language", "address", "subject", "text", "created_at", "sent_at")
        held = ("notice", "why", "held_at")
        return [*_theirs(Message, people).values(*sent), *_theirs(Held, people).values(*held)]

    def erase(self, people: People) -> int:
        messages = _theirs(Message, people)
        # The rows go, so that a worker who is sending one has nowhere to write down what it said.
        count: int = messages.filter(state__in=OPEN).delete()[0] + _theirs(Held, people).delete()[0]
        words = people.words
        for message in messages.exclude(text=GONE).order_by("pk"):
            key = f"{GONE} {message.pk}" if words.found_in(message.key) else message.key
            count += Message.objects.filter(pk=message.pk).update(key=key, **_BLANK)
        return count


_BLANK: dict[str, Any] = {
    "context": {}, "address": "", "subject": "", "text": GONE, "html": "", "provider_id": "", "last_error": "",
    "last_traceback": "",
}  # fmt: skip


def _theirs(model: type[Held] | type[Message], people: People) -> QuerySet[Any]:
    """Rows to them, or about a record of theirs."""
    about = Q(contact__in=people)
    records = people.records
    for start in range(0, len(records), BATCH):
        about |= Q(about__in=records[start : start + BATCH])
    return model._base_manager.filter(about)
