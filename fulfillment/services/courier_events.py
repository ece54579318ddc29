"""What happens on a run, as scans of its parcels: the same fold, signals and pages as those of any carrier.

Each event has a code of its own and no time in its identity, so it is one event however often it is found. A position
that comes late may show that it happened earlier: then the event moves to when it really was.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CourierRun, RunStop, ShipmentChange, TrackingEvent
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import Reason, ShipmentStatus

#: ``TrackingEvent.source`` of what follows from a run.
GPS = "gps"
#: Name of an event -> its words and the status that it gives.
EVENTS = {
    "loaded": (gettext_noop("With our courier"), ShipmentStatus.OUT_FOR_DELIVERY),
    "departed": (gettext_noop("Our courier has set off"), ShipmentStatus.OUT_FOR_DELIVERY),
    "near": (gettext_noop("Our courier is near"), ShipmentStatus.OUT_FOR_DELIVERY),
    "arrived": (gettext_noop("Our courier is at the door"), ShipmentStatus.OUT_FOR_DELIVERY),
    "delivered": (gettext_noop("Delivered by our courier"), ShipmentStatus.DELIVERED),
    "not-home": (gettext_noop("Our courier met nobody"), ShipmentStatus.DELIVERY_FAILED),
    "taken-back": (gettext_noop("Back at the shop"), ShipmentStatus.IN_TRANSIT),
}


def departed(run: CourierRun, at: datetime) -> None:
    """The courier has left where the run begins."""
    with transaction.atomic():
        locked = CourierRun.objects.select_for_update().get(pk=run.pk)
        if locked.departed_at is not None and locked.departed_at <= at:
            return
        CourierRun.objects.filter(pk=run.pk).update(departed_at=at)
        run.departed_at = at
        for stop in run.stops.select_related("shipment__order__store"):
            happened(stop, "departed", at)


def near(stop: RunStop, at: datetime) -> None:
    """The courier has come near the stop."""
    _passed(stop, "near", at)


def arrived(stop: RunStop, at: datetime) -> None:
    """The courier is at the door."""
    _passed(stop, "arrived", at)


def _passed(stop: RunStop, name: str, at: datetime) -> None:
    column = f"{name}_at"
    with transaction.atomic():
        locked = RunStop.objects.select_for_update().get(pk=stop.pk)
        known = getattr(locked, column)
        if known is not None and known <= at:
            return
        RunStop.objects.filter(pk=stop.pk).update(**{column: at})
        setattr(stop, column, at)
        happened(stop, name, at)


def happened(stop: RunStop, name: str, at: datetime) -> ShipmentChange | None:
    """Put one event of ``EVENTS`` down, or move it to an earlier moment. Call it in a transaction."""
    words, status = EVENTS[name]
    code = f"gps-{name}-{stop.pk}"
    reason = Reason.CONSIGNEE_NOT_HOME.value if name == "not-home" else ""
    scan = Scan(at, status.value, words, code=code, reason=reason, local_time="-")
    TrackingEvent.objects.filter(shipment=stop.shipment_id, source=GPS, code=code, occurred_at__gt=at).update(
        occurred_at=at
    )
    return apply_update(stop.shipment, TrackingUpdate(stop.shipment.tracking_number, (scan,)), source=GPS)
