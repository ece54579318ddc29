"""Messages for staff: what went to whom and how it read, what was held back and why."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from notifications.models import Held, Message
from notifications.notice import declared
from notifications.services.deliver import preview
from notifications.standing import standing, title_of
from parcelwise.admin import JobAdmin, ReadOnlyAdmin, badge
from parcelwise.errors import GiveUp

STYLE = {"all": ("parcelwise/notifications/admin.css",)}
#: The styles of the mail stay; it can run nothing and fetch nothing.
HTML_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


class OfNotice(admin.SimpleListFilter):
    """Notices by what staff call them."""

    title, parameter_name = _("notice"), "notice"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(((kind.name, str(kind.title or kind.name)) for kind in declared()), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(notice=self.value()) if self.value() else queryset


@admin.register(Message)
class MessageAdmin(JobAdmin):
    list_display = ("title_column", "contact", "to", "standing_column", "sent_at")
    list_filter = ("state", OfNotice, "channel", "language", "created_at")
    list_select_related = ("contact",)
    list_per_page = 50
    search_fields = ("address", "contact__email", "contact__name", "key", "subject", "provider_id")
    search_help_text = _("e-mail, name, subject, key or Message-ID")
    fieldsets = (
        (None, {"fields": ("standing_column", "last_error", "contact", "to", "sent_at")}),
        (_("Preview"), {"fields": ("subject_preview", "html_preview", "text_preview")}),
        (
            _("How it came about"),
            {
                "classes": ("collapse",),
                "fields": (
                    "notice",
                    "about",
                    "key",
                    "channel",
                    "language",
                    "provider_id",
                    "created_at",
                    "attempts",
                    "handovers",
                    "not_before",
                    "context",
                    "last_traceback",
                ),
            },
        ),
    )

    class Media:
        css = STYLE

    @admin.display(description=_("message"), ordering="notice")
    def title_column(self, message: Message) -> str:
        return title_of(message.notice, message.subject)

    @admin.display(description=_("to"), ordering="contact__email")
    def to(self, message: Message) -> str:
        return message.address or message.contact.email

    @admin.display(description=_("state"), ordering="state")
    def standing_column(self, message: Message) -> SafeString:
        word, tone = standing(message)
        return badge(word, tone)

    @admin.display(description=_("subject"))
    def subject_preview(self, message: Message) -> str:
        return self._part(message, "subject")

    @admin.display(description=_("plain text"))
    def text_preview(self, message: Message) -> SafeString:
        return format_html('<pre class="pw-text">{}</pre>', self._part(message, "text"))

    @admin.display(description=_("HTML"))
    def html_preview(self, message: Message) -> SafeString | str:
        if not self._part(message, "html"):
            return ""
        return format_html(
            '<iframe class="pw-mail" sandbox="" title="{}" src="{}"></iframe><a href="{}" target="_blank">{}</a>',
            _("The mail"),
            url := reverse("admin:parcelwise_notifications_message_html", args=[message.pk]),
            url,
            _("Open on a page of its own"),
        )

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.html_view)
        return [path("<int:pk>/html/", view, name="parcelwise_notifications_message_html"), *super().get_urls()]

    def html_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The HTML alone, under :data:`HTML_POLICY`."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        message = get_object_or_404(self.get_queryset(request).select_related("contact"), pk=pk)
        response = HttpResponse(self._part(message, "html"))
        response["Content-Security-Policy"] = HTML_POLICY
        response["X-Frame-Options"] = "SAMEORIGIN"
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "private, no-store"
        return response

    def _part(self, message: Message, name: str) -> str:
        try:
            return str(getattr(preview(message), name))
        except GiveUp as error:
            return str(error) if name == "text" else ""


@admin.register(Held)
class HeldAdmin(ReadOnlyAdmin):
    list_display = ("title_column", "contact", "why", "held_at")
    list_filter = (OfNotice, "held_at")
    list_select_related = ("contact",)
    list_per_page = 50
    search_fields = ("contact__email", "contact__name", "key", "why")
    search_help_text = _("e-mail, name, key or reason")
    show_full_result_count = False

    class Media:
        css = STYLE

    @admin.display(description=_("notice"), ordering="notice")
    def title_column(self, held: Held) -> str:
        return title_of(held.notice)
