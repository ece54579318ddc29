"""How patient each platform is with a receiver of webhooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

FOUR_HOURS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    #: Seconds from one try to the next; none: a delivery that fails is lost.
    waits: tuple[float, ...]
    #: Which statuses the platform takes for a success (a redirect is never followed).
    is_success: Callable[[int], bool]
    #: Seconds to connect and for the whole answer, as the platform has them.
    connect_timeout: float
    timeout: float


#: Eight retries over four hours, each wait twice the one before it, always with the first payload.
SHOPIFY = RetryPolicy(
    waits=tuple(FOUR_HOURS * 2**step / (2**8 - 1) for step in range(8)),
    is_success=lambda status: 200 <= status < 300,
    connect_timeout=1.0,
    timeout=5.0,
)
#: No retries. A redirect counts as a success although nothing was delivered; the platform itself waits for 60 s.
WOOCOMMERCE = RetryPolicy(
    waits=(),
    is_success=lambda status: 200 <= status < 303,
    connect_timeout=5.0,
    timeout=60.0,
)
#: Fourteen tries, each wait twice the one before it, from a minute on.
AFTERSHIP = RetryPolicy(
    waits=tuple(30.0 * 2**step for step in range(1, 14)),
    is_success=lambda status: 200 <= status < 300,
    connect_timeout=5.0,
    timeout=10.0,
)
