"""One try: sign, call, say in words what came. No data base here, because it runs in threads."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from parcelwise.errors import ParcelwiseError, RetryLater
from parcelwise.outbound import Answer, request
from parcelwise.outbound.verdict import retry_after
from parcelwise.outgoing import signing
from parcelwise.outgoing.conf import outgoing as conf
from parcelwise.storable import storable

#: Bytes of an answer that are read, and letters of it that are kept.
READ, KEPT = 16 * 1024, 500
#: Every status is an answer: what it means is decided here.
ANY = range(100, 600)
#: The receiver is busy or down as a whole, so the endpoint is left alone and not only this message.
BUSY = frozenset({429, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: all that a thread has to know."""

    url: str
    name: str
    body: bytes
    keys: Sequence[str]


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a try. ``error``: empty when the receiver took it; ``after``: seconds that it asks us to wait."""

    at: datetime
    ms: int
    status: int | None = None
    answer: str = ""
    error: str = ""
    after: float | None = None

    @property
    def good(self) -> bool:
        return not self.error

    @property
    def is_gone(self) -> bool:
        """It never wants to hear of us again (410)."""
        return self.status == HTTPStatus.GONE

    @property
    def is_busy(self) -> bool:
        return self.status in BUSY

    def as_json(self) -> dict[str, Any]:
        told = asdict(self) | {"at": self.at.isoformat()}
        return {name: value for name, value in told.items() if value not in (None, "")}


def send(letter: Letter) -> Came:
    """Make one call. Never raises: whatever goes wrong is the error of the try."""
    at, began = timezone.now(), time.monotonic()
    try:
        answer = _called(letter, int(at.timestamp()))
    except ParcelwiseError as trouble:
        after = getattr(trouble, "after", None)
        return Came(at, _ms(began), error=storable(str(trouble))[:KEPT], after=after)
    except Exception as trouble:
        return Came(at, _ms(began), error=f"{type(trouble).__name__}: {storable(str(trouble))}"[:KEPT])
    error = "" if 200 <= answer.status < 300 else _words(answer)
    after = retry_after(answer.headers.get("retry-after", "")) if error else None
    return Came(at, _ms(began), answer.status, storable(answer.excerpt(KEPT)), storable(error), after)


def _called(letter: Letter, timestamp: int) -> Answer:
    if not letter.keys:
        raise RetryLater("It has no secret to sign with.")
    told = signing.headers(letter.keys, letter.name, timestamp, letter.body)
    return request(
        "POST",
        letter.url,
        headers={"content-type": "application/json; charset=utf-8", **told},
        content=letter.body,
        deadline=conf.DEADLINE,
        max_body=READ,
        cut=True,
        retries=0,
        idempotent=True,  # the id tells doubles, so a kept connection that turns out to be closed may be replaced
        expect=ANY,
        secrets=letter.keys,
    )


def _words(answer: Answer) -> str:
    told = f"{answer.status} {_phrase(answer.status)}".strip()
    if answer.status == HTTPStatus.GONE:
        return _("It answered %(status)s: it does not want to be told any more.") % {"status": told}
    if 300 <= answer.status < 400:
        target = answer.hide(answer.headers.get("location", ""))[:200]
        return _("It answered %(status)s and points to %(target)s. That is not followed: enter the final address.") % {
            "status": told,
            "target": target or "–",
        }
    if answer.status in (401, 403):
        return _("It answered %(status)s: does it verify with this endpoint's secret?") % {"status": told}
    return _("It answered %(status)s.") % {"status": told}


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
