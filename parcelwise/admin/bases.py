"""What staff pages of every app share: lists to look at, and histories."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looking, filtering and searching; nothing is added, changed or deleted by hand."""

    class Media:
        css = {"all": ("parcelwise/admin.css",)}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        named = {"title": capfirst(self.opts.verbose_name_plural)}  # not “Select delivery to view”
        return super().changelist_view(request, {**named, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_run_permission(self, request: HttpRequest) -> bool:
        """For actions (``permissions=["run"]``): no column is changed by hand, but it acts, so it asks for "change"."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


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
