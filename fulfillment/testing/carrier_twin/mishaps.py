"""How a spoiled answer goes over the wire."""

from __future__ import annotations

import gzip
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler

from fulfillment.testing.carrier_twin.faults import Fault
from fulfillment.testing.carrier_twin.wire import Answer, Wire
from fulfillment.testing.twins.mishaps import PAGE, drip


def reply(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    """Send ``answer`` as it is."""
    body = answer.body
    handler.send_response(answer.status)
    handler.send_header("Content-Type", "application/json")
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def strike(handler: BaseHTTPRequestHandler, fault: Fault, wire: Wire, stopping: threading.Event) -> None:
    """Answer as ``fault`` says instead of as the carrier would."""
    handler.close_connection = True
    if fault.kind in _ODD:
        _ODD[fault.kind](handler, fault, stopping)
        return
    if fault.kind.isdigit():
        answer = wire.refused(int(fault.kind))
        headers = (
            {"Retry-After": str(int(fault.seconds))} if fault.kind in ("429", "503") and fault.seconds >= 0 else {}
        )
        reply(handler, Answer(answer.status, answer.content, headers))
        return
    reply(
        handler,
        {
            "garbled": Answer(200, b'{"trackResponse": {"shipment": [{"inquiry'),
            "html": Answer(200, PAGE),
            "empty": Answer(200, {}),
            "null": Answer(200, b"null"),
            "redirect": Answer(302, b"", {"Location": fault.target}),
        }[fault.kind],
    )


def _hang(handler: BaseHTTPRequestHandler, fault: Fault, stopping: threading.Event) -> None:
    stopping.wait(fault.seconds)


def _drip(handler: BaseHTTPRequestHandler, fault: Fault, stopping: threading.Event) -> None:
    drip(handler, fault.seconds, stopping)


def _endless(handler: BaseHTTPRequestHandler, fault: Fault, stopping: threading.Event) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not stopping.is_set():
        handler.wfile.write(b" " * 65_536)


def _bomb(handler: BaseHTTPRequestHandler, fault: Fault, stopping: threading.Event) -> None:
    body = _swelling()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@cache
def _swelling() -> bytes:
    """32 KiB that become 32 MiB."""
    return gzip.compress(b" " * 32 * 1024 * 1024, compresslevel=6)


def _reset(handler: BaseHTTPRequestHandler, fault: Fault, stopping: threading.Event) -> None:
    _begin(handler, length=10_000)
    handler.wfile.write(b'{"shipments":')


def _begin(handler: BaseHTTPRequestHandler, *, length: int) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


_ODD = {"hang": _hang, "drip": _drip, "endless": _endless, "bomb": _bomb, "reset": _reset}
