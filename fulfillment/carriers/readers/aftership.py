"""AfterShip's trackings, as they are answered and as they are pushed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from fulfillment.carriers.codes import aftership as codes
from fulfillment.carriers.readers import further
from fulfillment.carriers.readers.aggregator import AggregatorReader, day_written, looked_up, scan_of
from fulfillment.carriers.readers.base import joined, words_of
from fulfillment.facts import OtherNumber, Receipt, Scan
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import placed


class AfterShipReader(AggregatorReader):
    name = "AfterShip"
    at_once = 50

    def events(self, part: Any, number: str) -> Iterable[Any]:
        return part["checkpoints"] or []

    def named(self, part: Any) -> Iterable[Any]:
        return [part["tracking_number"]]

    def stated(self, part: Any) -> Any:
        return part.get("updated_at")

    def awaited(self, part: Any) -> bool:
        return part.get("tag") in ("Pending", "InfoReceived", "Expired")

    def scan(self, event: Any) -> Scan:
        tag, subtag, written = event.get("tag"), event.get("subtag"), event["checkpoint_time"]
        if not tag:
            raise ValueError("the checkpoint has no tag")
        country = _alpha_2(event.get("country_region") or event.get("country_iso3"))
        place = joined(event.get("city"), event.get("state"), country)
        return scan_of(
            event,
            placed(str(written), country, str(event.get("state") or "")),
            status=looked_up([(codes.BY_SUBTAG, subtag), (codes.BY_TAG, tag)], otherwise=ShipmentStatus.UNKNOWN),
            code=str(subtag or tag),
            reason=looked_up([(codes.REASON, subtag)], otherwise=""),
            words=str(event.get("message") or event.get("raw_tag") or "").strip(),
            location=place or str(event.get("location") or ""),
            written=str(written),
        )

    def estimate(self, part: Any, number: str) -> date | None:
        """The carrier's own; AfterShip's prediction is another's guess, and we make our own."""
        carriers = part.get("courier_estimated_delivery_date") or {}
        return day_written(carriers.get("estimated_delivery_date"))

    def numbers(self, part: Any, number: str) -> Iterable[OtherNumber]:
        return further.of_aftership(part, number)

    def receipt(self, part: Any, number: str) -> Receipt:
        return Receipt(
            signed_by=words_of(part.get("signed_by")),
            left_at=words_of(part.get("delivery_location_type")),
            collect_at=words_of(part.get("pickup_location")),
        )


#: AfterShip writes ISO 3166-1 alpha-3; time zones are looked up by alpha-2.
_ALPHA_2 = {
    "AUT": "AT", "BEL": "BE", "BGR": "BG", "CHE": "CH", "CHN": "CN", "CZE": "CZ", "DEU": "DE", "DNK": "DK",
    "EST": "EE", "ESP": "ES", "FIN": "FI", "FRA": "FR", "GBR": "GB", "GRC": "GR", "HKG": "HK", "HRV": "HR",
    "HUN": "HU", "IRL": "IE", "ISR": "IL", "IND": "IN", "ITA": "IT", "JPN": "JP", "KOR": "KR", "LTU": "LT",
    "LUX": "LU", "LVA": "LV", "NLD": "NL", "NOR": "NO", "NZL": "NZ", "POL": "PL", "PRT": "PT", "ROU": "RO",
    "SWE": "SE", "SGP": "SG", "SVN": "SI", "SVK": "SK", "TUR": "TR", "TWN": "TW", "USA": "US", "CAN": "CA",
    "AUS": "AU", "BRA": "BR", "MEX": "MX",
}  # fmt: skip


def _alpha_2(code: Any) -> str:
    written = str(code or "").upper()
    return _ALPHA_2.get(written, written)
