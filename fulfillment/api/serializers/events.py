"""Scans of parcels, for each audience, and as a store states them."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from fulfillment.facts import Scan
from fulfillment.models import TrackingEvent
from fulfillment.statuses import Reason, ShipmentStatus
from parcelwise.api.fields import Moment, Said, Text, Told
from parcelwise.clock import day_of

#: ``precision`` of a moment: what is known of it.
EXACT, ROUGH, DAY = "exact", "rough", "day"
#: Scans that one request may state.
MOST = 100


@extend_schema_serializer(component_name="EventForCustomer")
class EventForCustomer(Told):
    occurred_at = serializers.SerializerMethodField(help_text="Null where only the day is known.")
    occurred_on = serializers.SerializerMethodField(help_text="The day, in the zone of the place or of the store.")
    precision = serializers.SerializerMethodField(
        help_text="exact: the moment is known; rough: it may be off by `uncertain_minutes`; day: only the day is."
    )
    uncertain_minutes = serializers.IntegerField()
    local_time = serializers.CharField(help_text="The time as the carrier wrote it.")
    status = serializers.ChoiceField(ShipmentStatus.choices)
    reason = serializers.ChoiceField(Reason.choices, allow_blank=True)
    description = serializers.CharField(help_text="The carrier's own words.")
    location = serializers.CharField()

    @extend_schema_field({"type": "string", "format": "date-time", "nullable": True})
    def get_occurred_at(self, event: TrackingEvent) -> Any:
        return None if event.zone == "date" else Moment().to_representation(event.occurred_at)

    @extend_schema_field({"type": "string", "format": "date"})
    def get_occurred_on(self, event: TrackingEvent) -> str:
        written = _written_day(event.local_time)
        if written:
            return written
        zone = ZoneInfo(event.time_zone) if event.time_zone else event.shipment.order.store.zone
        return day_of(event.occurred_at, zone).isoformat()

    @extend_schema_field({"type": "string", "enum": [EXACT, ROUGH, DAY]})
    def get_precision(self, event: TrackingEvent) -> str:
        if event.zone == "date":
            return DAY
        return ROUGH if event.uncertain_minutes or event.zone == "assumed" else EXACT


@extend_schema_serializer(component_name="EventForStore")
class EventForStore(EventForCustomer):
    code = serializers.CharField(help_text="The carrier's own code.")
    source = serializers.CharField(help_text="carrier, store, import, gps or staff.")
    recorded_at = Moment(help_text="When it became known here.")


@extend_schema_serializer(component_name="EventForStaff")
class EventForStaff(EventForStore):
    zone = serializers.CharField(help_text="given, inferred, assumed or date: how the offset became known.")
    time_zone = serializers.CharField(help_text="The zone that was inferred.")
    raw = serializers.JSONField(help_text="What the carrier sent, as it came.")


@extend_schema_serializer(component_name="EventStated")
class EventStated(Said):
    occurred_at = Moment(help_text="RFC 3339 with a zone.")
    status = serializers.ChoiceField([each for each in ShipmentStatus.values if each != ShipmentStatus.CANCELLED])
    description = Text(required=False, default="", allow_blank=True, max_length=500)
    code = Text(required=False, default="", allow_blank=True, max_length=40)
    reason = serializers.ChoiceField(Reason.values, required=False, default="", allow_blank=True)
    location = Text(required=False, default="", allow_blank=True, max_length=200)

    def validate_code(self, code: str) -> str:
        if code.startswith("store-event:"):
            raise serializers.ValidationError(_("Codes that begin like this are our own."))
        return code


@extend_schema_serializer(component_name="EventsStated")
class EventsStated(Said):
    events = EventStated(many=True, min_length=1, max_length=MOST)


@extend_schema_serializer(component_name="EventsTaken")
class EventsTaken(Told):
    recorded = serializers.IntegerField(help_text="Scans that were new.")
    known = serializers.IntegerField(help_text="Scans that were here already, or that stood twice in the request.")
    refused = serializers.IntegerField(help_text="Scans that cannot be of this parcel; staff see why.")
    status = serializers.ChoiceField(ShipmentStatus.choices, help_text="Of the parcel, with all its scans.")


def scan_of(stated: dict[str, Any]) -> Scan:
    """The fact that a store states."""
    raw = {**stated, "occurred_at": stated["occurred_at"].isoformat()}
    return Scan(raw=raw, **stated)


def _written_day(text: str) -> str:
    try:
        found = parse_datetime(text.strip())
    except ValueError:
        return ""
    return found.date().isoformat() if found else ""
