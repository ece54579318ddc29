"""``Idempotency-Key``: the same write sent again gets the answer of the first, and happens once.

The answer is written in the transaction of the write. Two that come at once wait for each other at a unique key; a
write that fails leaves nothing behind, so that it can be mended and sent again. (After the IETF draft "The
Idempotency-Key HTTP Header Field": 422 for another request under a known key.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from parcelwise.api.callers import caller_of
from parcelwise.api.problems import Trouble
from parcelwise.conf import api as conf
from parcelwise.keys import AnsweredWrite

HEADER = "Idempotency-Key"
LONGEST = 200


def once(write: Callable[..., Response]) -> Callable[..., Response]:
    """Make ``write(view, request, …)`` one that happens once for each ``Idempotency-Key``, and in one transaction.

    ``write`` may set ``view.written`` to the record it is about, by whose erasure the answer is forgotten too.
    """

    @wraps(write)
    def written(view: Any, request: Any, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER, "")
        if len(key) > LONGEST or not key.isascii() or not key.isprintable():
            raise Trouble("bad-header", _("“%(name)s” has at most 200 letters of ASCII.") % {"name": HEADER})
        with transaction.atomic():
            if not key:
                return write(view, request, *args, **kwargs)
            return _answer(view, request, key, lambda: write(view, request, *args, **kwargs))

    return written


def _answer(view: Any, request: Any, key: str, write: Callable[[], Response]) -> Response:
    caller = caller_of(request)
    assert caller is not None
    mine = AnsweredWrite.objects.filter(caller=caller.id, key=key)
    mine.filter(answered_at__lte=timezone.now() - timedelta(hours=conf.KEEP_ANSWERS_HOURS)).delete()
    fingerprint = _fingerprint(request)
    try:
        with transaction.atomic():  # waits here for another one under the same key
            row: Any = AnsweredWrite.objects.create(caller=caller.id, key=key, fingerprint=fingerprint)
    except IntegrityError:
        known = mine.first()
        if known is None:
            raise Trouble("busy", _("The same write is under way. Try again."), status=409) from None
        return _again(known, fingerprint)
    response = write()
    row.status = response.status_code
    row.answer = {"body": JSONRenderer().render(response.data).decode(), "location": response.get("Location", "")}
    row.subject = view.written
    row.save()
    return response


def _again(known: Any, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        told = _("Another request came under this Idempotency-Key before.")
        raise Trouble("key-reused", told, status=422)
    response = Response(json.loads(known.answer["body"]), status=known.status)
    response["Idempotency-Replayed"] = "true"
    if known.answer["location"]:
        response["Location"] = known.answer["location"]
    return response


def _fingerprint(request: Any) -> str:
    said = json.dumps(request.data, sort_keys=True)
    return hashlib.sha256(f"{request.method} {request.path}\n{said}".encode()).hexdigest()
