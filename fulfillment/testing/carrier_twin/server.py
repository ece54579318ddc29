"""The HTTP server: routes a call to the carrier's wire, or to the control API under ``/twin/``."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from fulfillment.testing.carrier_twin.control import TwinControl
from fulfillment.testing.carrier_twin.faults import Faults
from fulfillment.testing.carrier_twin.mishaps import reply, strike
from fulfillment.testing.carrier_twin.parcels import Book, Happening, Parcel, Place, Step, usual_estimate
from fulfillment.testing.carrier_twin.plans import believable_plan
from fulfillment.testing.carrier_twin.tracking_numbers import tracking_number
from fulfillment.testing.carrier_twin.wire import WIRES, Answer, Request, Tokens, Wire
from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.control import change_clock

logger = logging.getLogger("parcelwise.twin")


class CarrierTwin:
    """UPS, FedEx, USPS and DHL at one address. Use it as a context manager, or call ``start`` and ``stop``.

    ``port=0`` takes a free port. ``state`` is an SQLite file in which the parcels outlive the process.
    """

    def __init__(
        self, port: int = 0, *, host: str = "127.0.0.1", clock: TwinClock | None = None, state: str | Path = ":memory:"
    ) -> None:
        self.clock = clock or TwinClock()
        self.book, self.faults, self.tokens = Book(state), Faults(), Tokens()
        self.log: deque[dict[str, Any]] = deque(maxlen=10_000)
        self.wires: list[Wire] = [wire(self.book, self.tokens) for wire in WIRES]
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    @property
    def control(self) -> TwinControl:
        return TwinControl(self.url)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self.book.close()

    def serve_forever(self) -> None:
        self._server.serve_forever(0.2)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    @property
    def controls(self) -> Mapping[tuple[str, str], Callable[[Any, Any], Any]]:
        """What the control API does, by method and path."""
        return _CONTROL

    def wire_of(self, request: Request) -> tuple[Wire, str] | None:
        """Whose call this is, and whether it is for a ``token`` or to ``track``."""
        for wire in self.wires:
            if wire.token_path and request.path == wire.token_path and request.method == "POST":
                return wire, "token"
            if request.path.startswith(wire.track_path):
                return wire, "track"
        return None

    def answer(self, wire: Wire, where: str, request: Request) -> Answer:
        """What the carrier says, odd events included."""
        now = self.clock.now()
        if where == "token":
            return wire.token(request, now)
        if not wire.is_authorized(request, datetime.now().astimezone()):
            return wire.refused(401)
        return wire.track(request, now, self.faults.quirks(wire.carrier, wire.numbers(request)))

    def add_parcels(self, wanted: list[dict[str, Any]]) -> list[Parcel]:
        """Register parcels; see :meth:`TwinControl.add_parcel` for the columns."""
        parcels = [self._parcel(entry) for entry in wanted]
        self.book.put(*parcels)
        return parcels

    def _parcel(self, wanted: dict[str, Any]) -> Parcel:
        origin, destination = Place.from_json(wanted["origin"]), Place.from_json(wanted["destination"])
        number = wanted.get("number") or tracking_number(wanted["carrier"], int(wanted.get("serial") or 0))
        if wanted.get("steps") is not None:
            steps = tuple(Step.from_json({"place": wanted["origin"], **step}) for step in wanted["steps"])
        else:
            shipped = wanted.get("ship_at")
            steps = believable_plan(
                wanted.get("seed") or number,
                origin,
                destination,
                datetime.fromisoformat(shipped) if shipped else self.clock.now(),
                speed=float(wanted.get("speed") or 1.0),
                trouble=wanted.get("trouble"),
                day_seconds=float(wanted.get("day_seconds") or 86_400.0),
            )
        return Parcel(
            carrier=wanted["carrier"],
            number=number,
            origin=origin,
            destination=destination,
            steps=steps,
            service=wanted.get("service") or "",
            signed_by=wanted.get("signed_by") or "",
            estimate=usual_estimate(steps),
            pieces=tuple(wanted.get("pieces") or ()),
            partner=wanted.get("partner") or "",
            partner_since=datetime.fromisoformat(wanted["partner_since"]) if wanted.get("partner_since") else None,
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], twin: CarrierTwin) -> None:
        super().__init__(address, _Handler)
        self.twin, self.stopping = twin, threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A caller that has given up is what many tests are about.
        logger.debug("a call from %s ended badly", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={key.lower(): value for key, value in self.headers.items()},
            body=body,
        )
        if request.path.startswith("/twin/"):
            reply(self, self._control(request))
            return
        found = self.server.twin.wire_of(request)
        if found is None:
            reply(self, Answer(404, {"message": f"no carrier answers at {request.path}"}))
            return
        self._carrier(request, *found)

    def _carrier(self, request: Request, wire: Wire, where: str) -> None:
        twin = self.server.twin
        numbers = wire.numbers(request) if where == "track" else []
        entry: dict[str, Any] = {
            "at": twin.clock.now().isoformat(),
            "carrier": wire.carrier,
            "where": where,
            "numbers": numbers,
        }
        twin.log.append(entry)
        fault = twin.faults.spoiled(wire.carrier, numbers, where)
        if fault is not None:
            entry["fault"] = fault.kind
            strike(self, fault, wire, self.server.stopping)
            return
        answer = twin.answer(wire, where, request)
        entry["status"] = answer.status
        reply(self, answer)

    def _control(self, request: Request) -> Answer:
        action = self.server.twin.controls.get((request.method, request.path))
        if action is None:
            return Answer(404, {"error": "no such control"})
        try:
            return Answer(200, action(self.server.twin, json.loads(request.body or b"{}")))
        except (KeyError, TypeError, ValueError) as error:
            return Answer(400, {"error": f"{type(error).__name__}: {error}"})


def _add_parcels(twin: CarrierTwin, body: Any) -> Any:
    parcels = twin.add_parcels(body if isinstance(body, list) else [body])
    return [parcel.as_json() for parcel in parcels]


def _expire_tokens(twin: CarrierTwin, _: Any) -> Any:
    twin.tokens.generation += 1
    return {}


def _clear_faults(twin: CarrierTwin, _: Any) -> Any:
    twin.faults.clear()
    return []


def _status(twin: CarrierTwin, _: Any) -> Any:
    return {
        "parcels": len(twin.book),
        "clock": twin.clock.as_json(),
        "calls": len(twin.log),
        "carriers": [wire.carrier for wire in twin.wires],
        "happenings": [str(happening) for happening in Happening],
    }


_CONTROL: dict[tuple[str, str], Callable[[CarrierTwin, Any], Any]] = {
    ("GET", "/twin/status"): _status,
    ("POST", "/twin/parcels"): _add_parcels,
    ("GET", "/twin/log"): lambda twin, _: list(twin.log),
    ("GET", "/twin/faults"): lambda twin, _: twin.faults.as_json(),
    ("POST", "/twin/faults"): lambda twin, body: {"id": twin.faults.add(**body).id},
    ("DELETE", "/twin/faults"): _clear_faults,
    ("GET", "/twin/clock"): lambda twin, _: twin.clock.as_json(),
    ("POST", "/twin/clock"): change_clock,
    ("POST", "/twin/tokens/expire"): _expire_tokens,
}
