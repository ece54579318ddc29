"""The twin of a store: one server, one post, one clock, and a control API."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar, Self

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.control import SHARED, Action
from fulfillment.testing.twins.deliveries import Attempt
from fulfillment.testing.twins.faults import Faults
from fulfillment.testing.twins.post import Post
from fulfillment.testing.twins.retries import RetryPolicy
from fulfillment.testing.twins.server import CONTROL, TwinServer, plain_refusal
from fulfillment.testing.twins.wire import Answer, Request


class StoreTwin:
    """A subclass answers the platform's calls in :meth:`answer` and names its ``policy`` for webhooks.

    ``with`` starts and stops it; ``port=0`` takes a free port. ``auto=True`` sends webhooks by itself as they become
    due; otherwise ``twin.post.send_due()`` or ``flush()`` does.
    """

    policy: ClassVar[RetryPolicy]
    #: Further actions of the control API.
    controls: ClassVar[Mapping[tuple[str, str], Action]] = {}

    def __init__(
        self, port: int = 0, *, host: str = "127.0.0.1", clock: TwinClock | None = None, auto: bool = False
    ) -> None:
        self.clock, self.auto = clock or TwinClock(), auto
        self.post = Post(self.clock, self.policy, on_attempt=self.on_attempt)
        self.server = TwinServer(self._route, port, host=host, clock=self.clock, refused=self.refused)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def faults(self) -> Faults:
        return self.server.faults

    @property
    def log(self) -> deque[dict[str, Any]]:
        """The calls so far: ``at``, ``method``, ``path``, ``query``, ``status`` (0: none was sent), ``fault``."""
        return self.server.log

    def answer(self, request: Request) -> Answer:
        """What the platform answers when nothing goes wrong."""
        raise NotImplementedError

    def refused(self, status: int) -> Answer:
        """The platform's own body for 429 and 5xx."""
        return plain_refusal(status)

    def on_attempt(self, attempt: Attempt) -> None:
        """Called after each try of a webhook; the platform counts failures here."""

    def start(self) -> Self:
        self.server.start()
        if self.auto:
            self.post.start()
        return self

    def stop(self) -> None:
        self.post.stop()
        self.server.stop()

    def serve_forever(self) -> None:
        if self.auto:
            self.post.start()
        self.server.serve_forever()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def _route(self, request: Request) -> Answer:
        if not request.path.startswith(CONTROL):
            return self.answer(request)
        action = {**SHARED, **self.controls}.get((request.method, request.path))
        if action is None:
            return Answer.of({"error": "no such control"}, 404)
        try:
            return Answer.of(action(self, request.json()))
        except (KeyError, TypeError, ValueError) as error:
            return Answer.of({"error": f"{type(error).__name__}: {error}"}, 400)
