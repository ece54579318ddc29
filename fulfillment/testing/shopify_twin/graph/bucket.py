"""The leaky bucket that calls of one app to one shop draw from."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Any


class Bucket:
    """Holds ``maximum`` points and gets ``rate`` of them back each second of the twin's clock."""

    def __init__(self, maximum: float = 2000.0, rate: float = 100.0) -> None:
        self.maximum, self.rate = maximum, rate
        self._lock = threading.Lock()
        self._points: float | None = None
        self._at: datetime | None = None

    def draw(self, points: float, now: datetime) -> bool:
        """Take points out; False where there are not enough, and nothing is taken."""
        with self._lock:
            self._refill(now)
            assert self._points is not None
            if points > self._points:
                return False
            self._points -= points
            return True

    def give_back(self, points: float) -> None:
        """What was asked for but not needed."""
        with self._lock:
            self._points = min(self.maximum, (self._points or 0) + points)

    def wait(self, points: float, now: datetime) -> float:
        """Seconds until so many points are there."""
        available: float = self.status(now)["currentlyAvailable"]
        return max(0.0, (points - available) / self.rate)

    def status(self, now: datetime) -> dict[str, Any]:
        with self._lock:
            self._refill(now)
            available = int(self._points or 0)
        return {"maximumAvailable": self.maximum, "currentlyAvailable": available, "restoreRate": self.rate}

    def _refill(self, now: datetime) -> None:
        passed = max(0.0, (now - self._at).total_seconds()) if self._at is not None else 0.0
        left = self.maximum if self._points is None else self._points
        self._points, self._at = min(self.maximum, left + passed * self.rate), now
