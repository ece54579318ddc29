from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.callers import SHOP, theirs
from fulfillment.api.resources.base import ShopResource, about, numbers, reading, writing
from fulfillment.api.serializers.exceptions import (
    SEVERITIES,
    Assignment,
    ExceptionForStaff,
    ExceptionForStore,
    NoteStated,
    ResolutionStated,
)
from fulfillment.models import ExceptionNote, ShipmentException
from fulfillment.scopes import STAFF, STORE
from fulfillment.services import exceptions as acts
from fulfillment.trouble import TroubleKind
from parcelwise.api.filters import Filter, choice, flag, identity, moment, words
from parcelwise.api.once import once
from parcelwise.api.problems import Invalid, Trouble
from parcelwise.api.registry import register
from parcelwise.api.schema import describe

_STAFF = frozenset({STAFF})


def _severity() -> Filter:
    """By word; the column has figures."""
    figures = {word: figure.value for figure, word in SEVERITIES.items()}
    by_word = choice("severity", list(figures), "severity", "How urgent.")
    where = lambda found: Q(severity__in=[figures[each] for each in found])  # noqa: E731
    return Filter(by_word.name, by_word.parse, where, by_word.tells, by_word.schema)


class Exceptions(ShopResource):
    describes = {
        "list": "Trouble with parcels. Without `open` those that are over stand in it too.",
        "retrieve": "One exception.",
    }
    needs = {
        **reading("exceptions:read", "view_shipmentexception", SHOP),
        **dict.fromkeys(
            ("assign", "add_note", "resolve"), writing("exceptions:write", "change_shipmentexception", _STAFF)
        ),
    }
    serializers = {STORE: ExceptionForStore, STAFF: ExceptionForStaff}
    orderings = {"opened_at": "opened_at", "since": "since", "severity": "severity", "updated_at": "updated_at"}
    ordering = "-opened_at"
    filters = (
        flag("open", lambda wanted: Q(closed_at__isnull=wanted), "Not over yet."),
        choice("kind", TroubleKind.values, "kind", "What the trouble is."),
        _severity(),
        identity("store", "shipment__order__store__uuid", "Id of the store."),
        identity("shipment", "shipment__uuid", "Id of the parcel."),
        moment("updated_since", "updated_at__gte", "Changed at that moment or later. Send `as_of` of the last answer."),
        words("carrier", "shipment__carrier", "ups, fedex, dhl, …", lambda text: text.strip().lower().split(",")),
        words("number", "shipment__tracking_number", "Tracking number; blanks do not matter.", numbers),
    )

    def visible(self) -> QuerySet[Any]:
        rows = ShipmentException.objects.filter(theirs(self.caller, "shipment__order__"))
        rows = rows.select_related("shipment__order__store", "owner")
        rows = rows.defer("shipment__order__raw", "shipment__order__store__credentials")
        if self.caller.audience == STAFF:
            rows = rows.prefetch_related(Prefetch("notes", ExceptionNote.objects.order_by("written_at", "pk")))
        return rows

    @describe(
        request=Assignment, responses=ExceptionForStaff, description="Give an open exception to somebody, or back."
    )
    @action(detail=True, methods=["post"])
    @once
    def assign(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        said = _read(Assignment, request)
        name, owner = said["owner"], None
        if name is not None:
            staff = get_user_model()._default_manager.filter(is_active=True, is_staff=True)
            owner = staff.filter(**{get_user_model().USERNAME_FIELD: name}).first()
            if owner is None:
                raise Invalid({"owner": _("No member of staff has this login.")})
        row = self.get_object()
        return self._done(row, acts.assign([row.pk], owner, self.caller.name))

    @describe(request=NoteStated, responses=ExceptionForStaff, description="Write a note, for staff alone.")
    @action(detail=True, methods=["post"], url_path="notes")
    @once
    def add_note(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        said, row = _read(NoteStated, request), self.get_object()
        acts.add_note(row, said["words"], self.caller.name)
        return self._done(row, True)

    @describe(request=ResolutionStated, responses=ExceptionForStaff, description="Close an open exception.")
    @action(detail=True, methods=["post"])
    @once
    def resolve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        said, row = _read(ResolutionStated, request), self.get_object()
        return self._done(row, acts.resolve([row.pk], said["resolution"], self.caller.name, said["note"]))

    def _done(self, row: ShipmentException, changed: Any) -> Response:
        if not changed:
            raise Trouble("over", _("The exception is closed already."), status=409)
        self.written = about(row.shipment.order)
        return Response(self.get_serializer(self.visible().get(pk=row.pk)).data)


def _read(kind: Any, request: Request) -> dict[str, Any]:
    said = kind(data=request.data)
    said.is_valid(raise_exception=True)
    found: dict[str, Any] = said.validated_data
    return found


register("exceptions", Exceptions)
