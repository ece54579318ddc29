"""Predictions, and the lanes they come from."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.filters import ByCarrier
from fulfillment.admin.story import chance
from fulfillment.models import DelayEpisode, Forecast, LaneStatistics
from parcelwise.admin import ReadOnlyAdmin


@admin.register(Forecast)
class ForecastAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "made_at", "moment", "p10", "p50", "p90", "chance_late", "promised_on", "is_current")
    list_filter = ("is_current", "moment", "version", ("shipment__carrier", ByCarrier))
    list_select_related = ("shipment",)
    search_fields = ("shipment__tracking_number", "shipment__order__number")
    show_full_result_count = False
    ordering = ("-pk",)

    @admin.display(description=_("chance of being late"), ordering="p_late")
    def chance_late(self, forecast: Forecast) -> str:
        return chance(forecast.p_late) or "–"


@admin.register(DelayEpisode)
class DelayEpisodeAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "opened_at", "closed_at", "forecast", "previous")
    list_filter = (("closed_at", admin.EmptyFieldListFilter), ("shipment__carrier", ByCarrier))
    list_select_related = ("shipment", "forecast", "previous")
    search_fields = ("shipment__tracking_number", "shipment__order__number")


@admin.register(LaneStatistics)
class LaneStatisticsAdmin(ReadOnlyAdmin):
    list_display = ("store", "leg", "level", "key", "parcels", "through")
    list_filter = ("store", "leg", "level")
    search_fields = ("key",)
    ordering = ("-parcels",)
