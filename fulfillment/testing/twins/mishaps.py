"""How answers, whole and spoiled ones, go over the wire."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

from fulfillment.testing.twins.faults import Fault
from fulfillment.testing.twins.wire import Answer

PAGE = b"<!DOCTYPE html><html><head><title>Scheduled maintenance</title></head><body>We'll be back soon.</body></html>"
NOTICE = b"<br />\n<b>Warning</b>:  Undefined array key 1 in <b>/srv/plugins/feed/feed.php</b> on line <b>7</b><br />\n"
#: Where the ``redirect`` fault points to: the metadata service of cloud machines.
TEMPTATION = "http://169.254.169.254/latest/meta-data/"


def reply(handler: BaseHTTPRequestHandler, answer: Answer, cut_to: float | None = None) -> None:
    """Send ``answer`` as it is, or only the share ``cut_to`` of its body."""
    begin(handler, answer)
    if isinstance(answer.body, bytes):
        handler.send_header("Content-Length", str(len(answer.body)))
        sent = answer.body if cut_to is None else answer.body[: int(len(answer.body) * cut_to)]
        finish(handler, b"" if handler.command == "HEAD" else sent)
        return
    # Who knows the length beforehand says so in a header, and the pieces go out as they are.
    chunked = "Content-Length" not in answer.headers
    if chunked:
        handler.send_header("Transfer-Encoding", "chunked")
    finish(handler, b"")
    for piece in answer.body if handler.command != "HEAD" else ():
        if not chunked:
            handler.wfile.write(piece)
        elif piece:
            handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if cut_to is not None:
            return
    if chunked:
        handler.wfile.write(b"0\r\n\r\n")


def begin(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    handler.send_header("Content-Type", answer.content_type)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if handler.close_connection:
        handler.send_header("Connection", "close")


def finish(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Head and body in one packet: two would wait for each other's acknowledgement."""
    handler._headers_buffer.append(b"\r\n" + body)  # type: ignore[attr-defined]
    handler.flush_headers()


def strike(
    handler: BaseHTTPRequestHandler,
    fault: Fault,
    right: Callable[[], Answer],
    refused: Callable[[int], Answer],
    stopping: threading.Event,
) -> int:
    """Answer as ``fault`` says. ``right`` has the effect and gives the true answer. Returns the status (0: none)."""
    if fault.kind in ("slow", "notice"):
        stopping.wait(fault.seconds if fault.kind == "slow" else 0)
        answer = right()
        reply(handler, answer if fault.kind == "slow" else _noticed(answer))
        return answer.status
    if fault.kind.isdigit():
        answer = refused(int(fault.kind))
        wait = {"Retry-After": _seconds(fault.seconds)} if fault.kind in ("429", "503") else {}
        reply(handler, Answer(answer.status, answer.body, {**answer.headers, **wait}, answer.content_type))
        return answer.status
    if fault.kind in _PLAIN:
        reply(handler, _PLAIN[fault.kind])
        return _PLAIN[fault.kind].status
    handler.close_connection = True
    _broken(handler, fault, right, stopping)
    return 0


def _broken(
    handler: BaseHTTPRequestHandler, fault: Fault, right: Callable[[], Answer], stopping: threading.Event
) -> None:
    if fault.kind == "hang":
        stopping.wait(fault.seconds)
    elif fault.kind == "drip":
        drip(handler, fault.seconds, stopping)
    elif fault.kind == "truncated":
        reply(handler, right(), cut_to=0.5)
    else:
        if fault.kind == "after":
            right()
        reset(handler)


def _noticed(answer: Answer) -> Answer:
    body = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
    return replace(answer, body=NOTICE + body)


def drip(handler: BaseHTTPRequestHandler, seconds: float, stopping: threading.Event) -> None:
    """Begin an answer of 10,000 bytes and send one every so many seconds."""
    begin(handler, Answer())
    handler.send_header("Content-Length", "10000")
    finish(handler, b"")
    while not stopping.wait(seconds):
        handler.wfile.write(b" ")


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Drop the connection at once: the other side sees a reset, not an end."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    # The server's own way would be to say good-bye first.
    socket.close(handler.connection.detach())


def _seconds(seconds: float) -> str:
    return str(int(seconds)) if seconds == int(seconds) else str(seconds)


_PLAIN = {
    "garbage": Answer(200, PAGE, content_type="text/html; charset=UTF-8"),
    "invalid_json": Answer(200, b'{"id": 13, "status": "proce'),
    "redirect": Answer(302, b"", {"Location": TEMPTATION}),
}
