"""Return labels: what waits to be drawn, what could not be, and the drawn PDF."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise.admin import JobAdmin, ReadOnlyInline
from returns.models import ReturnLabel
from returns.services import labels

FIELDS = ("request", "size", "state", "attempts", "engine", "made_at", "sha256", "last_error", "download")


def download_link(label: ReturnLabel) -> Any:
    """A link to the PDF, or that it is still to come."""
    if label.made_at is None:
        return _("not drawn yet")
    url = reverse("admin:parcelwise_returns_returnrequest_label", args=[label.request_id, label.size])
    return format_html('<a href="{}">{}</a>', url, _("Download"))


@admin.register(ReturnLabel)
class ReturnLabelAdmin(JobAdmin):
    list_display = ("request", "size", "state_column", "engine", "made_at", "last_error", "download")
    list_filter = ("state", "size", "engine")
    list_select_related = ("request",)
    search_fields = ("request__number", "request__order__number")
    search_help_text = _("return or order number")
    actions = ("run_again", "call_off", "draw_again")
    fields = readonly_fields = FIELDS

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLabel]:
        found: QuerySet[ReturnLabel] = super().get_queryset(request)
        return found.defer("pdf")

    @admin.display(description=_("PDF"))
    def download(self, label: ReturnLabel) -> Any:
        return download_link(label)

    @admin.action(description=_("Draw again (an address or a font was put right)"), permissions=["run"])
    def draw_again(self, request: HttpRequest, queryset: QuerySet[ReturnLabel]) -> None:
        count = sum(labels.draw_again(label) for label in queryset.select_related("request"))
        self.message_user(request, ngettext("%d is drawn again.", "%d are drawn again.", count) % count)


class LabelInline(ReadOnlyInline):
    model = ReturnLabel
    fields = readonly_fields = ("size", "state", "engine", "made_at", "last_error", "download")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLabel]:
        found: QuerySet[ReturnLabel] = super().get_queryset(request)
        return found.defer("pdf")

    @admin.display(description=_("PDF"))
    def download(self, label: ReturnLabel) -> Any:
        return download_link(label)
