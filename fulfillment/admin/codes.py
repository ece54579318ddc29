"""Codes of carriers that nobody knows: how often they came, in what words, and the form that says what they mean."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fulfillment.admin.badges import status_badge
from fulfillment.admin.filters import LISTS, ByCarrier
from fulfillment.carriers.names import carrier_name
from fulfillment.models import CarrierCode
from fulfillment.services.codes import map_code
from parcelwise.admin import badge, moment, preformatted


class Mapped(admin.SimpleListFilter):
    """Whether staff have said what a code means."""

    title = _("meaning")
    parameter_name = "meaning"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missing", _("still unknown")), ("given", _("given by staff"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = {"missing": Q(status=""), "given": ~Q(status="")}.get(self.value() or "")
        return queryset.filter(wanted) if wanted else queryset


@admin.register(CarrierCode)
class CarrierCodeAdmin(admin.ModelAdmin):
    list_display = ("code_column", "carrier_column", "words", "seen", "meaning_column", "last_seen_column")
    list_display_links = ("code_column",)
    list_filter = (Mapped, ("carrier", ByCarrier))
    search_fields = ("code", "words")
    fields = ("carrier_column", "code", "words", "seen_column", "example", "status", "reason", "mapped_column")
    readonly_fields = ("carrier_column", "code", "words", "seen_column", "example", "mapped_column")

    class Media:
        css = {"all": ("parcelwise/admin.css", *LISTS["all"])}

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"title": _("Carrier codes"), **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CarrierCode, form: Any, change: bool) -> None:
        """Only what was chosen is written: the code goes on being counted while the form is open."""
        map_code(obj, obj.status, obj.reason, actor=request.user.get_username())
        count = obj.events.values("shipment").distinct().count()
        words = ngettext("%d parcel is looked at anew.", "%d parcels are looked at anew.", count)
        messages.info(request, words % count)

    @admin.display(description=_("code"), ordering="code")
    def code_column(self, code: CarrierCode) -> str:
        return "–" if code.code.startswith("words-") else code.code

    @admin.display(description=_("carrier"), ordering="carrier")
    def carrier_column(self, code: CarrierCode) -> str:
        return carrier_name(code.carrier)

    @admin.display(description=_("meaning"), ordering="status")
    def meaning_column(self, code: CarrierCode) -> SafeString:
        if not code.status:
            return badge(_("unknown"), "warn")
        shown = status_badge(code.status, code.get_status_display())
        return format_html("{} {}", shown, code.get_reason_display()) if code.reason else shown

    @admin.display(description=_("last seen"), ordering="last_seen")
    def last_seen_column(self, code: CarrierCode) -> str:
        return moment(code.last_seen)

    @admin.display(description=_("seen"))
    def seen_column(self, code: CarrierCode) -> str:
        words = _("%(count)d times, first %(first)s, last %(last)s")
        return str(words) % {"count": code.seen, "first": moment(code.first_seen), "last": moment(code.last_seen)}

    @admin.display(description=_("latest scan as it came"))
    def example(self, code: CarrierCode) -> SafeString | str:
        event = code.events.order_by("-pk").first()
        return preformatted(str(event.raw)) if event and event.raw else "–"

    @admin.display(description=_("meaning given"))
    def mapped_column(self, code: CarrierCode) -> str:
        return f"{code.mapped_by or '–'}, {moment(code.mapped_at)}" if code.mapped_at else "–"
