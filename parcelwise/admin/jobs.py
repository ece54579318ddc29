"""Durable work for staff: what waits, what runs, what needs attention, with a button that runs it again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Case, Value, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise.admin.bases import ReadOnlyAdmin
from parcelwise.admin.show import badge, preformatted
from parcelwise.background import wake
from parcelwise.jobs import Job, JobQuerySet, JobState

TONES = {JobState.DEAD: "bad", JobState.DONE: "good", JobState.RUNNING: "warn"}
#: What needs attention first, then what is under way, then what is over.
BY_URGENCY = Case(
    When(state=JobState.DEAD, then=Value(0)),
    When(state=JobState.RUNNING, then=Value(1)),
    When(state=JobState.WAITING, then=Value(2)),
    default=Value(3),
)


class JobAdmin(ReadOnlyAdmin):
    """Base of the page of one kind of job. Subclasses add columns to ``JobAdmin.list_display``."""

    list_display: tuple[Any, ...] = ("state_column", "attempts_column", "next_attempt", "error_column")
    list_filter: ClassVar[tuple[Any, ...]] = ("state",)
    actions: tuple[Any, ...] = ("run_again", "call_off")
    readonly_fields: ClassVar[tuple[Any, ...]] = (
        "state_column",
        "attempts_column",
        "next_attempt",
        "lease_until",
        "created_at",
        "finished_at",
        "last_error",
        "traceback",
    )
    ordering: ClassVar[tuple[Any, ...]] = (BY_URGENCY.asc(), "-not_before", "-pk")
    show_full_result_count = False

    @admin.display(description=_("state"), ordering=BY_URGENCY)
    def state_column(self, job: Job) -> SafeString:
        return badge(job.get_state_display(), TONES.get(JobState(job.state), "plain"))

    @admin.display(description=_("state"), ordering=BY_URGENCY)
    def standing(self, job: Job) -> SafeString:
        """The state in little room: under it which attempt it is, when the next one is, and what went wrong."""
        return self.with_trouble(job, self.state_column(job))

    def with_trouble(self, job: Job, word: SafeString) -> SafeString:
        """``word`` with what staff ask next of a job that did not do at once."""
        more = [self.attempts_column(job) + " " + _("attempts")] if job.attempts > 1 else []
        if job.state == JobState.WAITING and job.not_before > timezone.now():
            more.append(_("next at %s") % self.next_attempt(job))
        if error := self.error_column(job):
            more.append(error)
        under = format_html_join("", '<span class="pw-under">{}</span>', ((text,) for text in more))
        return format_html("{}{}", word, under)

    @admin.display(description=_("attempts"), ordering="attempts")
    def attempts_column(self, job: Job) -> str:
        return _("%(begun)d of %(allowed)d") % {"begun": job.attempts, "allowed": job.attempts_allowed}

    @admin.display(description=_("next attempt"), ordering="not_before")
    def next_attempt(self, job: Job) -> str:
        # Words, not a moment: a moment would stand in its own zone on the page of one job, and none as “None”.
        waits = job.state == JobState.WAITING
        return localize(timezone.localtime(job.not_before)) if waits else "–"

    @admin.display(description=_("last error"), empty_value="–")
    def error_column(self, job: Job) -> str | None:
        return Truncator(job.last_error).chars(120) or None

    @admin.display(description=_("traceback"))
    def traceback(self, job: Job) -> SafeString | str:
        return preformatted(job.last_traceback)

    @admin.action(description=_("Run again"), permissions=["run"])
    def run_again(self, request: HttpRequest, queryset: JobQuerySet) -> None:
        count = queryset.order_by().revive()
        wake()
        self.message_user(request, ngettext("%d is due now.", "%d are due now.", count) % count)

    @admin.action(description=_("Cancel"), permissions=["run"])
    def call_off(self, request: HttpRequest, queryset: JobQuerySet) -> None:
        count = queryset.order_by().cancel()
        self.message_user(request, ngettext("%d is cancelled.", "%d are cancelled.", count) % count)
