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
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request

from parcelwise.conf import outbound as conf
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.outbound.places import resolve

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
    line = _Line(limit)
    try:
        answered = line.exchange(request)
    except (OSError, http.client.HTTPException, zlib.error) as error:
        if line.is_cut or isinstance(error, TimeoutError):
            raise RetryLater(f"{host} did not answer within {limit:g} seconds.") from error
        raise RetryLater(f"{host} could not be reached: {error or type(error).__name__}") from error
    finally:
        line.close()
    return _judged(answered, host)


class _Line:
    """One connection that is cut at the deadline: a socket's own time-out starts anew with every byte that drips in."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.is_cut = seconds, False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def _cut(self) -> None:
        self.is_cut = True
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def exchange(self, request: Request) -> Answered:
        parts = urlsplit(request.full_url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=self.seconds)
        connection.sock = self._connected(parts)
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        headers = {"Connection": "close", "Accept-Encoding": "gzip", **dict(request.header_items())}
        try:
            connection.request(request.get_method(), target, body=request.data, headers=headers)
        except ValueError:
            # The library's own words repeat the header, which may be the credential.
            raise Misconfigured(
                f"The call to {parts.netloc} cannot be sent: a credential has a line break or a letter in it that no "
                "header takes."
            ) from None
        with connection.getresponse() as response:
            return Answered(response.status, response.headers, b"".join(_pieces(response)), request.full_url)

    def _connected(self, parts: SplitResult) -> socket.socket:
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(f"“{parts.geturl()}” is not an address of the web.")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._socket = plain = _dial(parts.hostname, port, self.seconds)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._socket = sealed = context.wrap_socket(
                plain, server_hostname=parts.hostname, do_handshake_on_connect=False
            )
            sealed.do_handshake()
        if self.is_cut:
            raise TimeoutError
        return self._socket


def _dial(host: str, port: int, timeout: float) -> socket.socket:
    """Connect to the very address that was looked at, so that a name cannot change its mind in between.

    Raises Misconfigured for an address in a private range that ``PARCELWISE["OUTBOUND"]["ALLOW_PRIVATE"]`` does not
    name: the server of an account is something that a person typed.
    """
    try:
        found = resolve(host, port, timeout)
    except GiveUp as refusal:
        raise Misconfigured(str(refusal)) from refusal
    error: OSError | None = None
    for ip in found:
        try:
            dialled = socket.create_connection((ip, port), timeout / len(found))
            dialled.settimeout(timeout)
            return dialled
        except OSError as failure:
            error = failure
    raise error or OSError(f"{host} has no address")


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
    if response.length:  # a read of some bytes does not tell the end from a line that broke
        raise http.client.IncompleteRead(b"", response.length)


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
