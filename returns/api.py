"""Returns in the API: a list and one of them, to read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from fulfillment.api.callers import EVERYBODY, theirs
from fulfillment.api.resources.base import ShopResource, numbers
from fulfillment.scopes import CUSTOMER, STAFF, STORE
from parcelwise.api.fields import Moment, Told
from parcelwise.api.filters import choice, identity, moment, words
from parcelwise.api.registry import register
from parcelwise.api.views import Need
from returns.models import ReturnLine, ReturnReason, ReturnRequest, ReturnStatus


@extend_schema_serializer(component_name="ReturnLine")
class ReturnLineTold(Told):
    line = serializers.CharField(source="order_line.external_id")
    title = serializers.CharField(source="order_line.title")
    quantity = serializers.IntegerField()
    reason = serializers.ChoiceField(ReturnReason.choices)
    comment = serializers.CharField(help_text="The customer's own words.")


@extend_schema_serializer(component_name="ReturnForCustomer")
class ReturnForCustomer(Told):
    id = serializers.UUIDField(source="uuid")
    number = serializers.CharField(help_text="RMA number.")
    order = serializers.UUIDField(source="order.uuid")
    order_number = serializers.CharField(source="order.number")
    status = serializers.ChoiceField(ReturnStatus.choices)
    requested_at = Moment()
    decided_at = Moment(allow_null=True)
    received_at = Moment(allow_null=True)
    closed_at = Moment(allow_null=True)
    updated_at = Moment()
    shipment = serializers.UUIDField(source="shipment.uuid", allow_null=True, default=None, help_text="Its way back.")
    lines = ReturnLineTold(many=True, source="lines.all")


@extend_schema_serializer(component_name="ReturnForStore")
class ReturnForStore(ReturnForCustomer):
    store = serializers.UUIDField(source="order.store.uuid")


@extend_schema_serializer(component_name="ReturnForStaff")
class ReturnForStaff(ReturnForStore):
    decided_because = serializers.ListField(
        source="decision.reasons", default=list, child=serializers.CharField(), help_text="Why, in words."
    )


class Returns(ShopResource):
    describes = {"list": "Returns.", "retrieve": "One return."}
    needs = dict.fromkeys(
        ("list", "retrieve"), Need("returns:read", EVERYBODY, "parcelwise_returns.view_returnrequest")
    )
    serializers = {CUSTOMER: ReturnForCustomer, STORE: ReturnForStore, STAFF: ReturnForStaff}
    orderings = {"requested_at": "requested_at", "updated_at": "updated_at"}
    ordering = "-requested_at"
    filters = (
        choice("status", ReturnStatus.values, "status", "Of the return."),
        identity("store", "order__store__uuid", "Id of the store."),
        identity("order", "order__uuid", "Id of the order."),
        words("number", "number", "RMA number; blanks and capitals do not matter.", numbers),
        moment("updated_since", "updated_at__gte", "Changed at that moment or later. Send `as_of` of the last answer."),
        moment("requested_after", "requested_at__gte", "Requested at that moment or later."),
        moment("requested_before", "requested_at__lt", "Requested before that moment."),
    )

    def visible(self) -> QuerySet[Any]:
        rows = ReturnRequest.objects.filter(theirs(self.caller, "order__"))
        rows = rows.select_related("order__store", "shipment", "decision")
        rows = rows.defer("order__raw", "order__store__credentials")
        return rows.prefetch_related(Prefetch("lines", ReturnLine.objects.select_related("order_line").order_by("pk")))


register("returns", Returns)
