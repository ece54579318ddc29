"""The twin's clock: real time, faster time, or time that stands still until it is pushed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = 86_400.0


class TwinClock:
    """``day_seconds`` real seconds pass for one day of the twin; a frozen clock moves only when told to."""

    def __init__(self, now: datetime | None = None, *, day_seconds: float = DAY, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._start(now or datetime.now(UTC), day_seconds, frozen)

    def _start(self, now: datetime, day_seconds: float, frozen: bool) -> None:
        if day_seconds <= 0:
            raise ValueError("a day must take more than no time")
        self._twin, self._real = now.astimezone(UTC), datetime.now(UTC)
        self.day_seconds, self.frozen = day_seconds, frozen

    def now(self) -> datetime:
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        if self.frozen:
            return self._twin
        return self._twin + (datetime.now(UTC) - self._real) * (DAY / self.day_seconds)

    def change(
        self,
        *,
        now: datetime | None = None,
        advance: float = 0.0,
        day_seconds: float | None = None,
        frozen: bool | None = None,
    ) -> datetime:
        """Set the time, push it by ``advance`` seconds, or change how it runs. Returns the new time."""
        with self._lock:
            target = (now or self._now()) + timedelta(seconds=advance)
            self._start(target, day_seconds or self.day_seconds, self.frozen if frozen is None else frozen)
            return self._now()

    def as_json(self) -> dict[str, Any]:
        return {"now": self.now().isoformat(), "day_seconds": self.day_seconds, "frozen": self.frozen}
