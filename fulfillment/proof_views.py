"""The picture that proves a delivery, for who may see the order and nobody else."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from fulfillment.access import Visit, either_door
from fulfillment.models import ProofOfDelivery
from fulfillment.pages.order import OrderView
from fulfillment.pages.parcel import ShownProof
from parcelwise.pages import NotHere


@require_safe
@either_door
def proof(request: HttpRequest, visit: Visit, proof: UUID) -> HttpResponse:
    """The picture of one proof of a parcel of this visit's order."""
    found = ProofOfDelivery.objects.filter(uuid=proof, shipment__order=visit.order).exclude(image=None).first()
    if found is None or found.image is None:
        raise NotHere
    response = HttpResponse(bytes(found.image), content_type=found.media_type or "image/jpeg")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    return response


def show_proofs(view: OrderView, visit: Visit) -> None:
    """Give each parcel of the page its ``proofs``; a picture is behind the door of the visit."""
    for parcel in view.parcels:
        parcel.proofs = [_shown(visit, each) for each in parcel.shipment.proofs.all()]


def _shown(visit: Visit, proof: ProofOfDelivery) -> ShownProof:
    picture = visit.url("parcelwise_fulfillment:proof", proof=proof.uuid) if proof.media_type else ""
    return ShownProof(proof.kind, proof.words, proof.place, picture)
