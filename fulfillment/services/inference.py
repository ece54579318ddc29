"""Which carrier has a parcel whose store names none, or one that nobody knows: what its number proves, or nobody."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fulfillment.carriers.links import TRACKING_PAGES
from fulfillment.carriers.names import carrier_name, is_known
from fulfillment.carriers.recognise import PROOF, Candidate, recognise, sole
from fulfillment.models import CarrierAccount, Shipment
from parcelwise.models import Decision
from parcelwise.panels import reference

#: ``Decision.kind`` and ``version`` of a carrier that was read from a number.
KIND, VERSION = "carrier", "number formats"


def carrier_of(
    stated: str, number: str, before: Shipment | None, *, origin: str = "", destination: str = ""
) -> tuple[str, Candidate | None]:
    """The carrier of a parcel that its store states, and the candidate when it was read from the number.

    What the store names holds if it is known here, then what the parcel (``before``) had under the same number, for
    example from staff, then what the number proves.
    """
    if not number or _is_followed(stated):
        return stated, None
    known = before.carrier if before and before.tracking_number == number else ""
    if known and known != stated and (not stated or _is_followed(known)):
        return known, None
    read = sole(recognise(number, origin=origin, destination=destination), proof=PROOF)
    return (read.carrier, read) if read else (stated, None)


def record_inference(shipment: Shipment, stated: str, read: Candidate) -> None:
    """Write down that the parcel's carrier was read from its number, once; staff find it among the decisions."""
    outcome = {"carrier": read.carrier, "service": read.service}
    about = reference(shipment)
    if Decision.objects.filter(kind=KIND, subject=about, outcome=outcome).exists():
        return
    named = _("The store names the carrier “%s”, which is not known here.") % stated if stated else ""
    inferred = _("The number is one of %(carrier)s: %(why)s.") % {
        "carrier": carrier_name(read.carrier),
        "why": read.why,
    }
    Decision.objects.create(
        kind=KIND,
        subject=about,
        version=VERSION,
        inputs={"stated": stated},
        outcome=outcome,
        reasons=[named or _("The store names no carrier."), inferred],
    )


def inferred_from(shipment: Shipment) -> str:
    """Why the parcel's carrier is the one it is, when it was read from the number; empty when somebody named it."""
    found = Decision.objects.filter(kind=KIND, subject=reference(shipment)).first()
    if found is None or found.outcome.get("carrier") != shipment.carrier:
        return ""
    return " ".join(map(str, found.reasons))


def may_be_of(shipment: Shipment) -> str:
    """A sentence, after a blank, with the carriers that the parcel's number may belong to; empty when none fits."""
    origin, destination = shipment.origin_address.country, shipment.destination_address.country
    candidates = recognise(shipment.tracking_number, origin=origin, destination=destination)
    names = ", ".join(carrier_name(each.carrier) for each in candidates)
    return " " + _("By its number it may be one of %(carriers)s.") % {"carriers": names} if names else ""


def _is_followed(carrier: str) -> bool:
    """Whether parcels of ``carrier`` are known here: by name, by its page, or by an account."""
    if not carrier:
        return False
    known = is_known(carrier) or carrier in TRACKING_PAGES
    return known or CarrierAccount.objects.filter(carrier=carrier).exists()
