"""How our own gateways reach an interface: one call through :mod:`parcelwise.outbound`, judged by its status."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from fulfillment.carriers.transport import STATUSES, RateLimited, Unauthorized
from parcelwise import outbound
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.outbound import Answer
from parcelwise.outbound.network import OutOfBounds
from parcelwise.outbound.verdict import retry_after


class Garbled(RetryLater):
    """An answer that makes no sense; ``raw`` is what came."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


def call(  # noqa: PLR0913 - what a call has
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    params: Mapping[str, Any] | None = None,
    json: Any = None,
    secrets: Collection[str] = (),
    deadline: float | None = None,
) -> Answer:
    """The answer: 2xx, or a refusal of 4xx whose body says why.

    ``deadline`` in seconds; None: as the settings say. RetryLater (unreachable, too slow, too large, a redirect, 429,
    5xx), Misconfigured (401, 403, a private address).
    Trying again is the poll's business.
    """
    try:
        answer = outbound.request(
            method,
            url,
            headers=headers,
            params=params,
            json=json,
            secrets=secrets,
            deadline=deadline,
            retries=0,
            expect=STATUSES,
        )
    except OutOfBounds as refusal:
        raise Misconfigured(str(refusal)) from refusal
    except GiveUp as trouble:
        # An answer that is too large is about this call; the next may be another.
        raise RetryLater(str(trouble)) from trouble
    _judge(answer)
    return answer


def content_of(answer: Answer) -> Any:
    """The answer's JSON; Garbled when it is none."""
    try:
        return answer.json()
    except RetryLater as trouble:
        raise Garbled(str(trouble), answer.hide(answer.text)) from trouble


def _judge(answer: Answer) -> None:
    status, host = answer.status, outbound_host(answer)
    if status in (401, 403):
        raise Unauthorized(f"{host} does not accept the credentials (status {status}): {answer.excerpt()}")
    wait = retry_after(answer.headers.get("Retry-After", "")) or _until_reset(answer.headers)
    if status == 429:
        raise RateLimited(f"{host} asks to slow down (status 429).", after=wait)
    if status >= 500:
        raise RetryLater(f"{host} has trouble of its own (status {status}).", after=wait)
    if 300 <= status < 400:
        raise RetryLater(f"{host} points somewhere else (status {status}); redirects are not followed.")


def outbound_host(answer: Answer) -> str:
    return answer.url.partition("://")[2].partition("/")[0]


def _until_reset(headers: Mapping[str, str]) -> float | None:
    """Seconds until the limit is lifted, where a moment of Unix time is given for it (AfterShip)."""
    reset = headers.get("X-RateLimit-Reset", "")
    if not reset.isdecimal() or len(reset) > 12:
        return None
    return min(max(int(reset) - time.time(), 1.0), 3600.0)
