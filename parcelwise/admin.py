"""What staff pages of every app share: read-only lists, dead letters that can be run again, and histories."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise.background import wake
from parcelwise.jobs import JobState


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looking, filtering and searching; nothing is added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JobAdmin(ReadOnlyAdmin):
    """Durable work: what waits, what runs, what needs attention, with a button that runs it again."""

    list_display: ClassVar[Any] = ("state_column", "attempts", "not_before", "last_error")
    list_filter: ClassVar[Any] = ("state",)
    actions: ClassVar[Any] = ("run_again", "call_off")
    show_full_result_count = False

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Running again changes no column by hand, but it acts: it asks for the change permission."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @admin.display(description=_("state"), ordering="state")
    def state_column(self, job: Any) -> Any:
        tone = {JobState.DEAD: "bad", JobState.DONE: "good"}.get(job.state, "plain")
        return format_html('<span class="pw-badge pw-{}">{}</span>', tone, job.get_state_display())

    @admin.action(description=_("Run again"), permissions=["run"])
    def run_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = queryset.revive()
        wake()
        self.message_user(request, ngettext("%d is due now.", "%d are due now.", count) % count)

    @admin.action(description=_("Call off"), permissions=["run"])
    def call_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = queryset.filter(state__in=(JobState.WAITING, JobState.DEAD)).update(state=JobState.CANCELLED)
        self.message_user(request, ngettext("%d is called off.", "%d are called off.", count) % count)


class ReadOnlyInline(admin.TabularInline):
    """Rows that belong to a record, to look at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ChangeInline(ReadOnlyInline):
    """The history of a status, newest first."""

    fields = ("occurred_at", "old", "new", "actor", "why", "recorded_at")
    ordering = ("-occurred_at", "-pk")
    verbose_name_plural = _("history")
