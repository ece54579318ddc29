"""The raw body of a request, read once and never beyond a limit."""

from __future__ import annotations

from typing import Protocol

from django.http import HttpRequest
from django.http.request import UnreadablePostError


class Unfit(Exception):
    """A body that is not taken: with which status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_body(request: HttpRequest, limit: int) -> bytes:
    """The body as it came over the wire; Unfit when it is longer than ``limit`` bytes, or not all of it came.

    ``request.body`` would hold its own, smaller limit against it, and knows no body without a stated length.
    """
    if (already := getattr(request, "_body", None)) is not None:
        return _within(already, limit)
    stated = _stated_length(request)
    if stated is not None and stated > limit:
        raise Unfit(413, f"more than {limit} bytes")
    try:
        body = _within(_read(_source(request, stated), limit + 1), limit)
    except (UnreadablePostError, OSError) as error:
        raise Unfit(400, "the body did not come through") from error
    if stated is not None and len(body) < stated:
        raise Unfit(400, "the body is shorter than was stated")
    return body


def _stated_length(request: HttpRequest) -> int | None:
    stated = request.META.get("CONTENT_LENGTH")
    if not stated:
        return None
    try:
        return int(stated)
    except ValueError as error:
        raise Unfit(400, "the stated length is no number") from error


def _source(request: HttpRequest, stated: int | None) -> _Readable:
    """Where the body comes from. Of one in chunks only some WSGI servers show the end, and Django reads none of it."""
    stream: _Readable | None = request.META.get("wsgi.input")
    if stated is not None or stream is None:
        return request
    if request.META.get("wsgi.input_terminated"):
        return stream
    if "HTTP_TRANSFER_ENCODING" in request.META:
        raise Unfit(411, "state the length of the body")
    return request


def _read(source: _Readable, most: int) -> bytes:
    pieces, wanted = [], most
    while wanted > 0 and (piece := source.read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def _within(body: bytes, limit: int) -> bytes:
    if len(body) > limit:
        raise Unfit(413, f"more than {limit} bytes")
    return body
