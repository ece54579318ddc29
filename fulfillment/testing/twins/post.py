"""The post between a twin and whoever listens to its webhooks: real HTTP, over a network that can be told to fail."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.deliveries import Attempt, Build, Delivery, Recorded, Weather
from fulfillment.testing.twins.retries import RetryPolicy

FOREVER = datetime.max.replace(tzinfo=UTC)


class Post:
    """Takes deliveries with :meth:`put` and sends those that are due with :meth:`send_due`, by the twin's clock.

    Nothing leaves by itself unless :meth:`start` was called, so that a test decides when. ``on_attempt`` hears of each
    try (the twin counts failures there). ``recorded`` keeps every delivery as headers and raw bytes, once, whatever the
    network then did to it; while ``wire`` is False, deliveries are recorded and count as taken, but nothing is sent.
    ``timeout`` (seconds) replaces the platform's own patience where a test cannot wait for it.
    """

    def __init__(
        self,
        clock: TwinClock,
        policy: RetryPolicy,
        *,
        on_attempt: Callable[[Attempt], None] = lambda attempt: None,
        timeout: float = 5.0,
    ) -> None:
        self.clock, self.policy, self.on_attempt = clock, policy, on_attempt
        self.wire, self.weather = True, Weather()
        self.recorded: list[Recorded] = []
        self.log: deque[Attempt] = deque(maxlen=200_000)
        self._queue: list[tuple[tuple[datetime, int, int], int, Delivery]] = []
        self._numbers, self._ties = itertools.count(1), itertools.count()
        self._lock, self._sending = threading.Lock(), threading.Lock()
        self._cuts: list[tuple[datetime, datetime]] = []
        self._held, self._released = False, datetime.min.replace(tzinfo=UTC)
        patience = min(timeout, policy.timeout)
        limits = httpx.Timeout(patience, connect=min(policy.connect_timeout, patience))
        self._client = httpx.Client(timeout=limits, follow_redirects=False, trust_env=False)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def put(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        subscription: str = "",
        key: str = "",
        after: float = 0.0,
    ) -> Delivery:
        """Queue a payload that is final: each try sends the same bytes. Due ``after`` seconds from now."""
        return self.put_later(url, lambda at: (headers, body), subscription=subscription, key=key, after=after)

    def put_later(
        self, url: str, build: Build, *, subscription: str = "", key: str = "", after: float = 0.0
    ) -> Delivery:
        """Queue a delivery whose headers and body are made when it leaves."""
        with self._lock:
            due = self.clock.now() + timedelta(seconds=after) + self.weather.delay()
            delivery = Delivery(next(self._numbers), url, subscription, key, due, build)
            copies = self.weather.copies()
            self._push(replace(delivery, lost=copies == 0))
            if copies > 1:
                self._push(replace(delivery, copy=True, due=due + self.weather.delay()))
        return delivery

    def send_due(self, now: datetime | None = None) -> list[Attempt]:
        """Send what is due until now in the order it is due, repeated tries included. Returns the attempts."""
        now = now or self.clock.now()
        attempts = []
        with self._sending:
            while (delivery := self._pop(now)) is not None:
                attempts.append(self._send(delivery))
        return attempts

    def flush(self) -> list[Attempt]:
        """Send everything at once, no matter when it is due, until nothing is left to try."""
        return self.send_due(FOREVER)

    def knock(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Send something at once, outside of the queue. Returns the status (0: none came) and the error."""
        if not self.wire:
            return 200, ""
        return self._carry(url, self.clock.now(), headers, body)

    def hold(self) -> None:
        """Keep everything back until :meth:`release`; nothing fails meanwhile."""
        self._held = True

    def release(self) -> None:
        self._held, self._released = False, self.clock.now()

    def cut(self, start: datetime | None = None, end: datetime | None = None) -> None:
        """The receiver cannot be reached: tries from ``start`` (now) until ``end`` (:meth:`mend`) fail."""
        self._cuts.append((start or self.clock.now(), end or FOREVER))

    def mend(self) -> None:
        """End every cut that lasts now."""
        now = self.clock.now()
        self._cuts = [(start, min(end, now)) for start, end in self._cuts if start < now]

    def drop(self, subscription: str) -> int:
        """Forget what is queued for a subscription. Returns how many."""
        with self._lock:
            kept = [entry for entry in self._queue if entry[2].subscription != subscription]
            dropped = len(self._queue) - len(kept)
            heapq.heapify(kept)
            self._queue = kept
        return dropped

    def pending(self, subscription: str | None = None) -> list[Delivery]:
        """What is queued, in the order it is due."""
        with self._lock:
            queue = sorted(self._queue)
        return [entry[2] for entry in queue if subscription in (None, entry[2].subscription)]

    def start(self, interval: float = 0.1) -> None:
        """Send what is due every ``interval`` real seconds, until :meth:`stop`."""
        self._thread = threading.Thread(target=self._run, args=(interval,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)
        self._client.close()

    def _run(self, interval: float) -> None:
        while not self._stopping.wait(interval):
            self.send_due()

    def _push(self, delivery: Delivery) -> None:
        heapq.heappush(self._queue, (delivery.rank, next(self._ties), delivery))

    def _pop(self, now: datetime) -> Delivery | None:
        with self._lock:
            if self._held or self._stopping.is_set() or not self._queue or self._queue[0][2].due > now:
                return None
            return heapq.heappop(self._queue)[2]

    def _send(self, delivery: Delivery) -> Attempt:
        at = max(delivery.due, self._released)
        built = delivery.build(at)
        if built is None:
            return self._settle(Attempt(delivery, at, 0, ok=True, final=True, error="withdrawn"))
        headers, body = built
        if delivery.attempt == 1 and not delivery.copy:
            self.recorded.append(
                Recorded(delivery.number, delivery.url, delivery.subscription, delivery.key, at, headers, body)
            )
        if delivery.lost or not self.wire:
            error = "lost" if delivery.lost else "recorded"
            return self._settle(Attempt(delivery, at, 0, ok=True, final=True, error=error))
        status, error = self._carry(delivery.url, at, headers, body)
        ok = not error and self.policy.is_success(status)
        final = ok or delivery.attempt > len(self.policy.waits)
        if not final:
            wait = timedelta(seconds=self.policy.waits[delivery.attempt - 1])
            with self._lock:
                self._push(replace(delivery, attempt=delivery.attempt + 1, due=at + wait))
        return self._settle(Attempt(delivery, at, status, ok=ok, final=final, error=error))

    def _carry(self, url: str, at: datetime, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        if any(start <= at < end for start, end in self._cuts):
            return 0, "cut off"
        try:
            return self._client.post(url, headers=dict(headers), content=body).status_code, ""
        except httpx.HTTPError as error:
            return 0, f"{type(error).__name__}: {error}"

    def _settle(self, attempt: Attempt) -> Attempt:
        self.log.append(attempt)
        self.on_attempt(attempt)
        return attempt
