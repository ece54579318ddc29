"""So many requests of one caller in a minute, counted in the site's cache."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from parcelwise.api.callers import caller_of
from parcelwise.conf import api as conf
from parcelwise.keys import digest_of

WINDOW = 60
#: Seconds for which it is known of a key that it opened something.
KNOWN = 3600


class PerMinute(BaseThrottle):
    """Whole minutes, each counted by one number: two calls of the cache, and no list to keep."""

    def allow_request(self, request: Request, view: Any) -> bool:
        caller = caller_of(request)
        name, self.left = _this_minute(f"rate:{caller.id if caller else _address(request)}")
        used = _count(name)
        view.rate = (conf.PER_MINUTE, max(conf.PER_MINUTE - used, 0), int(self.left + 0.999))
        return used <= conf.PER_MINUTE

    def wait(self) -> float:
        return self.left


def refuse_guesses(request: Request, whole: str) -> None:
    """429 for a key from an address from which too many bad ones came. One that opened something lately passes, so
    that nobody behind the same proxy can shut others out."""
    name, left = _this_minute(f"bad:{_address(request)}")
    if int(cache.get(name, 0)) >= conf.BAD_KEYS_PER_MINUTE and not cache.get(_known(whole)):
        raise Throttled(wait=left)


def note_guess(request: Request) -> None:
    """A key opened nothing."""
    _count(_this_minute(f"bad:{_address(request)}")[0])


def note_let_in(whole: str) -> None:
    """A key opened something."""
    cache.add(_known(whole), 1, KNOWN)


def _this_minute(what: str) -> tuple[str, float]:
    """The name of a count, and the seconds until the next one begins."""
    now = time.time()
    minute = int(now // WINDOW)
    return f"parcelwise:api:{what}:{minute}", (minute + 1) * WINDOW - now


def _count(name: str) -> int:
    cache.add(name, 0, WINDOW * 2)
    try:
        return int(cache.incr(name))
    except ValueError:  # the cache has dropped it meanwhile
        return 1


def _address(request: Request) -> str:
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def _known(whole: str) -> str:
    return f"parcelwise:api:known:{digest_of(whole)[:32]}"
