"""Further numbers of parcels, and parcels that hold several orders."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from fulfillment.carriers.names import carrier_name
from fulfillment.models import Consignment, Shipment, ShipmentNumber
from parcelwise.admin import ReadOnlyAdmin, ReadOnlyInline


class ShipmentNumberInline(ReadOnlyInline):
    model = ShipmentNumber
    fields = readonly_fields = (
        "carrier", "number", "role", "since", "source", "is_inferred", "is_followed", "asked_at", "heard_at",
    )  # fmt: skip


@admin.register(ShipmentNumber)
class ShipmentNumberAdmin(ReadOnlyAdmin):
    list_display = ("number", "carrier_told", "role", "parcel", "source", "is_inferred", "is_followed", "heard_at")
    list_filter = ("role", "carrier", "source", "is_inferred", "is_followed")
    list_select_related = ("shipment",)
    search_fields = ("number", "shipment__tracking_number", "shipment__order__number")
    search_help_text = _("either number of the parcel, or the order's")
    show_full_result_count = False
    ordering = ("-pk",)

    @admin.display(description=_("carrier"), ordering="carrier")
    def carrier_told(self, further: ShipmentNumber) -> str:
        return carrier_name(further.carrier) or "–"

    @admin.display(description=_("parcel"))
    def parcel(self, further: ShipmentNumber) -> Any:
        url = reverse("admin:parcelwise_fulfillment_shipment_change", args=[further.shipment_id])
        return format_html('<a href="{}">{}</a>', url, further.shipment)


@admin.register(Consignment)
class ConsignmentAdmin(ReadOnlyAdmin):
    list_display = ("pk", "number", "orders", "store", "joined_by", "created_at")
    list_filter = ("store",)
    list_select_related = ("store",)
    search_fields = ("shipments__tracking_number", "shipments__order__number")
    show_full_result_count = False
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Consignment]:
        found: QuerySet[Consignment] = super().get_queryset(request)
        return found.prefetch_related("shipments__order")

    @admin.display(description=_("tracking number"))
    def number(self, consignment: Consignment) -> str:
        return next((str(each) for each in consignment.shipments.all()), "–")

    @admin.display(description=_("orders"))
    def orders(self, consignment: Consignment) -> Any:
        return format_html_join(", ", '<a href="{}">{}</a>', map(_order, consignment.shipments.all())) or "–"


def _order(shipment: Shipment) -> tuple[str, str]:
    url = reverse("admin:parcelwise_fulfillment_order_change", args=[shipment.order_id])
    return url, shipment.order.number
