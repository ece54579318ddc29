"""So many requests of one caller in a minute, counted in the site's cache."""

from __future__ import annotations

import time
from typing import Any

from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from parcelwise.api.callers import caller_of
from parcelwise.conf import api as conf

WINDOW = 60


class PerMinute(BaseThrottle):
    """Whole minutes, each counted by one number: two calls of the cache, and no list to keep."""

    def allow_request(self, request: Request, view: Any) -> bool:
        now = time.time()
        caller = caller_of(request)
        who = caller.id if caller else f"address:{request.META.get('REMOTE_ADDR', '')}"
        minute = int(now // WINDOW)
        name = f"parcelwise:api:rate:{who}:{minute}"
        cache.add(name, 0, WINDOW * 2)
        try:
            used = cache.incr(name)
        except ValueError:  # the cache has dropped it meanwhile
            used = 1
        self.left = (minute + 1) * WINDOW - now
        view.rate = (conf.PER_MINUTE, max(conf.PER_MINUTE - used, 0), int(self.left + 0.999))
        return used <= conf.PER_MINUTE

    def wait(self) -> float:
        return self.left
