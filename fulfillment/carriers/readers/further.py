"""The further numbers that carriers' answers name: pieces of the shipment, the partner's number, the way back.

What each field means is documented by the carriers; of which carrier a number is, where they do not say it, is read
from the number later.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fulfillment.carriers.names import carrier_slug
from fulfillment.carriers.readers.base import is_same
from fulfillment.facts import OtherNumber
from fulfillment.statuses import NumberRole

#: FedEx's ``packageIdentifiers`` that are numbers of parcels; the others are references.
_FEDEX = {
    "STANDARD_MPS": NumberRole.PIECE,
    "PARTNER_CARRIER_NUMBER": NumberRole.LAST_MILE,
    "RETURNED_TO_SHIPPER_TRACKING_NUMBER": NumberRole.RETURN,
    "REROUTE_TRACKING_NUMBER": NumberRole.ALTERNATIVE,
}


def of_ups(part: Any, number: str) -> Iterator[OtherNumber]:
    """Other packages of the shipment; ``alternateTrackingNumber`` is the post's, of SurePost and Mail Innovations."""
    for package in part["trackResponse"]["shipment"][0]["package"]:
        named = str(package.get("trackingNumber") or "")
        if named and not is_same(named, number):
            yield OtherNumber(named, NumberRole.PIECE, "ups")
            continue
        for other in package.get("alternateTrackingNumber") or ():
            if other.get("number"):
                yield OtherNumber(str(other["number"]), NumberRole.LAST_MILE, inferred=True)


def of_fedex(part: Any, number: str) -> Iterator[OtherNumber]:
    for result in part["trackResults"]:
        told = (result.get("additionalTrackingInfo") or {}).get("packageIdentifiers") or ()
        for identifier in told:
            role = _FEDEX.get(str(identifier.get("type")))
            for value in identifier.get("values") or ():
                if role and value:
                    carrier = "" if role == NumberRole.LAST_MILE else "fedex"
                    yield OtherNumber(str(value), role, carrier, inferred=not carrier)


def of_dhl(part: Any, number: str) -> Iterator[OtherNumber]:
    """The number under which the delivering company has it (DHL eCommerce), where DHL names one."""
    details = part["shipments"][0].get("details") or {}
    for reference in details.get("references") or ():
        if reference.get("type") == "local-tracking-number" and reference.get("number"):
            yield OtherNumber(str(reference["number"]), NumberRole.LAST_MILE, inferred=True)
    for piece in details.get("pieceIds") or ():
        if piece and not is_same(str(piece), number):
            yield OtherNumber(str(piece), NumberRole.ALTERNATIVE, "dhl")


def of_aftership(part: Any, number: str) -> Iterator[OtherNumber]:
    for key, role in (("first_mile", NumberRole.FIRST_MILE), ("last_mile", NumberRole.LAST_MILE)):
        told = part.get(key) or {}
        named = str(told.get("tracking_number") or "")
        if named and not is_same(named, number):
            yield OtherNumber(named, role, carrier_slug(str(told.get("slug") or "")))
