from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parcelwise.jobs import Job, JobQuerySet, JobState
from parcelwise.models import Contact


class MessageQuerySet(JobQuerySet):
    def revive(self) -> int:
        """Staff want it tried again, also when it is not known how the last handing over ended.

        One that waits for its own next attempt keeps the count: to be pressed in a hurry is no reason for a third mail.
        """
        self.filter(state__in=(JobState.DEAD, JobState.CANCELLED)).update(handovers=0)
        return super().revive()


class Message(Job):
    """One message to one person by one channel. Its key makes it happen once, however often its cause is announced."""

    runner = "notifications.services.deliver.send"
    # One at a time: a worker that dies has at most one message in its hands.
    batch_size = 1

    key = models.CharField(max_length=200, unique=True, help_text=_("notice, its own key and the channel"))
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="messages")
    notice = models.CharField(max_length=80, help_text=_("which notice it is"))
    channel = models.CharField(max_length=20, default="email")
    about = models.CharField(
        max_length=120, blank=True, db_index=True, help_text=_("model label and key of its subject")
    )
    language = models.CharField(max_length=12, blank=True)
    context = models.JSONField(default=dict, help_text=_("the words and figures it was made of"))
    address = models.CharField(max_length=254, blank=True, help_text=_("where it went"))
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    handovers = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text=_("times it was handed over without a clear answer")
    )

    objects = MessageQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Job.Meta):
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.subject or self.notice} → {self.contact}"

    def cancel(self, why: str) -> bool:
        """Stop it for good while it is in this worker's hands; False when it no longer is."""
        return self._settle(
            state=JobState.CANCELLED, finished_at=timezone.now(), last_error=why, last_traceback="", lease_until=None
        )


class Held(models.Model):
    """A notice that was not sent, and why (no address, history, too old): the answer to “why did I get no mail?”."""

    key = models.CharField(max_length=200, unique=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="held_notices")
    notice = models.CharField(max_length=80)
    about = models.CharField(max_length=120, blank=True, db_index=True)
    why = models.CharField(max_length=200)
    held_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-held_at"]
        verbose_name = _("held notice")

    def __str__(self) -> str:
        return f"{self.notice}: {self.why}"
