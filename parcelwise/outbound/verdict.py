"""What a status means: an answer, or one of the three ways to fail."""

from __future__ import annotations

import email.utils
import math
from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import urlsplit

from django.utils import timezone

from parcelwise.errors import GiveUp, Misconfigured, RetryLater, Unanswered
from parcelwise.outbound.answer import Answer

REQUEST_TIMEOUT = 408
#: Statuses besides 5xx that say "not now": request time-out, too early, too many requests.
NOT_NOW = {REQUEST_TIMEOUT, 425, 429}


def judge(answer: Answer, expect: Collection[int]) -> Answer:
    """The answer if its status is wanted, else the error that its status stands for."""
    status = answer.status
    if 200 <= status < 300 or status in expect:
        return answer
    said = f"{urlsplit(answer.url).hostname} answered {status} {_phrase(status)}".rstrip()
    detail = f": {excerpt}" if (excerpt := answer.excerpt()) else "."
    if status >= 500 or status in NOT_NOW:
        kind = Unanswered if status >= 500 or status == REQUEST_TIMEOUT else RetryLater
        raise kind(f"{said}{detail}", after=retry_after(answer.headers.get("retry-after", "")))
    if status in (401, 403):
        raise Misconfigured(f"{said}, so the credentials are not accepted{detail}")
    if 300 <= status < 400:
        target = answer.hide(answer.headers.get("location", "nowhere"))
        raise GiveUp(f"{said} and points to {target}; that is not followed.")
    raise GiveUp(f"{said}{detail}")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def retry_after(value: str) -> float | None:
    """Seconds from a Retry-After header, which is a number or an HTTP date (RFC 9110 section 10.2.3)."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        if moment.tzinfo is None:
            return None
        seconds = (moment - timezone.now()).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None
