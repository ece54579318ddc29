"""Who the caller is taken for: the first thing to ask with a new key."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.resources.base import ShopApi
from fulfillment.scopes import STORE, Audience
from parcelwise.api.fields import Moment, Told
from parcelwise.api.registry import register
from parcelwise.api.schema import describe


@extend_schema_serializer(component_name="Me", many=False)
class MeTold(Told):
    audience = serializers.ChoiceField(Audience.choices)
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    store = serializers.UUIDField(allow_null=True)
    expires_at = Moment(allow_null=True)


class Me(ShopApi):
    tag = "me"

    @describe(operation_id="me", responses=MeTold, description="Who the caller is, and what the key may do.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        caller = self.caller
        told = {
            "audience": caller.audience,
            "name": caller.key.name if caller.key else caller.name,
            "scopes": sorted(caller.scopes),
            "store": caller.holder.uuid if caller.audience == STORE else None,
            "expires_at": caller.key.expires_at if caller.key else None,
        }
        return Response(MeTold(told).data)


register("me", Me)
