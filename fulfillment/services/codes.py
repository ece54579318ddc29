"""Codes of carriers that no table knows: kept, counted, and what staff say they mean."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fulfillment.models import CarrierCode, Shipment, TrackingEvent
from fulfillment.services import shipments
from fulfillment.statuses import ShipmentStatus
from parcelwise.background import wake
from parcelwise.jobs import JobState, one_by_one
from parcelwise.models import Problem

#: Parcels folded anew before the next are looked for.
BATCH = 200


def map_code(code: CarrierCode, status: str, reason: str = "", *, actor: str = "") -> None:
    """Say what ``code`` means; an empty ``status`` takes it back. Its parcels follow in the background."""
    now = timezone.now()
    with transaction.atomic():
        CarrierCode.objects.filter(pk=code.pk).update(
            status=status,
            reason=reason if status else "",
            mapped_by=actor[:150],
            mapped_at=now if status else None,
            state=JobState.WAITING,
            attempts=0,
            not_before=now,
            finished_at=None,
        )
        if status:
            Problem.objects.solve("status", f"{code.carrier}:{code.code}")
            Problem.objects.solve("status", f"{code.carrier}:{code.words[:60]}")
        wake()
    code.refresh_from_db()


@one_by_one
def refold(code: CarrierCode) -> None:
    """Runner of ``CarrierCode``: give its scans their meaning, and fold their parcels anew. Customers hear nothing."""
    code.refresh_from_db(fields=["status", "reason"])
    meaning = (code.status or ShipmentStatus.UNKNOWN.value, code.reason)
    wrong = ~Q(status=meaning[0]) | ~Q(reason=meaning[1])
    events = TrackingEvent.objects.filter(wrong, carrier_code=code)
    while keys := list(events.order_by("shipment").values_list("shipment", flat=True).distinct()[:BATCH]):
        for parcel in Shipment.objects.filter(pk__in=keys).select_related("order__store"):
            with transaction.atomic():
                events.filter(shipment=parcel).update(status=meaning[0], reason=meaning[1])
                shipments.refold(parcel)
