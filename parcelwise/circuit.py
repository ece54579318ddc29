"""A circuit breaker as a value: what is known of the line to somebody else, and when it may be tried again.

Closed: calls go through. Open: too many failed in a row, nobody calls. Half open: the pause is over, and one caller
tries it out for all. The value is kept where every process sees it, in columns of a row; nothing here reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Policy:
    """When a circuit opens (``failures`` in a row), and for how many seconds: doubled by each try in vain."""

    failures: int = 2
    pause: float = 60.0
    longest: float = 900.0


@dataclass(frozen=True, slots=True)
class Circuit:
    """``failures`` in a row, ``opened_at`` (None: closed), tries in vain since then, ``next_try`` (None: at once)."""

    failures: int = 0
    opened_at: datetime | None = None
    next_try: datetime | None = None
    in_vain: int = 0

    def state(self, now: datetime) -> CircuitState:
        if self.opened_at is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self.next_try and now < self.next_try else CircuitState.HALF_OPEN

    def wait(self, now: datetime) -> float | None:
        """Seconds until the next try while the circuit is open; None when calls may be made."""
        if self.next_try is None or self.state(now) != CircuitState.OPEN:
            return None
        return (self.next_try - now).total_seconds()

    def failed(
        self, now: datetime, policy: Policy, *, weight: int = 1, at_once: bool = False, after: float | None = None
    ) -> Circuit:
        """After ``weight`` more failures. ``at_once`` opens it whatever their number; ``after``: least seconds."""
        failures = self.failures + max(weight, 1)
        if self.opened_at is None and failures < policy.failures and not at_once:
            return replace(self, failures=failures)
        in_vain = 0 if self.opened_at is None else self.in_vain + 1
        pause = min(policy.pause * 2 ** min(in_vain, 16), max(policy.longest, policy.pause))
        next_try = now + timedelta(seconds=max(pause, after or 0.0))
        # A call that was on its way while another opened the circuit does not shorten what that one was told.
        next_try = max(next_try, self.next_try) if self.next_try else next_try
        return Circuit(failures, self.opened_at or now, next_try, in_vain)

    def held(self, until: datetime) -> Circuit:
        """While one caller tries it out: for everybody else it stays open until then."""
        return replace(self, next_try=until)

    def worked(self) -> Circuit:
        return Circuit()
