"""Exceptions: trouble with parcels, for stores and for staff."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from fulfillment.models import ShipmentException
from fulfillment.trouble import Resolution, Severity, TroubleKind
from parcelwise.api.fields import Moment, Said, Text, Told

SEVERITIES = {Severity.LOW: "low", Severity.MEDIUM: "medium", Severity.HIGH: "high"}


@extend_schema_serializer(component_name="ExceptionForStore")
class ExceptionForStore(Told):
    id = serializers.UUIDField(source="uuid")
    kind = serializers.ChoiceField(TroubleKind.choices)
    severity = serializers.SerializerMethodField()
    shipment = serializers.UUIDField(source="shipment.uuid")
    order = serializers.UUIDField(source="shipment.order.uuid")
    order_number = serializers.CharField(source="shipment.order.number")
    carrier = serializers.CharField(source="shipment.carrier")
    tracking_number = serializers.CharField(source="shipment.tracking_number")
    why = serializers.CharField()
    since = Moment(help_text="When the trouble began.")
    opened_at = Moment()
    closed_at = Moment(allow_null=True)
    updated_at = Moment()
    resolution = serializers.ChoiceField(Resolution.choices, allow_blank=True)

    @extend_schema_field({"type": "string", "enum": list(SEVERITIES.values())})
    def get_severity(self, row: ShipmentException) -> str:
        return SEVERITIES[Severity(row.severity)]


@extend_schema_serializer(component_name="Note")
class NoteTold(Told):
    written_at = Moment()
    author = serializers.CharField()
    words = serializers.CharField()


@extend_schema_serializer(component_name="ExceptionForStaff")
class ExceptionForStaff(ExceptionForStore):
    store = serializers.UUIDField(source="shipment.order.store.uuid")
    owner = serializers.SerializerMethodField(help_text="Login of who looks after it.")
    suggestion = serializers.CharField(help_text="What can be done.")
    snoozed_until = Moment(allow_null=True)
    opened_by = serializers.CharField(help_text="Empty: a rule.")
    closed_by = serializers.CharField(help_text="Empty: it closed itself.")
    notes = NoteTold(many=True, source="notes.all")

    @extend_schema_field({"type": "string", "nullable": True})
    def get_owner(self, row: ShipmentException) -> Any:
        return row.owner.get_username() if row.owner else None


@extend_schema_serializer(component_name="Assignment")
class Assignment(Said):
    owner = Text(max_length=150, allow_null=True, help_text="Login of a member of staff; null gives it back.")


@extend_schema_serializer(component_name="NoteStated")
class NoteStated(Said):
    words = Text(max_length=2000)


@extend_schema_serializer(component_name="ResolutionStated")
class ResolutionStated(Said):
    resolution = serializers.ChoiceField([each for each in Resolution.values if each != Resolution.MOVED_ON])
    note = Text(required=False, default="", allow_blank=True, max_length=1900)
