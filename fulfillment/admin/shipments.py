"""Parcels and their scans."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fulfillment.admin.badges import status_badge
from fulfillment.admin.filters import ByCarrier, Counted, Promise, orders_called
from fulfillment.admin.legs import ShipmentNumberInline
from fulfillment.admin.related import RelatesParcels
from fulfillment.admin.story import relations
from fulfillment.admin.to_courier import GivesToCourier
from fulfillment.carriers.links import web_address
from fulfillment.models import Shipment, ShipmentChange, ShipmentLine, TrackingEvent
from fulfillment.services import exceptions, inference, telling_stores
from parcelwise.admin import ChangeInline, ReadOnlyAdmin, ReadOnlyInline
from parcelwise.errors import GiveUp


class ShipmentLineInline(ReadOnlyInline):
    model = ShipmentLine
    fields = ("order_line", "quantity")
    verbose_name_plural = _("contents")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        found: QuerySet[ShipmentLine] = super().get_queryset(request)
        return found.select_related("order_line")


class TrackingEventInline(ReadOnlyInline):
    model = TrackingEvent
    fields = ("occurred_at", "status", "reason", "description", "code", "location", "local_time", "zone", "source")
    ordering = ("-occurred_at", "-pk")


class ShipmentChangeInline(ChangeInline):
    model = ShipmentChange


@admin.register(Shipment)
class ShipmentAdmin(RelatesParcels, GivesToCourier, ReadOnlyAdmin):
    list_display = (
        "tracking",
        "order_link",
        "carrier",
        "service",
        "status_column",
        "culprit",
        "promised_on",
        "handed_over_at",
        "delivered_at",
    )
    list_filter = (
        Promise,
        Counted,
        "status",
        ("carrier", ByCarrier),
        "culprit",
        "reason",
        "direction",
        "order__store",
        "created_at",
    )
    list_select_related = ("order",)
    search_fields = ("tracking_number", "numbers__number", "order__number", "order__customer__contact__email")
    search_help_text = _("tracking number, order number or e-mail")
    inlines = (ShipmentLineInline, ShipmentNumberInline, TrackingEventInline, ShipmentChangeInline)
    fields = readonly_fields = (
        "order_link",
        "status_column",
        "direction",
        "carrier_told",
        "service",
        "tracking_number",
        "tracking_page",
        "siblings",
        "reason",
        "culprit",
        "promised_on",
        "carrier_estimate",
        "handed_over_at",
        "first_attempt_at",
        "delivered_at",
        "last_event_at",
        "origin",
        "destination",
        "external_id",
        "created_at",
    )
    show_full_result_count = False
    ordering = ("-pk",)

    actions = ("to_courier", "take_back", "dispute")

    class Media:
        css = {"all": ("parcelwise/fulfillment/admin.css",)}

    def has_take_back_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("parcelwise_fulfillment.add_shipment"))

    @admin.action(description=_("Take back parcels that were added here"), permissions=["take_back"])
    def take_back(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
        done = 0
        for shipment in queryset:
            if why := telling_stores.take_back(shipment):
                self.message_user(request, f"{shipment}: {why}", messages.WARNING)
                continue
            self.log_change(request, shipment.order, [{"deleted": {"name": "parcel", "object": str(shipment)}}])
            done += 1
        if done:
            text = ngettext("%d parcel is taken back.", "%d parcels are taken back.", done)
            self.message_user(request, text % done, messages.SUCCESS)

    def has_dispute_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("parcelwise_fulfillment.add_shipmentexception"))

    @admin.action(description=_("Customer says it did not arrive"), permissions=["dispute"])
    def dispute(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
        done = 0
        for shipment in queryset.select_related("order__store"):
            try:
                exceptions.dispute(shipment, request.user.get_username())
            except GiveUp as refusal:
                self.message_user(request, f"{shipment}: {refusal}", messages.WARNING)
                continue
            done += 1
        if done:
            text = ngettext("%d parcel is disputed.", "%d parcels are disputed.", done)
            self.message_user(request, text % done, messages.SUCCESS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        joined = search_term.replace(" ", "") if any(char.isdigit() for char in search_term) else search_term
        if exact := orders_called(search_term.strip(), joined):
            return queryset.filter(order__in=exact), False
        return super().get_search_results(request, queryset, joined)

    @admin.display(description=_("tracking number"), ordering="tracking_number")
    def tracking(self, shipment: Shipment) -> str:
        return shipment.tracking_number or "–"

    @admin.display(description=_("order"), ordering="order__number")
    def order_link(self, shipment: Shipment) -> Any:
        url = reverse("admin:parcelwise_fulfillment_order_change", args=[shipment.order_id])
        return format_html('<a href="{}">{}</a>', url, shipment.order.number)

    @admin.display(description=_("carrier"))
    def carrier_told(self, shipment: Shipment) -> str:
        why = inference.inferred_from(shipment)
        return f"{shipment.carrier} – {why}" if why else shipment.carrier or "–"

    @admin.display(description=_("tracking page"))
    def tracking_page(self, shipment: Shipment) -> Any:
        url = web_address(shipment.tracking_url)
        return format_html('<a href="{}" rel="noopener noreferrer external">{}</a>', url, url) if url else "–"

    @admin.display(description=_("numbers and siblings"))
    def siblings(self, shipment: Shipment) -> Any:
        url = reverse("admin:parcelwise_fulfillment_shipment_related", args=[shipment.pk])
        return format_html('{} <a href="{}">{}</a>', "; ".join(relations(shipment)), url, _("Change"))

    @admin.display(description=_("status"), ordering="status")
    def status_column(self, shipment: Shipment) -> Any:
        return status_badge(shipment.status, shipment.get_status_display())


@admin.register(TrackingEvent)
class TrackingEventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "shipment", "status", "code", "description", "location", "source")
    list_filter = ("status", "source", "zone", ("shipment__carrier", ByCarrier))
    list_select_related = ("shipment",)
    search_fields = ("shipment__tracking_number", "shipment__order__number", "description", "code")
    show_full_result_count = False
    ordering = ("-pk",)
