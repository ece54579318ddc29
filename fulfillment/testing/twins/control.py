"""The control API under ``/twin/`` that all twins share: its client, and the actions of the server's side."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from urllib.request import ProxyHandler, Request, build_opener

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.faults import Faults
from fulfillment.testing.twins.post import Post

# The twin stands on loopback: a proxy of the environment would not find it.
_opener = build_opener(ProxyHandler({}))


class ControlClient:
    """What another process tells a twin. Bad input raises ``urllib.error.HTTPError``."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that ``/twin/<path>`` answers."""
        sent = None if body is None else json.dumps(body, default=_plain).encode()
        request = Request(f"{self.url}/twin/{path}", data=sent, method=method)
        with _opener.open(request, timeout=30) as answer:
            return json.loads(answer.read())

    def log(self) -> list[dict[str, Any]]:
        """The calls so far, oldest first."""
        calls: list[dict[str, Any]] = self.call("GET", "log")
        return calls

    def clear_faults(self) -> None:
        self.call("DELETE", "faults")

    def set_clock(self, **change: Any) -> datetime:
        """``now``, ``advance`` (seconds), ``day_seconds`` or ``frozen``; returns the twin's time after it."""
        return datetime.fromisoformat(self.call("POST", "clock", change)["now"])

    def now(self) -> datetime:
        return datetime.fromisoformat(self.call("GET", "clock")["now"])


class StoreControl(ControlClient):
    """What all twins of stores can be told."""

    def fault(self, kind: str | int, **where: Any) -> None:
        """``times``, ``p``, ``seed``, ``path``, ``method``, ``body``, ``seconds``: see ``faults.Fault``."""
        self.call("POST", "faults", {"kind": str(kind), **where})

    def outage(self, kind: str | int = "reset") -> None:
        self.call("POST", "outage", {"kind": str(kind)})

    def recover(self) -> None:
        self.call("DELETE", "outage")

    def weather(self, **weather: Any) -> None:
        """What the network does to webhooks from now on: see ``deliveries.Weather``."""
        self.call("POST", "weather", weather)

    def send_due(self) -> list[dict[str, Any]]:
        """Send the webhooks that are due; returns ``key``, ``status``, ``attempt`` and ``error`` of each try."""
        attempts: list[dict[str, Any]] = self.call("POST", "deliveries/due")
        return attempts

    def flush(self) -> list[dict[str, Any]]:
        """Send all webhooks, due or not."""
        attempts: list[dict[str, Any]] = self.call("POST", "deliveries/flush")
        return attempts


class Controlled(Protocol):
    """What a twin has for the shared actions."""

    clock: TwinClock
    post: Post

    @property
    def faults(self) -> Faults: ...

    @property
    def log(self) -> Any: ...


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be sent")


def change_clock(twin: Any, body: Mapping[str, Any]) -> Any:
    """The action behind :meth:`ControlClient.set_clock`."""
    twin.clock.change(**{**body, "now": datetime.fromisoformat(body["now"])} if body.get("now") else body)
    return twin.clock.as_json()


def _fault(twin: Controlled, body: Any) -> Any:
    kind, p = body.pop("kind"), body.pop("p", None)
    return asdict(twin.faults.next(kind, **body) if p is None else twin.faults.share(kind, p, **body))["kind"]


def _outage(twin: Controlled, body: Any) -> Any:
    twin.faults.outage(**body)
    return twin.faults.as_json()


def _recover(twin: Controlled, _: Any) -> Any:
    twin.faults.recover()
    return twin.faults.as_json()


def _clear_faults(twin: Controlled, _: Any) -> Any:
    twin.faults.clear()
    return []


def _weather(twin: Controlled, body: Any) -> Any:
    twin.post.weather = type(twin.post.weather)(**body)
    return body


def _attempts(attempts: Any) -> list[dict[str, Any]]:
    return [
        {
            "key": attempt.delivery.key,
            "at": attempt.at.isoformat(),
            "status": attempt.status,
            "attempt": attempt.delivery.attempt,
            "error": attempt.error,
        }
        for attempt in attempts
    ]


Action = Callable[[Any, Any], Any]

#: (method, path) -> action, for every twin of a store.
SHARED: dict[tuple[str, str], Action] = {
    ("GET", "/twin/log"): lambda twin, _: list(twin.log),
    ("GET", "/twin/clock"): lambda twin, _: twin.clock.as_json(),
    ("POST", "/twin/clock"): change_clock,
    ("GET", "/twin/faults"): lambda twin, _: twin.faults.as_json(),
    ("POST", "/twin/faults"): _fault,
    ("DELETE", "/twin/faults"): _clear_faults,
    ("POST", "/twin/outage"): _outage,
    ("DELETE", "/twin/outage"): _recover,
    ("POST", "/twin/weather"): _weather,
    ("GET", "/twin/deliveries"): lambda twin, _: _attempts(twin.post.log),
    ("POST", "/twin/deliveries/due"): lambda twin, _: _attempts(twin.post.send_due()),
    ("POST", "/twin/deliveries/flush"): lambda twin, _: _attempts(twin.post.flush()),
}
