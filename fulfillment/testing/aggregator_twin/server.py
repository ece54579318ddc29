"""The twin of the aggregators: the carriers' twin with other wires, and a post for what it pushes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fulfillment.testing.aggregator_twin.wire import WIRES, AggregatorWire
from fulfillment.testing.aggregator_twin.wire.base import API_KEY
from fulfillment.testing.carrier_twin import CarrierTwin
from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.deliveries import Delivery
from fulfillment.testing.twins.post import Post
from fulfillment.testing.twins.retries import AFTERSHIP


class AggregatorTwin(CarrierTwin):
    """EasyPost, Shippo and AfterShip at one address. Parcels are those of carriers: ``add_parcel("ups", …)``."""

    def __init__(
        self, port: int = 0, *, host: str = "127.0.0.1", clock: TwinClock | None = None, state: str | Path = ":memory:"
    ) -> None:
        super().__init__(port, host=host, clock=clock, state=state)
        self.aggregators: Mapping[str, AggregatorWire] = {
            wire.carrier: wire for wire in (made(self.book, self.tokens) for made in WIRES)
        }
        self.wires = [*self.aggregators.values()]
        self.post = Post(self.clock, AFTERSHIP)
        self._listeners: dict[str, tuple[str, str]] = {}

    def listen(self, aggregator: str, url: str, secret: str) -> None:
        """Push what happens to ``url``, signed with ``secret``."""
        self._listeners[aggregator] = (url, secret)

    def push(self, aggregator: str, number: str, *, after: float = 0.0) -> Delivery:
        """Queue a push of what the aggregator knows of ``number`` now. It leaves with ``post.send_due()``."""
        url, secret = self._listeners[aggregator]
        headers, body = self.aggregators[aggregator].push(number, self.clock.now(), secret)
        return self.post.put(url, headers, body, subscription=aggregator, key=number, after=after)

    def stop(self) -> None:
        super().stop()
        self.post.stop()


def aggregator_accounts(url: str) -> dict[str, dict[str, Any]]:
    """Columns of a ``CarrierAccount`` for each of the three at the twin."""
    return {
        wire.carrier: {
            "carrier": wire.carrier,
            "gateway": wire.carrier,
            "credentials": {"api_key": API_KEY},
            "server_url": url,
        }
        for wire in WIRES
    }
