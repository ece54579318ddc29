"""The twin of the aggregators: the carriers' twin with other wires, and a post for what it pushes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fulfillment.testing.aggregator_twin.wire import WIRES, AggregatorWire
from fulfillment.testing.aggregator_twin.wire.base import API_KEY
from fulfillment.testing.carrier_twin import CarrierTwin, TwinControl
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
        self._told: dict[tuple[str, str], int] = {}
        self._over = threading.Event()
        self._pusher: threading.Thread | None = None

    def listen(self, aggregator: str, url: str, secret: str) -> None:
        """Push what happens to ``url``, signed with ``secret``."""
        self._listeners[aggregator] = (url, secret)

    def push(self, aggregator: str, number: str, *, after: float = 0.0) -> Delivery:
        """Queue a push of what the aggregator knows of ``number`` now. It leaves with ``post.send_due()``."""
        url, secret = self._listeners[aggregator]
        headers, body = self.aggregators[aggregator].push(number, self.clock.now(), secret)
        return self.post.put(url, headers, body, subscription=aggregator, key=number, after=after)

    def push_news(self) -> int:
        """Queue a push for each followed number of which more has happened than was pushed. Returns how many.

        A number is followed once it was asked for: that is when aggregators make a tracker.
        """
        count, now = 0, self.clock.now()
        for aggregator in list(self._listeners):
            wire = self.aggregators[aggregator]
            for number in set(wire.trackers.values()):
                known = len(wire.steps(number, now, ()))
                if known > self._told.get((aggregator, number), 0):
                    self._told[aggregator, number] = known
                    self.push(aggregator, number)
                    count += 1
        return count

    def keep_pushing(self, interval: float = 1.0) -> None:
        """Push news every ``interval`` real seconds, until :meth:`stop`."""
        self._pusher = threading.Thread(target=self._push_on, args=(interval,), daemon=True)
        self._pusher.start()

    def _push_on(self, interval: float) -> None:
        while not self._over.wait(interval):
            self.push_news()
            self.post.send_due()

    @property
    def controls(self) -> Mapping[tuple[str, str], Callable[[Any, Any], Any]]:
        return {**super().controls, **_CONTROL}

    @property
    def control(self) -> AggregatorControl:
        return AggregatorControl(self.url)

    def stop(self) -> None:
        self._over.set()
        if self._pusher:
            self._pusher.join(10)
        super().stop()
        self.post.stop()


class AggregatorControl(TwinControl):
    """What another process tells the twin."""

    def listen(self, aggregator: str, url: str, secret: str) -> None:
        """Have pushes go to ``url``, signed with ``secret``."""
        self.call("POST", "listen", {"aggregator": aggregator, "url": url, "secret": secret})

    def pushes(self) -> list[dict[str, Any]]:
        """The tries so far, oldest first: ``number``, ``url``, ``status`` (0: nobody answered) and ``error``."""
        tried: list[dict[str, Any]] = self.call("GET", "pushes")
        return tried


def _listen(twin: AggregatorTwin, body: Any) -> Any:
    if body["aggregator"] not in twin.aggregators:
        raise ValueError(f"there is no aggregator {body['aggregator']!r} here")
    twin.listen(body["aggregator"], str(body["url"]), str(body["secret"]))
    return {}


def _pushes(twin: AggregatorTwin, _: Any) -> Any:
    return [
        {"number": each.delivery.key, "url": each.delivery.url, "status": each.status, "error": each.error}
        for each in list(twin.post.log)
    ]


_CONTROL: dict[tuple[str, str], Callable[[AggregatorTwin, Any], Any]] = {
    ("POST", "/twin/listen"): _listen,
    ("GET", "/twin/pushes"): _pushes,
}


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
