"""An HTTP server on loopback that misbehaves in the way its path names, one thread a connection."""

from __future__ import annotations

import gzip
import json
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

HEAD = "HTTP/1.1 {status}\r\n{headers}\r\n"


class Connection(socketserver.StreamRequestHandler):
    server: FaultServer
    #: Calls on this connection.
    calls = 0

    def handle(self) -> None:
        while line := self.rfile.readline(65536).decode("latin-1").strip():
            method, target, _ = line.split(" ", 2)
            headers = {}
            while header := self.rfile.readline(65536).decode("latin-1").strip():
                name, _, value = header.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
            url = urlsplit(target)
            self.server.heard.append((method, target, headers, body))
            self.calls += 1
            fault = FAULTS[url.path.strip("/").split("/")[0]]
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            try:
                fault(self, query)
                self.wfile.flush()
            except (BrokenPipeError, ConnectionResetError):
                return
            if fault not in KEEP_ALIVE:
                return

    def say(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        lines = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        if FAULTS[urlsplit(self.server.heard[-1][1]).path.strip("/").split("/")[0]] not in KEEP_ALIVE:
            lines["Connection"] = "close"
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
        self.wfile.write(HEAD.format(status=status, headers=text).encode("latin-1") + body)

    def drip(self, text: bytes) -> None:
        for number in range(len(text)):
            self.wfile.write(text[number : number + 1])
            self.wfile.flush()
            time.sleep(0.1)

    def nth(self) -> int:
        """How many calls came to this target so far, this one included."""
        target = self.server.heard[-1][1]
        return sum(1 for _, other, *_ in self.server.heard if other == target)


def ok(c: Connection, _: dict[str, str]) -> None:
    method, target, headers, body = c.server.heard[-1]
    echo = {"method": method, "target": target, "headers": headers, "body": body.decode("latin-1")}
    c.say(b"" if method == "HEAD" else json.dumps(echo).encode())


def hang(c: Connection, _: dict[str, str]) -> None:
    c.server.closing.wait(30)


def drip_headers(c: Connection, _: dict[str, str]) -> None:
    c.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"s" * 300)


def drip_body(c: Connection, _: dict[str, str]) -> None:
    c.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n")
    c.drip(b"b" * 300)


def continue_for_ever(c: Connection, _: dict[str, str]) -> None:
    while True:
        c.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def reset(c: Connection, _: dict[str, str]) -> None:
    # SO_LINGER with a time of zero: closing sends RST.
    c.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.request.close()


def silent(c: Connection, _: dict[str, str]) -> None:
    """Closes without a word."""


def stale(c: Connection, _: dict[str, str]) -> None:
    """Keeps the connection open, and closes it when it is used again."""
    if c.calls == 1:
        ok(c, {})
    else:
        c.request.shutdown(socket.SHUT_RDWR)


def garbage(c: Connection, _: dict[str, str]) -> None:
    c.wfile.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")


def truncated(c: Connection, _: dict[str, str]) -> None:
    c.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"half":')


def endless(c: Connection, _: dict[str, str]) -> None:
    c.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        c.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def bomb(c: Connection, query: dict[str, str]) -> None:
    """100 MB of zeros in some 100 kB."""
    kind = query.get("kind", "gzip")
    packer = zlib.compressobj(9, zlib.DEFLATED, {"gzip": 31, "deflate": 15, "raw": -15}[kind])
    packed = b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    c.say(packed, Content_Encoding="gzip" if kind == "gzip" else "deflate")


def packed(c: Connection, query: dict[str, str]) -> None:
    text = b'{"packed": true}'
    pack: dict[str, Callable[[], bytes]] = {
        "gzip": lambda: gzip.compress(text),
        "members": lambda: gzip.compress(text[:5]) + gzip.compress(text[5:]),
        "deflate": lambda: zlib.compress(text),
        "raw": lambda: zlib.compress(text)[2:-4],
        "cut": lambda: gzip.compress(text)[:-9],
        "damaged": lambda: b"\x1f\x8b\x08no gzip at all",
        "br": lambda: b"\x0b\x07\x80{}\x03",
    }
    kind = query["kind"]
    encoding = {"members": "gzip", "raw": "deflate", "cut": "gzip", "damaged": "gzip"}.get(kind, kind)
    c.say(pack[kind](), Content_Encoding=encoding)


def redirect(c: Connection, query: dict[str, str]) -> None:
    c.say(b"", status="302 Found", Location=query["to"])


def status(c: Connection, query: dict[str, str]) -> None:
    c.say(b'{"error": "no"}', status=f"{query['code']} Said So", Retry_After=query.get("after", ""))


def recovers(c: Connection, query: dict[str, str]) -> None:
    """Fails as often as asked, then works."""
    if c.nth() <= int(query["fails"]):
        c.say(b"busy", status=f"{query.get('code', '503')} No", Retry_After=query.get("after", ""))
    else:
        c.say(b'{"tries": %d}' % c.nth())


def tomorrow(c: Connection, _: dict[str, str]) -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    c.say(b"", status="503 Service Unavailable", Retry_After=moment)


def latin(c: Connection, query: dict[str, str]) -> None:
    c.say('{"city": "München"}'.encode("latin-1"), Content_Type=query.get("type", "application/json"))


def page(c: Connection, _: dict[str, str]) -> None:
    c.say(b"<html><h1>We will be back soon</h1></html>", Content_Type="text/html; charset=utf-8")


def deep(c: Connection, _: dict[str, str]) -> None:
    c.say(b"[" * 100_000 + b"]" * 100_000)


def not_a_number(c: Connection, _: dict[str, str]) -> None:
    c.say(b'{"price": NaN}')


def tells_secrets(c: Connection, _: dict[str, str]) -> None:
    c.say(json.dumps({"you sent": c.server.heard[-1][1:3]}).encode(), status="400 Bad Request")


FAULTS: dict[str, Callable[[Connection, dict[str, str]], None]] = {
    fault.__name__: fault
    for fault in (
        ok, hang, drip_headers, drip_body, continue_for_ever, reset, silent, stale, garbage, truncated, endless, bomb,
        packed, redirect, status, recovers, tomorrow, latin, page, deep, not_a_number, tells_secrets,
    )
}  # fmt: skip
KEEP_ALIVE = {ok, stale}


class FaultServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.closing = threading.Event()
        #: Each call as (method, target, headers, body).
        self.heard: list[tuple[str, str, dict[str, str], bytes]] = []
        #: How many connections were opened.
        self.connections = 0

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        self.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: socket.socket, client_address: tuple[str, int]) -> None:
        """The client went away in the middle: that is what these tests are about."""

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.server_address[1]}/{path}"


@contextmanager
def fault_server() -> Iterator[FaultServer]:
    server = FaultServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
