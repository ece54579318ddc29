from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.callers import EVERYBODY
from fulfillment.api.resources.base import ShopApi
from fulfillment.carriers.names import carrier_name
from fulfillment.carriers.recognise import CHECKED, SHAPE, recognise
from parcelwise.api.fields import Told
from parcelwise.api.filters import bad
from parcelwise.api.registry import register
from parcelwise.api.schema import describe
from parcelwise.api.views import Need

LONGEST = 80


@extend_schema_serializer(component_name="Candidate")
class CandidateTold(Told):
    carrier = serializers.CharField()
    carrier_name = serializers.CharField()
    service = serializers.CharField()
    confidence = serializers.ChoiceField([CHECKED, SHAPE], help_text="checked: the check digit is right.")
    evidence = serializers.FloatField(help_text="3: one in a thousand numbers of its length fits by chance.")
    why = serializers.CharField()


@extend_schema_serializer(component_name="Recognised")
class RecognisedTold(Told):
    number = serializers.CharField()
    candidates = CandidateTold(many=True, help_text="The likeliest first; empty when no format fits.")


class Carriers(ShopApi):
    tag = "carriers"
    # No permission: it reads a number and no row.
    needs = {"recognise": Need("carriers:read", EVERYBODY)}
    parameters = ("number", "origin", "destination")

    @describe(
        operation_id="carriers_recognise",
        responses=RecognisedTold,
        parameters=[
            OpenApiParameter("number", str, required=True, description="A tracking number."),
            OpenApiParameter("origin", str, description="ISO 3166-1 alpha-2 of where it comes from."),
            OpenApiParameter("destination", str, description="ISO 3166-1 alpha-2 of where it goes."),
        ],
        description="The carriers that a tracking number may belong to. It is read here; nobody is asked.",
    )
    @action(detail=False, methods=["get"])
    def recognise(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        number = request.query_params.get("number", "").strip()
        if not number or len(number) > LONGEST:
            raise bad("number", _("Give a tracking number of at most %(most)d letters.") % {"most": LONGEST})
        way = {name: _country(request, name) for name in ("origin", "destination")}
        found = [
            {**{name: getattr(each, name) for name in ("carrier", "service", "confidence", "evidence", "why")},
             "carrier_name": carrier_name(each.carrier)}
            for each in recognise(number, **way)
        ]  # fmt: skip
        return Response(RecognisedTold({"number": number, "candidates": found}).data)


def _country(request: Request, name: str) -> str:
    text = request.query_params.get(name, "")
    if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise bad(name, _("Write a country with two letters."))
    return text.upper()


register("carriers", Carriers)
