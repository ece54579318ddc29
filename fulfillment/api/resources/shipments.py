from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.callers import orders_of, theirs
from fulfillment.api.resources.base import ShopResource, about, numbers, reading, writing
from fulfillment.api.serializers.shipments import (
    ForecastForCustomer,
    ForecastForStore,
    ParcelStated,
    ShipmentForCustomer,
    ShipmentForStaff,
    ShipmentForStore,
    current_forecast,
)
from fulfillment.carriers.recognise import PROOF, recognise, sole
from fulfillment.models import CarrierAccount, Forecast, Order, Shipment, ShipmentLine, TrackingEvent
from fulfillment.scopes import CUSTOMER, STAFF, STORE
from fulfillment.services import telling_stores
from fulfillment.statuses import Direction, OrderStatus, ShipmentStatus
from parcelwise.api.filters import choice, day, identity, moment, words
from parcelwise.api.once import once
from parcelwise.api.problems import Invalid, Trouble
from parcelwise.api.registry import register
from parcelwise.api.schema import BY_AUDIENCE, describe
from parcelwise.api.views import with_etag

#: What is told of an arrival, by who asks.
FORECAST = PolymorphicProxySerializer(
    component_name=f"Forecast{BY_AUDIENCE}",
    serializers=[ForecastForCustomer, ForecastForStore],
    resource_type_field_name=None,
)


def parcels(*, scans: bool = False) -> QuerySet[Shipment]:
    """Parcels with all that an answer says of them, in a fixed number of queries."""
    rows: QuerySet[Shipment] = Shipment.objects.select_related("order__store", "poll").defer(
        "order__raw", "order__store__credentials"
    )
    rows = rows.prefetch_related(
        Prefetch("lines", ShipmentLine.objects.select_related("order_line").order_by("order_line__position", "pk")),
        Prefetch("forecasts", Forecast.objects.filter(is_current=True).order_by("pk"), to_attr="current_forecast"),
        "numbers",
    )
    if scans:
        rows = rows.prefetch_related(
            Prefetch("events", TrackingEvent.objects.order_by("-occurred_at", "-pk"), to_attr="scans")
        )
    return rows


class Shipments(ShopResource):
    describes = {"list": "Parcels, to customers and back.", "retrieve": "One parcel."}
    needs = {
        **reading("shipments:read", "view_shipment"),
        "forecast": reading("shipments:read", "view_shipment")["retrieve"],
        "create": writing("shipments:write", "add_shipment"),
    }
    serializers = {CUSTOMER: ShipmentForCustomer, STORE: ShipmentForStore, STAFF: ShipmentForStaff}
    expandable = {"events": "the scans, newest first"}
    orderings = {"created_at": "created_at", "updated_at": "updated_at"}
    ordering = "-created_at"
    filters = (
        choice("status", ShipmentStatus.values, "status", "Of the parcel."),
        choice("direction", Direction.values, "direction", "To the customer, or back."),
        words("carrier", "carrier", "ups, fedex, dhl, …", lambda text: text.strip().lower().split(",")),
        identity("store", "order__store__uuid", "Id of the store."),
        identity("order", "order__uuid", "Id of the order."),
        words("number", "tracking_number", "Tracking number; blanks and capitals do not matter.", numbers),
        words("order_number", "order__number", "What people call the order.", numbers),
        moment("updated_since", "updated_at__gte", "Changed at that moment or later. Send `as_of` of the last answer."),
        day("promised_from", "promised_on__gte", "Promised for that day or a later one."),
        day("promised_to", "promised_on__lte", "Promised for that day or an earlier one."),
        day("delivered_from", "delivered_on__gte", "Delivered on that day or a later one."),
        day("delivered_to", "delivered_on__lte", "Delivered on that day or an earlier one."),
    )

    def visible(self) -> QuerySet[Any]:
        return parcels(scans="events" in self.expand()).filter(theirs(self.caller, "order__"))

    @describe(
        responses={200: FORECAST},
        description="When the parcel will arrive, as known now, and by which model. Customers get the days alone. 404 "
        "when nothing can be said, or nobody awaits the parcel any more.",
    )
    @action(detail=True, methods=["get"])
    def forecast(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = current_forecast(self.get_object())
        if found is None:
            raise NotFound
        kind = ForecastForCustomer if self.caller.audience == CUSTOMER else ForecastForStore
        return with_etag(request, Response(kind(found).data))

    @describe(
        request=ParcelStated,
        responses={200: ShipmentForStore, 201: ShipmentForStore},
        description="Add a parcel to an order: it is followed, and the store's platform is told. The same number again "
        "is the parcel that is there (200). Without a carrier it is read from the number; when the number does "
        "not prove one, the answer is 422 with `candidates`, the likeliest first.",
    )
    @once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        said = ParcelStated(data=request.data)
        said.is_valid(raise_exception=True)
        stated = said.validated_data
        mine = orders_of(self.caller).select_related("store").filter(uuid=stated["order"])
        order = mine.select_for_update(of=("self",)).first()
        if order is None:
            raise Invalid({"order": _("There is no such order.")})
        number = _number(stated["tracking_number"])
        known = order.shipments.filter(direction=Direction.OUT, tracking_number=number)
        before = set(known.values_list("pk", flat=True))
        if not before:
            _refuse_what_cannot_be(order, stated["contents"])
        shipment = telling_stores.add_parcel(
            order,
            carrier=(stated["carrier"] or _carrier(order, number)).lower(),
            tracking_number=number,
            contents=stated["contents"],
        )
        self.written = about(order)
        told = self.get_serializer(self.visible().get(pk=shipment.pk)).data
        place = request.build_absolute_uri(f"{request.path}{shipment.uuid}/")
        return Response(told, status=200 if shipment.pk in before else 201, headers={"Location": place})


def _number(text: str) -> str:
    number = "".join(text.split()).upper()
    if not (number.isascii() and number.replace("-", "").isalnum()):
        raise Invalid({"tracking_number": _("A tracking number has letters and digits only.")})
    return number


def _refuse_what_cannot_be(order: Order, contents: Any) -> None:
    if order.status != OrderStatus.OPEN:
        raise Trouble("order-over", _("The order is not open any more."), status=409)
    left = telling_stores.left_over(order)
    if not left:
        raise Trouble("all-packed", _("Every piece of the order is in a parcel already."), status=409)
    too_many = {line: pieces for line, pieces in (contents or {}).items() if pieces > left.get(line, 0)}
    if too_many:
        told = _("Of this line %(count)d pieces are in no parcel.")
        raise Invalid({f"contents.{line}"[:100]: told % {"count": left.get(line, 0)} for line in too_many})


def _carrier(order: Order, number: str) -> str:
    """The one carrier that the number proves; 422 with the candidates otherwise."""
    candidates = recognise(
        number,
        origin=order.store.origin.country,
        destination=str(order.ship_to.get("country") or ""),
        known=CarrierAccount.objects.filter(is_active=True).values_list("carrier", flat=True),
    )
    if found := sole(candidates, proof=PROOF):
        return found.carrier
    told = _("The number does not prove whose it is. Name one.")
    raise Invalid(
        {"carrier": told},
        candidates=[{"carrier": each.carrier, "service": each.service, "why": each.why} for each in candidates],
    )


register("shipments", Shipments)
