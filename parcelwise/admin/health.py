"""How the system is: open trouble, and whether the workers are alive."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise import background
from parcelwise.admin.bases import ReadOnlyAdmin
from parcelwise.admin.show import badge, preformatted, record_link
from parcelwise.conf import jobs as conf
from parcelwise.models import Heartbeat, Problem


class Solved(admin.SimpleListFilter):
    """Open trouble first: that is what one comes for."""

    title, parameter_name = _("standing"), "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("solved", _("Solved")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        for value, title in ((None, _("Open")), *self.lookup_choices):
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else {}, ["standing"]
                ),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Problem]) -> QuerySet[Problem]:
        if self.value() == "all":
            return queryset
        return queryset.filter(solved_at__isnull=self.value() != "solved")


@admin.register(Problem)
class ProblemAdmin(ReadOnlyAdmin):
    list_display = ("sentence", "kind", "times", "last_seen", "subject_link", "standing")
    list_filter = (Solved, "kind", "last_seen")
    search_fields = ("sentence", "key", "subject")
    search_help_text = _("words of the sentence, or what it is about")
    fields = ("sentence", "standing", "kind", "key", "subject_link", "times", "first_seen", "last_seen", "raw_input")
    actions = ("mark_as_solved",)
    show_full_result_count = False

    @admin.display(description=_("about"), ordering="subject")
    def subject_link(self, problem: Problem) -> SafeString | str:
        return record_link(problem.subject, self.admin_site)

    @admin.display(description=_("standing"), ordering="solved_at")
    def standing(self, problem: Problem) -> SafeString:
        return badge(_("solved"), "good") if problem.solved_at else badge(_("open"), "bad")

    @admin.display(description=_("input as it came"))
    def raw_input(self, problem: Problem) -> SafeString | str:
        return preformatted(problem.raw)

    @admin.action(description=_("Mark as solved"), permissions=["run"])
    def mark_as_solved(self, request: HttpRequest, queryset: QuerySet[Problem]) -> None:
        count = queryset.filter(solved_at=None).update(solved_at=timezone.now())
        self.message_user(request, ngettext("%d is marked as solved.", "%d are marked as solved.", count) % count)


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadOnlyAdmin):
    list_display = ("name", "standing", "beat_at", "pid")
    fields = list_display

    @admin.display(description=_("standing"))
    def standing(self, heartbeat: Heartbeat) -> SafeString:
        now = timezone.now()
        age = timesince(heartbeat.beat_at, now, depth=1)
        silent = (now - heartbeat.beat_at).total_seconds() > conf.STALE
        if not silent:
            return badge(_("alive, last heard %(age)s ago") % {"age": age}, "good")
        # A pulse waits its turn behind work, so only silence of the workers themselves is bad.
        tone = "bad" if heartbeat.name == background.WORKER else "warn"
        return badge(_("silent for %(age)s") % {"age": age}, tone)
