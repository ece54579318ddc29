"""How connectors reach a carrier: through :func:`parcelwise.outbound.request`, like every other call of Parcelwise.

Connectors of the Karrio SDK call the standard library without a time-out, follow redirects to any host, inflate what
they are sent, and their import switches off the verification of TLS certificates for the whole process. This takes the
place of their one call to the network, and looks to them like that call.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from email.message import Message
from types import TracebackType
from typing import Self
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from parcelwise import outbound
from parcelwise.conf import outbound as conf
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.outbound.network import OutOfBounds
from parcelwise.outbound.verdict import retry_after

#: Every status comes back from the call: which of them the connector gets to see is decided here.
STATUSES = range(100, 600)


_seconds: ContextVar[float | None] = ContextVar("parcelwise_carrier_seconds", default=None)


@contextmanager
def within(seconds: float | None) -> Iterator[None]:
    """Calls in this block end after ``seconds``; None: as the settings say."""
    before = _seconds.set(seconds)
    try:
        yield
    finally:
        _seconds.reset(before)


class Unauthorized(Misconfigured):
    """The carrier does not take the token or the credentials."""


class RateLimited(RetryLater):
    """The carrier asks for fewer calls; ``after`` is None when it does not say for how long to wait."""


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

    Raises RetryLater (unreachable, too slow, too large, 429, 5xx, a redirect), Unauthorized (401, 403), Misconfigured
    (an address that is none or is out of bounds), and ``urllib.error.HTTPError`` for other refusals, whose body is the
    carrier's explanation.
    """
    longest = _seconds.get() or conf.DEADLINE
    try:
        answer = outbound.request(
            request.get_method(),
            request.full_url,
            headers=dict(request.header_items()),
            content=request.data if isinstance(request.data, bytes) else None,
            deadline=min(timeout or longest, longest),
            # Trying again is the poll's business; asking twice on a line that was closed meanwhile does no harm.
            retries=0,
            idempotent=True,
            expect=STATUSES,
        )
    except OutOfBounds as refusal:
        raise Misconfigured(str(refusal)) from refusal
    except GiveUp as trouble:
        # An answer that is too large or oddly wrapped is about this call; the next may be another.
        raise RetryLater(str(trouble)) from trouble
    headers = Message()
    for name, value in answer.headers.multi_items():
        headers[name] = value
    return _judged(Answered(answer.status, headers, answer.body, request.full_url))


def _judged(answered: Answered) -> Answered:
    status, host = answered.status, urlsplit(answered.url).netloc
    if status in (401, 403):
        raise Unauthorized(f"{host} does not accept the credentials (status {status}).")
    wait = retry_after(answered.headers.get("Retry-After", ""))
    if status == 429:
        raise RateLimited(f"{host} asks to slow down (status 429).", after=wait)
    if status >= 500:
        raise RetryLater(f"{host} has trouble of its own (status {status}).", after=wait)
    if 300 <= status < 400:
        raise RetryLater(f"{host} points somewhere else (status {status}); redirects are not followed.")
    if status >= 400:
        raise HTTPError(answered.url, status, "refused", answered.headers, io.BytesIO(answered.read()))
    return answered
