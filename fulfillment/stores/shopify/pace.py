"""The bucket of points that all calls of an app to a shop draw from, as the last answer left it.

The bucket is Shopify's and every worker's. Each answer says how full it is, so nobody keeps count: a call that cannot
be paid for by now waits at its own end, with some chance in how long, and others get their turn.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What a document is thought to cost before it was sent for the first time.
_USUAL_COST = 100.0
#: The share of the bucket that walks leave to deliveries and to what we write.
RESERVE = 0.25


@dataclass(slots=True)
class _Bucket:
    available: float
    maximum: float
    rate: float
    seen_at: float

    def now(self) -> float:
        return min(self.maximum, self.available + (time.monotonic() - self.seen_at) * self.rate)


_lock = threading.Lock()
_buckets: dict[str, _Bucket] = {}
_costs: dict[int, float] = {}


def learn(shop: str, document: str, cost: Any) -> None:
    """Take in ``extensions.cost`` of an answer; whatever it lacks is left as it was."""
    if not isinstance(cost, Mapping):
        return
    requested, status = cost.get("requestedQueryCost"), cost.get("throttleStatus")
    with _lock:
        if isinstance(requested, int | float):
            _costs[hash(document)] = float(requested)
        figures: list[Any] = [status.get(name) for name in _FIGURES] if isinstance(status, Mapping) else []
        if figures and all(isinstance(each, int | float) for each in figures):
            available, maximum, rate = (float(each) for each in figures)
            _buckets[shop] = _Bucket(available, maximum, max(rate, 1.0), time.monotonic())


_FIGURES = ("currentlyAvailable", "maximumAvailable", "restoreRate")


def seconds_to_wait(shop: str, document: str, *, polite: bool = False) -> float:
    """Seconds until the shop's bucket holds what ``document`` is asked for at; 0 when it does, or nothing is known."""
    with _lock:
        bucket, cost = _buckets.get(shop), _costs.get(hash(document), _USUAL_COST)
        if bucket is None:
            return 0.0
        kept = bucket.maximum * RESERVE if polite else 0.0
        lack = min(cost + kept, bucket.maximum) - bucket.now()
        return lack / bucket.rate * random.uniform(1.0, 1.3) if lack > 0 else 0.0
