"""The client of the twin's control API, and the credentials that the twin takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfillment.testing.carrier_twin.wire.base import SECRET
from fulfillment.testing.twins.control import ControlClient


class TwinControl(ControlClient):
    """What tests and demonstrations tell the twin. Bad input raises ``urllib.error.HTTPError``."""

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.call("GET", "status")
        return status

    def add_parcel(
        self,
        carrier: str,
        *,
        origin: Mapping[str, Any],
        destination: Mapping[str, Any],
        number: str = "",
        serial: int = 0,
        steps: Sequence[Mapping[str, Any]] | None = None,
        seed: int | str | None = None,
        ship_at: datetime | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Register a parcel and return it with its number and steps.

        Places are mappings with ``city``, ``country``, ``region``, ``postcode`` (an ``Address.as_json()`` will do).
        Either ``steps`` are given (``at``, ``what``, and perhaps ``place``, ``code``, ``words``), or a believable life
        is made from ``seed`` and ``ship_at``; ``speed``, ``trouble`` and ``day_seconds`` shape it. ``service`` and
        ``signed_by`` are the carrier's words. ``pieces`` are the numbers of the shipment's other parcels; ``partner``
        the number under which another carrier brings it to the door, told from ``partner_since`` on. ``number``, or a
        ``serial`` from which one is made.
        """
        return self.add_parcels(
            [
                {
                    "carrier": carrier,
                    "origin": origin,
                    "destination": destination,
                    "number": number,
                    "serial": serial,
                    "steps": steps,
                    "seed": seed,
                    "ship_at": ship_at,
                    **more,
                }
            ]
        )[0]

    def add_parcels(self, parcels: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Register many in one call; the keys are those of :meth:`add_parcel`."""
        registered: list[dict[str, Any]] = self.call("POST", "parcels", list(parcels))
        return registered

    def log(self) -> list[dict[str, Any]]:
        """The calls so far, oldest first: ``at``, ``carrier``, ``where``, ``numbers``, ``status``, ``fault``."""
        calls: list[dict[str, Any]] = self.call("GET", "log")
        return calls

    def fault(self, kind: str, **where: Any) -> int:
        """Have something go wrong. ``carrier``, ``number``, ``times``, ``seconds``, ``where``: see ``faults.Fault``."""
        return int(self.call("POST", "faults", {"kind": kind, **where})["id"])

    def expire_tokens(self) -> None:
        """Make every token that was handed out worthless."""
        self.call("POST", "tokens/expire")


def carrier_accounts(url: str) -> dict[str, dict[str, Any]]:
    """Columns of a ``CarrierAccount`` for each of the four carriers at the twin, by carrier."""
    credentials = {
        "ups": {"client_id": "twin-ups", "client_secret": SECRET},
        "fedex": {"track_api_key": "twin-fedex", "track_secret_key": SECRET},
        "usps": {"client_id": "twin-usps", "client_secret": SECRET},
        "dhl": {"consumer_key": SECRET, "consumer_secret": ""},
    }
    return {
        carrier: {"carrier": carrier, "gateway": "karrio", "credentials": secrets, "server_url": url}
        for carrier, secrets in credentials.items()
    }
