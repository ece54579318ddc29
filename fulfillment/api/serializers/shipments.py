"""Parcels, for each audience, and as somebody adds one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from fulfillment.api.serializers.common import AddressTold, is_told
from fulfillment.api.serializers.events import EventForCustomer, EventForStaff, EventForStore
from fulfillment.carriers.names import carrier_name
from fulfillment.models import Forecast, Shipment
from fulfillment.services.forecasts import NOT_AWAITED
from fulfillment.services.forecasts import window as days_of
from fulfillment.statuses import Culprit, Direction, Reason, ShipmentStatus
from parcelwise.api.fields import Moment, Said, Text, Told


@extend_schema_serializer(component_name="ForecastForCustomer")
class ForecastForCustomer(Told):
    """Eight of ten such parcels arrive from `earliest_on` to `latest_on`, half of them by `likely_on`."""

    earliest_on = serializers.DateField(source="days.first")
    likely_on = serializers.DateField(source="days.likely")
    latest_on = serializers.DateField(source="days.last")
    promised_on = serializers.DateField(allow_null=True)
    made_at = Moment()


@extend_schema_serializer(component_name="ForecastForStore")
class ForecastForStore(ForecastForCustomer):
    p10 = Moment(help_text="One in ten such parcels arrives before.")
    p50 = Moment()
    p90 = Moment()
    late_probability = serializers.FloatField(source="p_late", allow_null=True, help_text="From 0 to 1.")
    known = serializers.CharField(source="moment", help_text="What it rests on: purchase, handover or scan.")
    model_version = serializers.CharField(source="version")


@extend_schema_serializer(component_name="Content")
class ContentTold(Told):
    line = serializers.CharField(source="order_line.external_id")
    title = serializers.CharField(source="order_line.title")
    sku = serializers.CharField(source="order_line.sku")
    quantity = serializers.IntegerField()


@extend_schema_serializer(component_name="Leg")
class LegTold(Told):
    """Another number of the same parcel: of the carrier before or after a hand-over."""

    carrier = serializers.CharField()
    tracking_number = serializers.CharField(source="number")
    role = serializers.CharField()
    since = Moment(allow_null=True)


class _Parcel(Told):
    """What everybody sees. A subclass says by which serializers forecast and scans are told."""

    forecast_by: type[Told] = ForecastForCustomer
    events_by: type[Told] = EventForCustomer

    id = serializers.UUIDField(source="uuid")
    order = serializers.UUIDField(source="order.uuid")
    order_number = serializers.CharField(source="order.number")
    direction = serializers.ChoiceField(Direction.choices)
    carrier = serializers.CharField(help_text="ups, fedex, dhl, …; empty when it is not known.")
    carrier_name = serializers.SerializerMethodField()
    service = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.CharField()
    status = serializers.ChoiceField(ShipmentStatus.choices)
    reason = serializers.ChoiceField(Reason.choices, allow_blank=True)
    handed_over_at = Moment(allow_null=True)
    delivered_at = Moment(allow_null=True)
    delivered_on = serializers.DateField(allow_null=True, help_text="In the store's zone.")
    promised_on = serializers.DateField(allow_null=True)
    carrier_estimate = serializers.DateField(allow_null=True, help_text="The carrier's own.")
    last_event_at = Moment(allow_null=True)
    created_at = Moment()
    updated_at = Moment()
    contents = ContentTold(source="lines.all", many=True)
    legs = LegTold(source="numbers.all", many=True)

    @extend_schema_field(str)
    def get_carrier_name(self, shipment: Shipment) -> str:
        return carrier_name(shipment.carrier) if shipment.carrier else ""

    def to_representation(self, shipment: Shipment) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(shipment)
        if not is_told(self, "events"):
            told.pop("events")
        return told

    def get_forecast(self, shipment: Shipment) -> Any:
        forecast = current_forecast(shipment)
        return self.forecast_by(forecast).data if forecast else None

    def get_events(self, shipment: Shipment) -> Any:
        if not is_told(self, "events"):
            return []
        for event in shipment.scans:  # type: ignore[attr-defined]
            event.shipment = shipment
        return self.events_by(shipment.scans, many=True).data  # type: ignore[attr-defined]


_EVENTS = "With `expand=events`: newest first."


@extend_schema_serializer(component_name="ShipmentForCustomer")
class ShipmentForCustomer(_Parcel):
    forecast = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField(help_text=_EVENTS, required=False)

    @extend_schema_field(ForecastForCustomer(allow_null=True))
    def get_forecast(self, shipment: Shipment) -> Any:
        return super().get_forecast(shipment)

    @extend_schema_field(EventForCustomer(many=True))
    def get_events(self, shipment: Shipment) -> Any:
        return super().get_events(shipment)


@extend_schema_serializer(component_name="ShipmentForStore")
class ShipmentForStore(_Parcel):
    forecast_by, events_by = ForecastForStore, EventForStore

    external_id = serializers.CharField(help_text="What the store calls it.")
    culprit = serializers.ChoiceField(Culprit.choices, allow_blank=True)
    first_attempt_at = Moment(allow_null=True)
    origin = AddressTold(source="origin_address")
    destination = AddressTold(source="destination_address")
    forecast = serializers.SerializerMethodField()
    events = serializers.SerializerMethodField(help_text=_EVENTS, required=False)

    @extend_schema_field(ForecastForStore(allow_null=True))
    def get_forecast(self, shipment: Shipment) -> Any:
        return super().get_forecast(shipment)

    @extend_schema_field(EventForStore(many=True))
    def get_events(self, shipment: Shipment) -> Any:
        return super().get_events(shipment)


@extend_schema_serializer(component_name="ShipmentForStaff")
class ShipmentForStaff(ShipmentForStore):
    events_by = EventForStaff

    store = serializers.UUIDField(source="order.store.uuid")
    last_asked_at = Moment(source="poll.last_asked_at", allow_null=True, default=None)
    next_ask_at = Moment(source="poll.not_before", allow_null=True, default=None)
    events = serializers.SerializerMethodField(help_text=_EVENTS, required=False)

    @extend_schema_field(EventForStaff(many=True))
    def get_events(self, shipment: Shipment) -> Any:
        return super().get_events(shipment)


@extend_schema_serializer(component_name="ParcelStated")
class ParcelStated(Said):
    order = serializers.UUIDField(help_text="The order's id.")
    tracking_number = Text(max_length=80)
    carrier = serializers.SlugField(
        max_length=50, required=False, default="", allow_blank=True,
        help_text="Left out, it is read from the number, where only one fits; else the answer names the candidates.",
    )  # fmt: skip
    contents = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=1_000_000), required=False, default=None,
        help_text="Pieces by the line's id; left out, all that is in no parcel yet.",
    )  # fmt: skip

    def validate_contents(self, contents: dict[str, int] | None) -> dict[str, int] | None:
        if contents is not None and not 1 <= len(contents) <= 1000:
            raise serializers.ValidationError("From 1 to 1000 lines.")
        return contents


def current_forecast(shipment: Shipment) -> Forecast | None:
    """What is known now of a parcel's arrival, with its ``days``; None for one that nobody awaits."""
    if shipment.status in NOT_AWAITED or shipment.direction != Direction.OUT:
        return None
    found: list[Forecast] = shipment.current_forecast  # type: ignore[attr-defined]
    if not found:
        return None
    found[0].days = days_of(found[0], shipment.order.store)  # type: ignore[attr-defined]
    return found[0]
