"""One HTTP call: sent, repeated where that is safe, read within its limits, judged by its status."""

from __future__ import annotations

import json as jsonlib
import logging
import random
import time
from collections.abc import Collection, Mapping
from typing import Any

import httpcore
import httpx

from parcelwise import __version__
from parcelwise.conf import outbound as conf
from parcelwise.errors import GiveUp, Misconfigured, RetryLater, Unanswered
from parcelwise.outbound.answer import Answer
from parcelwise.outbound.body import ACCEPT_ENCODING, read_body
from parcelwise.outbound.hurry import capped
from parcelwise.outbound.network import Deadline, OutOfBounds, StaleConnection, within
from parcelwise.outbound.pool import pool
from parcelwise.outbound.redaction import Redactor
from parcelwise.outbound.verdict import judge

logger = logging.getLogger("parcelwise.outbound")

#: RFC 9110 section 9.2.2: doing it twice is doing it once.
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
#: Headers of a call that a redirect to another host still gets.
_HARMLESS = {"accept", "accept-encoding", "accept-language", "user-agent"}
#: Half the seconds before the first repetition; doubles with each further one, with jitter.
_PAUSE = 0.15
#: How many connections that turn out to be closed a call may meet besides its tries.
_STALE = 3
#: The libraries' own words repeat the header, which may be the credential; so do the errors behind ours.
_BAD_HEADER = (
    "The call to {host} cannot be sent: a credential or another header has a line break or a letter in it that no "
    "header takes."
)


class _Unsent(Unanswered):
    """The connection did not come about, so nothing can have happened on the other side."""


class _Stale(Unanswered):
    """A kept connection was closed in the moment it was used again. Several in a row may be."""


def request(  # noqa: PLR0913 - the one door has all the keys
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    data: Mapping[str, Any] | None = None,
    content: bytes | None = None,
    deadline: float | None = None,
    max_body: int | None = None,
    retries: int | None = None,
    idempotent: bool | None = None,
    redirects: int = 0,
    expect: Collection[int] = (),
    allow_private: bool = False,
    secrets: Collection[str] = (),
    cut: bool = False,
) -> Answer:
    """Make one HTTP call and return its answer, which has a status of 2xx or one of ``expect``.

    ``deadline``: seconds for everything together, repetitions and pauses included. ``max_body``: bytes of the inflated
    answer. ``retries``: further tries after a refused connection, 408, 425, 429 or 5xx; a call that was sent is only
    repeated when it is ``idempotent`` (its method says so, unless you do). ``redirects``: how many to follow, for GET
    and HEAD only. ``allow_private``: the URL comes from the operator's settings and may lead into a private network.
    ``secrets``: more texts to keep out of errors and logs; credentials in headers, query and body are found by name.
    ``cut``: of an answer larger than ``max_body`` only the beginning is wanted.

    Raises RetryLater (time-out, broken connection, 408, 425, 429, 5xx, damaged answer), Misconfigured (401, 403) or
    GiveUp (any other status, a redirect that was not asked for, a private address, an answer that is too large).
    """
    try:
        address = httpx.URL(url).copy_merge_params(params or {})  # params alone would replace the query of the URL
        first = httpx.Request(
            method.upper(),
            address,
            headers=_headers(headers or {}, address.host),
            json=None if json is None else _plain(json),
            data=dict(data) if data is not None else None,
            content=content,
        )
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise GiveUp(f"The call cannot be made: {error}") from error
    call = _Call(
        first,
        Deadline(capped(conf.DEADLINE if deadline is None else deadline)),
        conf.MAX_BODY if max_body is None else max_body,
        Redactor(first, json if json is not None else data, secrets),
        allow_private,
        cut,
    )
    return _answered(
        call,
        redirects,
        expect,
        tries=1 + (conf.RETRIES if retries is None else retries),
        repeatable=method.upper() in IDEMPOTENT if idempotent is None else idempotent,
    )


def _answered(call: _Call, redirects: int, expect: Collection[int], *, tries: int, repeatable: bool) -> Answer:
    """The answer of the first try that brings one."""
    made = stale = 0
    while True:
        try:
            return judge(call.follow(redirects), expect)
        except RetryLater as trouble:
            if isinstance(trouble, _Stale) and repeatable and stale < _STALE:
                stale += 1  # no try of its own: the other side never saw it
                continue
            made += 1
            pause = _PAUSE * 2**made * random.uniform(0.5, 1.5) if trouble.after is None else trouble.after
            if made >= tries or not (repeatable or isinstance(trouble, _Unsent)) or pause >= call.deadline.left():
                raise
            logger.info("%s Trying again in %.1f s.", trouble, pause)
        time.sleep(pause)


def _headers(given: Mapping[str, str], host: str) -> httpx.Headers:
    try:
        return httpx.Headers(
            {"accept-encoding": ACCEPT_ENCODING, "user-agent": f"parcelwise/{__version__}", **given}, encoding="ascii"
        )
    except UnicodeEncodeError:
        raise Misconfigured(_BAD_HEADER.format(host=host)) from None


def _plain(value: Any) -> Any:
    """``value`` if it is JSON; TypeError or ValueError otherwise, NaN included."""
    jsonlib.dumps(value, allow_nan=False)
    return value


class _Call:
    """What the tries of one call share."""

    def __init__(
        self, first: httpx.Request, deadline: Deadline, cap: int, redactor: Redactor, allow_private: bool, cut: bool
    ) -> None:
        self._first, self.deadline, self._cap, self._redactor = first, deadline, cap, redactor
        self._allow_private, self._cut = allow_private, cut

    def follow(self, redirects: int) -> Answer:
        """The answer at the end of at most ``redirects`` redirects."""
        request = self._first
        for left in range(redirects, -1, -1):
            answer = self._send(request)
            location = answer.headers.get("location")
            if not (300 <= answer.status < 400 and location and left and request.method in ("GET", "HEAD")):
                return answer
            request = self._redirected(request, location)
        raise AssertionError("unreachable")

    def _redirected(self, request: httpx.Request, location: str) -> httpx.Request:
        try:
            url = request.url.join(location)
        except httpx.InvalidURL as error:
            raise GiveUp(f"{request.url.host} redirects to an address that is none.") from error
        if request.url.scheme == "https" and url.scheme != "https":
            raise GiveUp(f"{request.url.host} redirects from https to {self._redactor.url(url)}.")
        origin = (url.scheme, url.host, url.port) == (request.url.scheme, request.url.host, request.url.port)
        kept = {
            name: value
            for name, value in request.headers.items()
            if name != "host" and (origin or name in _HARMLESS)  # credentials are for the first host alone
        }
        return httpx.Request(request.method, url, headers=kept)

    def _send(self, request: httpx.Request) -> Answer:
        url, host = request.url, request.url.host
        if url.scheme not in ("http", "https") or not host:
            raise OutOfBounds(f"“{self._redactor.url(url)}” is not an http or https address.")
        if url.userinfo:
            raise OutOfBounds(f"The address of {host} has a user name or password in it; they belong into a header.")
        began = time.monotonic()
        try:
            with within(self.deadline):
                answer = self._exchange(request)
        except httpcore.LocalProtocolError:
            raise Misconfigured(_BAD_HEADER.format(host=host)) from None
        except httpcore.ConnectTimeout as error:
            why = self._redactor.hide(str(error)) or "time-out"
            raise _Unsent(f"{host} could not be reached within {self.deadline.seconds:g} s: {why}.") from error
        except httpcore.ConnectError as error:
            raise _Unsent(f"{host} could not be reached: {self._redactor.hide(str(error))}.") from error
        except StaleConnection as error:
            raise _Stale(f"{host} closed the connection.") from error
        except httpcore.TimeoutException as error:
            raise Unanswered(f"{host} did not finish its answer within {self.deadline.seconds:g} s.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            why = self._redactor.hide(str(error)) or type(error).__name__
            raise Unanswered(f"{host} broke off the connection: {why}.") from error
        logger.debug("%s %s: %s, %.0f ms", request.method, answer.url, answer.status, (time.monotonic() - began) * 1e3)
        return answer

    def _exchange(self, request: httpx.Request) -> Answer:
        url, left = request.url, max(self.deadline.left(), 0.001)
        with pool(self._allow_private).stream(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.read(),
            extensions={"timeout": {"connect": left, "read": left, "write": left, "pool": left}},
        ) as response:
            headers = httpx.Headers(response.headers)
            encoding = "" if request.method == "HEAD" else headers.get("content-encoding", "")
            body = read_body(response.iter_stream(), encoding, self._cap, url.host, cut=self._cut)
        return Answer(response.status, headers, body, self._redactor.url(url), self._redactor.hide)
