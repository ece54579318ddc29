"""How a message stands, in one word, for staff."""

from __future__ import annotations

from django.utils.translation import gettext as _

from notifications.models import Message
from notifications.notice import notice_called
from parcelwise.jobs import JobState

#: What each state of the job means for a message, and how good that is.
TONES = {
    JobState.WAITING: "plain",
    JobState.RUNNING: "plain",
    JobState.DONE: "good",
    JobState.DEAD: "bad",
    JobState.CANCELLED: "warn",
}


def standing(message: Message) -> tuple[str, str]:
    """A word and its tone: sent, waiting, being sent, tried in vain, needs attention, not sent."""
    words = {
        JobState.WAITING: _("tried, will be tried again") if message.attempts else _("waiting"),
        JobState.RUNNING: _("being sent"),
        JobState.DONE: _("sent"),
        JobState.DEAD: _("needs attention"),
        JobState.CANCELLED: _("not sent"),
    }
    state = JobState(message.state)
    tone = "warn" if state == JobState.WAITING and message.attempts else TONES[state]
    return words[state], tone


def title_of(notice: str, subject: str = "") -> str:
    """What staff call a message: its subject, or before it has one the title of its notice."""
    from_registry = notice_called(notice)
    return subject or (str(from_registry.title) if from_registry and from_registry.title else notice)
