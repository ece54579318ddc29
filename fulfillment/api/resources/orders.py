from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.callers import orders_of
from fulfillment.api.resources.base import ShopResource, about, numbers, reading, refuse_platforms, writing
from fulfillment.api.resources.shipments import parcels
from fulfillment.api.serializers.orders import (
    OrderForCustomer,
    OrderForStaff,
    OrderForStore,
    OrderStated,
    order_data,
)
from fulfillment.models import Order
from fulfillment.scopes import CUSTOMER, STAFF, STORE
from fulfillment.services.orders import Standing, record_statement
from fulfillment.statuses import OrderStatus, PaymentStatus
from parcelwise.api.filters import choice, day, identity, moment, words
from parcelwise.api.once import once
from parcelwise.api.problems import Invalid, Trouble
from parcelwise.api.registry import register
from parcelwise.api.schema import describe

EXAMPLE = OpenApiExample(
    "An order with one parcel",
    request_only=True,
    value={
        "external_id": "4711",
        "number": "NL-4711",
        "placed_at": "2026-11-20T09:30:00+01:00",
        "currency": "EUR",
        "customer": {"id": "c-17", "name": "Ana Souza", "email": "ana@example.com", "language": "de"},
        "ship_to": {"name": "Ana Souza", "lines": ["Lindwurmstraße 12"], "city": "München", "postcode": "80337",
                    "country": "DE"},
        "lines": [{"id": "1", "title": "Wool socks", "quantity": 2,
                   "unit_price": {"amount": "49.90", "currency": "EUR"}}],
        "total": {"amount": "99.80", "currency": "EUR"},
        "promised_on": "2026-11-27",
        "parcels": [{"id": "p1", "carrier": "ups", "tracking_number": "1Z999AA10123456784"}],
    },
)  # fmt: skip


class Orders(ShopResource):
    describes = {"list": "Orders, without what the caller may not know of.", "retrieve": "One order."}
    needs = {
        **reading("orders:read", "view_order"),
        "create": writing("orders:write", "add_order", frozenset({STORE})),
    }
    serializers = {CUSTOMER: OrderForCustomer, STORE: OrderForStore, STAFF: OrderForStaff}
    expandable = {"shipments": "the parcels, to the customer and back"}
    orderings = {"placed_at": "placed_at", "updated_at": "updated_at"}
    ordering = "-placed_at"
    filters = (
        choice("status", OrderStatus.values, "status", "Of the order."),
        choice("payment_status", PaymentStatus.values, "payment_status", "Of the payment."),
        identity("store", "store__uuid", "Id of the store."),
        words("number", "number", "What people call the order; blanks do not matter.", numbers),
        words("external_id", "external_id", "What the store calls it."),
        moment("updated_since", "updated_at__gte", "Changed at that moment or later. Send `as_of` of the last answer."),
        moment("placed_after", "placed_at__gte", "Placed at that moment or later."),
        moment("placed_before", "placed_at__lt", "Placed before that moment."),
        day("promised_from", "promised_on__gte", "Promised for that day or a later one."),
        day("promised_to", "promised_on__lte", "Promised for that day or an earlier one."),
    )

    def visible(self) -> QuerySet[Any]:
        rows = orders_of(self.caller).defer("raw").select_related("store", "customer__contact")
        rows = rows.prefetch_related("lines")
        if "shipments" in self.expand():
            rows = rows.prefetch_related(Prefetch("shipments", parcels().order_by("pk"), to_attr="parcels"))
        return rows

    @describe(
        request=OrderStated,
        responses={200: OrderForStore, 201: OrderForStore},
        examples=[EXAMPLE],
        description="State an order as it is now: it is created (201), or changed (200) when its `external_id` is "
        "known. The same statement again changes nothing; an older one (by `updated_at`) is refused with 409.",
    )
    @once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        store = self.caller.holder
        refuse_platforms(store)
        said = OrderStated(data=request.data)
        said.is_valid(raise_exception=True)
        stated = order_data(said.validated_data, request.data)
        is_new = not Order.objects.filter(store=store, external_id=stated.external_id).exists()
        if stated.currency and not is_new:
            _refuse_other_currency(store, stated.external_id, stated.currency)
        recorded = record_statement(store, stated, trusted=True)
        if recorded.standing == Standing.OLDER:
            raise Trouble("older", _("A newer statement of this order is known."), status=409)
        self.written = about(recorded.order)
        told = self.get_serializer(self.visible().get(pk=recorded.order.pk)).data
        place = request.build_absolute_uri(f"{request.path}{recorded.order.uuid}/")
        return Response(told, status=201 if is_new else 200, headers={"Location": place})


def _refuse_other_currency(store: Any, external_id: str, currency: str) -> None:
    if Order.objects.filter(~Q(currency=currency), store=store, external_id=external_id).exists():
        raise Invalid({"currency": _("The currency of an order does not change.")})


register("orders", Orders)
