"""What is held of couriers, and what couriers leave behind of buyers."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from fulfillment.models import (
    Courier,
    CourierDevice,
    CourierPosition,
    CourierRun,
    ProofOfDelivery,
    RoutingService,
    RunStop,
    SpeedStatistics,
)
from parcelwise.panels import reference
from parcelwise.privacy import Holding, People, Traces


class Couriers(Holding):
    name = "couriers"
    title = _("Own couriers and local delivery")
    removes = _("couriers' keys, devices and positions; where the doors of buyers are, and proofs of their deliveries")
    keeps = _("that there were runs, when they were, and how many stops they had")
    personal = (Courier, CourierDevice, CourierPosition, CourierRun, ProofOfDelivery, RunStop)
    impersonal = (RoutingService, SpeedStatistics)
    texts = {RoutingService: ("last_error",)}

    def traces(self, people: People) -> Traces:
        couriers = Courier.objects.filter(contact__in=people)
        devices = CourierDevice.objects.filter(courier__in=couriers)
        runs = CourierRun.objects.filter(courier__in=couriers)
        return Traces(frozenset(map(reference, [*couriers, *devices, *runs])))

    def export(self, people: People) -> list[dict[str, Any]]:
        couriers = [_courier(courier) for courier in Courier.objects.filter(contact__in=people)]
        proofs = ProofOfDelivery.objects.filter(shipment__order__customer__contact__in=people).select_related(
            "shipment__order"
        )
        return [*couriers, *map(_proof, proofs)]

    def erase(self, people: People) -> int:
        theirs = Q(shipment__order__customer__contact__in=people)
        stops = RunStop.objects.filter(theirs).exclude(latitude=None, longitude=None)
        count = ProofOfDelivery.objects.filter(theirs).delete()[0] + stops.update(latitude=None, longitude=None)
        couriers = Courier.objects.filter(contact__in=people)
        runs = CourierRun.objects.filter(courier__in=couriers)
        count += CourierDevice.objects.filter(courier__in=couriers).delete()[0]
        count += runs.exclude(route={}, said=[]).update(route={}, said=[])
        return count + couriers.filter(is_active=True).update(is_active=False)


def _courier(courier: Courier) -> dict[str, Any]:
    return {
        "kind": "courier",
        "created_at": courier.created_at,
        "devices": list(courier.devices.values("name", "issued_at", "last_seen_at", "withdrawn_at")),
        "runs": list(courier.runs.values("day", "state", "started_at", "departed_at", "ended_at")),
        "positions": list(
            CourierPosition.objects.filter(device__courier=courier).values("at", "latitude", "longitude", "accuracy")
        ),
    }


def _proof(proof: ProofOfDelivery) -> dict[str, Any]:
    told = {name: getattr(proof, name) for name in ("taken_at", "words", "place")}
    picture = {"picture": "yes, on the page of the order"} if proof.image is not None else {}
    return {"kind": f"proof of delivery: {proof.kind}", "order": proof.shipment.order.number, **told, **picture}
