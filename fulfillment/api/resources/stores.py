from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from fulfillment.api.callers import SHOP, stores_of
from fulfillment.api.resources.base import ShopResource, reading
from fulfillment.models import Store
from fulfillment.scopes import STAFF, STORE
from parcelwise.api.fields import Moment, Told
from parcelwise.api.registry import register


@extend_schema_serializer(component_name="StoreForStore")
class StoreForStore(Told):
    id = serializers.UUIDField(source="uuid")
    slug = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(help_text="models, import, or a platform: shopify, woocommerce, …")
    currency = serializers.CharField()
    time_zone = serializers.CharField()
    is_active = serializers.BooleanField()


@extend_schema_serializer(component_name="StoreForStaff")
class StoreForStaff(StoreForStore):
    url = serializers.CharField()
    connected_at = Moment(allow_null=True)
    synced_at = Moment(allow_null=True)
    created_at = Moment()


class Stores(ShopResource):
    describes = {"list": "Stores. A key of a store sees its own.", "retrieve": "One store."}
    needs = reading("stores:read", "view_store", SHOP)
    serializers = {STORE: StoreForStore, STAFF: StoreForStaff}
    orderings = {"created_at": "created_at", "name": "name"}
    ordering = "name"

    def visible(self) -> QuerySet[Any]:
        # Credentials are not even read.
        rows: QuerySet[Store] = stores_of(self.caller).defer("credentials", "preferences", "checks")
        return rows


register("stores", Stores)
