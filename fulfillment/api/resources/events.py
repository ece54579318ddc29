"""Scans of one parcel, below its address."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.callers import theirs
from fulfillment.api.resources.base import ShopApi, about, reading, refuse_platforms, writing
from fulfillment.api.serializers.events import (
    EventForCustomer,
    EventForStaff,
    EventForStore,
    EventsStated,
    EventsTaken,
    scan_of,
)
from fulfillment.facts import TrackingUpdate
from fulfillment.fold import fingerprint
from fulfillment.models import Shipment, TrackingEvent
from fulfillment.scopes import CUSTOMER, STAFF, STORE
from fulfillment.services import shipments
from parcelwise.api.once import once
from parcelwise.api.paging import Whole
from parcelwise.api.problems import Trouble
from parcelwise.api.registry import register
from parcelwise.api.schema import describe

SHIPMENT = OpenApiParameter("shipment", OpenApiTypes.UUID, OpenApiParameter.PATH, description="Id of the parcel.")


class Events(ShopApi):
    """All scans of a parcel at once: there are never more than some hundred."""

    tag = "shipments"
    needs = {
        "list": reading("shipments:read", "view_trackingevent")["list"],
        "create": writing("events:write", "add_trackingevent"),
    }
    serializers = {CUSTOMER: EventForCustomer, STORE: EventForStore, STAFF: EventForStaff}
    pagination_class = Whole

    def parcel(self, *, lock: bool = False) -> Shipment:
        rows = Shipment.objects.select_related("order__store").filter(theirs(self.caller, "order__"))
        rows = rows.select_for_update(of=("self",)) if lock else rows
        found = rows.filter(uuid=self.kwargs["shipment"]).first()
        if found is None:
            raise Http404
        return found

    @describe(parameters=[SHIPMENT], description="The scans of a parcel, newest first.")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parcel = self.parcel()
        rows = list(TrackingEvent.objects.filter(shipment=parcel).order_by("-occurred_at", "-pk"))
        for row in rows:
            row.shipment = parcel
        return Response({"results": self.serializers[self.caller.audience](rows, many=True).data})

    @describe(
        parameters=[SHIPMENT],
        request=EventsStated,
        responses=EventsTaken,
        description="State scans of a parcel, in any order and as often as you like: each is known by its moment, "
        "code, words and place. For carriers that are asked by nobody here.",
    )
    @once
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        said = EventsStated(data=request.data)
        said.is_valid(raise_exception=True)
        parcel = self.parcel(lock=True)
        refuse_platforms(parcel.order)
        if not parcel.tracking_number:
            raise Trouble("no-number", _("Scans are of a parcel with a tracking number."), status=409)
        stated = [scan_of(each) for each in said.validated_data["events"]]
        marks = {fingerprint(scan) for scan in stated}
        known = set(parcel.events.filter(fingerprint__in=marks).values_list("fingerprint", flat=True))
        shipments.apply_update(parcel, TrackingUpdate(parcel.tracking_number, tuple(stated)))
        here = set(parcel.events.filter(fingerprint__in=marks).values_list("fingerprint", flat=True))
        self.written = about(parcel.order)
        told = {
            "recorded": len(here - known),
            "known": len(stated) - len(marks) + len(known),
            "refused": len(marks - here),
            "status": parcel.status,
        }
        return Response(EventsTaken(told).data)


register("shipments/<uuid:shipment>/events", Events, "shipments-events")
