"""How connectors reach a carrier: one deadline for the whole call, a cap on the body, verified TLS, no redirects.

Connectors of the Karrio SDK call the standard library without a time-out, follow redirects to any host, inflate what
they are sent, and their import switches off the verification of TLS certificates for the whole process. This takes the
place of their one call to the network.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from parcelwise.conf import outbound as conf
from parcelwise.errors import Misconfigured, RetryLater

PIECE = 65_536


class Unauthorized(Misconfigured):
    """The carrier does not take the token or the credentials."""


class Answered:
    """An answer that has been read whole; looks like the one of ``urllib.request.urlopen``."""

    def __init__(self, status: int, headers: Message, body: bytes, url: str) -> None:
        self.status, self.headers, self.url, self._body = status, headers, url, body

    def read(self) -> bytes:
        return self._body

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        return None


def send(request: Request, timeout: float | None = None) -> Answered:
    """Do ``request`` within ``PARCELWISE["OUTBOUND"]["DEADLINE"]`` seconds, or ``timeout`` if that is shorter.

    Raises RetryLater (unreachable, too slow, too large, 429, 5xx, a redirect), Unauthorized (401, 403), and
    ``urllib.error.HTTPError`` for other refusals, whose body is the carrier's explanation.
    """
    limit = min(timeout or conf.DEADLINE, conf.DEADLINE)
    host = urlsplit(request.full_url).netloc
    try:
        with _connection(request, limit) as (connection, watchdog):
            try:
                answered = _exchange(connection, request)
            except (OSError, http.client.HTTPException, zlib.error) as error:
                if watchdog.has_cut:
                    raise RetryLater(f"{host} did not answer within {limit:g} seconds.") from error
                raise
    except TimeoutError as error:
        raise RetryLater(f"{host} did not answer within {limit:g} seconds.") from error
    except (OSError, http.client.HTTPException, zlib.error) as error:
        raise RetryLater(f"{host} could not be reached: {error or type(error).__name__}") from error
    return _judged(answered, host)


class _Watchdog:
    """Cuts the line at the deadline: a time-out on the socket would start anew with every byte that drips in."""

    def __init__(self, connection: http.client.HTTPConnection, seconds: float) -> None:
        self.has_cut, self._connection = False, connection
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def _cut(self) -> None:
        self.has_cut = True
        if self._connection.sock is not None:
            with suppress(OSError):
                self._connection.sock.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()


@contextmanager
def _connection(request: Request, limit: float) -> Iterator[tuple[http.client.HTTPConnection, _Watchdog]]:
    parts = urlsplit(request.full_url)
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.netloc, timeout=limit, context=ssl.create_default_context())
    elif parts.scheme == "http":
        connection = http.client.HTTPConnection(parts.netloc, timeout=limit)
    else:
        raise Misconfigured(f"{request.full_url} is not an address of the web.")
    watchdog = _Watchdog(connection, limit)
    watchdog.start()
    try:
        yield connection, watchdog
    finally:
        watchdog.stop()
        connection.close()


def _exchange(connection: http.client.HTTPConnection, request: Request) -> Answered:
    parts = urlsplit(request.full_url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    headers = {"Connection": "close", "Accept-Encoding": "gzip", **dict(request.header_items())}
    connection.request(request.get_method(), target, body=request.data, headers=headers)
    response = connection.getresponse()
    body = b"".join(_pieces(response))
    return Answered(response.status, response.headers, body, request.full_url)


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The inflated body; stops with RetryLater at the cap, before more is inflated."""
    zipped = (response.headers.get("Content-Encoding") or "").lower() in ("gzip", "deflate")
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 32) if zipped else None
    left = conf.MAX_BODY
    while piece := response.read(PIECE):
        while piece:
            plain = inflate.decompress(piece, PIECE) if inflate else piece
            piece = inflate.unconsumed_tail if inflate else b""
            left -= len(plain)
            if left < 0:
                raise RetryLater(f"The answer is larger than {conf.MAX_BODY:,} bytes.")
            yield plain


def _judged(answered: Answered, host: str) -> Answered:
    status = answered.status
    if status in (401, 403):
        raise Unauthorized(f"{host} does not accept the credentials (status {status}).")
    if status == 429:
        raise RetryLater(f"{host} asks to slow down (status 429).", after=retry_after(answered.headers))
    if status >= 500:
        raise RetryLater(f"{host} has trouble of its own (status {status}).", after=retry_after(answered.headers))
    if 300 <= status < 400:
        raise RetryLater(f"{host} points somewhere else (status {status}); redirects are not followed.")
    if status >= 400:
        raise HTTPError(answered.url, status, "refused", answered.headers, io.BytesIO(answered.read()))
    return answered


def retry_after(headers: Message) -> float | None:
    """Seconds to wait, from ``Retry-After`` in seconds or as a date (RFC 9110, 10.2.3)."""
    value = str(headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
