"""The ledger of codes that no table knows: one row each, written with the scans that bring them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from django.db.models import F
from django.utils import timezone

from fulfillment.facts import Scan
from fulfillment.models import CarrierCode, Shipment
from fulfillment.statuses import ShipmentStatus

#: Codes of one carrier that are kept for staff; one that sends a new one with every scan has none that mean something.
MOST_CODES = 500
#: Different ones that one answer may add.
MOST_AT_ONCE = 10


def key_of(scan: Scan) -> str:
    """Under which the code of a scan is kept: the code, or a digest of the words where the carrier gives none.

    The words themselves may name somebody, and are emptied with everything else about them.
    """
    if scan.code or not scan.description:
        return scan.code[:40]
    return f"words-{hashlib.sha256(scan.description.encode()).hexdigest()[:12]}"


def count_unknown(shipment: Shipment, fresh: Iterable[Scan]) -> Mapping[str, CarrierCode]:
    """Count the unknown codes of new scans; returns their rows by :func:`key_of`.

    Call it in the transaction that adds the scans: each row stays locked until its scans are there, so that staff who
    give it a meaning meanwhile miss none of them.
    """
    unknown = [scan for scan in fresh if scan.status == ShipmentStatus.UNKNOWN and key_of(scan)]
    counts = Counter(map(key_of, unknown))
    words = {key_of(scan): scan.description[:500] for scan in unknown}
    found: dict[str, CarrierCode] = {}
    for key in sorted(counts)[:MOST_AT_ONCE]:  # sorted: two workers never wait for each other crosswise
        rows = CarrierCode.objects.filter(carrier=shipment.carrier, code=key)
        counted = {"seen": F("seen") + counts[key], "last_seen": timezone.now(), "words": words[key]}
        if not rows.update(**counted):
            if CarrierCode.objects.filter(carrier=shipment.carrier).count() >= MOST_CODES:
                continue
            CarrierCode.objects.get_or_create(
                carrier=shipment.carrier, code=key, defaults={"state": CarrierCode.resting()}
            )
            rows.update(**counted)
        found[key] = rows.get()
    return found
