"""People, and what rules and models decided about their orders, with the reasons."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from parcelwise.admin.bases import ReadOnlyAdmin
from parcelwise.admin.privacy import PersonActions
from parcelwise.admin.show import as_list, record_link
from parcelwise.models import Contact, Decision


@admin.register(Contact)
class ContactAdmin(PersonActions, ReadOnlyAdmin):
    """Staff put an address right here; people come with their orders and go by erasure."""

    list_display = ("__str__", "email", "phone", "language", "time_zone", "created_at")
    list_filter = ("language",)
    search_fields = ("name", "email", "phone")
    fields = ("name", "email", "phone", "language", "time_zone", "user", "uuid", "created_at")
    readonly_fields = ("user", "uuid", "created_at")
    actions = PersonActions.person_actions
    show_full_result_count = False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_run_permission(request)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("kind", "subject_link", "first_reason", "version", "decided_at")
    list_filter = ("kind", "version", "decided_at")
    search_fields = ("subject", "version")
    search_help_text = _("what it is about (for example order:17), or the version that decided")
    fields = (
        "kind",
        "subject_link",
        "decided_at",
        "reasons_list",
        "outcome_list",
        "inputs_list",
        "version",
        "came_true_list",
        "came_true_at",
    )
    show_full_result_count = False

    @admin.display(description=_("about"), ordering="subject")
    def subject_link(self, decision: Decision) -> SafeString | str:
        return record_link(decision.subject, self.admin_site)

    @admin.display(description=_("reason"))
    def first_reason(self, decision: Decision) -> str:
        return decision.reasons[0] if decision.reasons else "–"

    @admin.display(description=_("reasons"))
    def reasons_list(self, decision: Decision) -> SafeString | str:
        return as_list(decision.reasons)

    @admin.display(description=_("outcome"))
    def outcome_list(self, decision: Decision) -> SafeString | str:
        return as_list(decision.outcome)

    @admin.display(description=_("what it knew"))
    def inputs_list(self, decision: Decision) -> SafeString | str:
        return as_list(decision.inputs)

    @admin.display(description=_("what happened later"))
    def came_true_list(self, decision: Decision) -> SafeString | str:
        return as_list(decision.came_true)
