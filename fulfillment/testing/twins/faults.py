"""What goes wrong on purpose with a store's answers."""

from __future__ import annotations

import random
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

from fulfillment.testing.twins.wire import Request

#: Kinds beside the plain statuses (``"429"``, ``"500"``, ``"503"`` … any from 400 to 599).
KINDS = {
    "garbage": "200 with the HTML of a maintenance page",
    "notice": "the right answer with a PHP warning in front, as of a site with a faulty plugin",
    "invalid_json": "200 with JSON that breaks off in the middle, complete as HTTP",
    "hang": "no answer for `seconds`, then the connection closes",
    "slow": "the right answer, `seconds` late",
    "drip": "one byte every `seconds`, for ever",
    "reset": "the connection is reset before anything happened",
    "truncated": "half of the right answer, then the connection closes",
    "after": "the effect happens, then the connection is reset without an answer",
    "redirect": "302 to an address that must not be followed",
}
#: Kinds for which the call takes effect.
EFFECTIVE = ("notice", "slow", "truncated", "after")


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong. Empty ``path``, ``method`` and ``body`` hit all; else they must occur in the call."""

    kind: str
    path: str = ""
    method: str = ""
    #: What the request's body must contain, such as the name of a GraphQL mutation.
    body: str = ""
    #: How often (None: until cleared).
    times: int | None = 1
    #: Probability at each call that fits.
    p: float = 1.0
    #: Seconds of a hang or of slowness, between two bytes of a drip, of ``Retry-After``.
    seconds: float = 2.0
    seed: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        self.kind = str(self.kind)
        if self.kind not in KINDS and not (self.kind.isdigit() and 400 <= int(self.kind) <= 599):
            raise ValueError(f"There is no fault “{self.kind}”. Known: 400 to 599, {', '.join(KINDS)}.")
        self.dice = random.Random(self.seed)

    def strikes(self, request: Request) -> bool:
        return (
            self.times != 0
            and self.path in request.path
            and self.method in ("", request.method)
            and self.body.encode() in request.body
            and self.dice.random() < self.p
        )


class Faults:
    """The faults that are set, asked for at each call. Safe between threads."""

    def __init__(self) -> None:
        self._lock, self._faults = threading.Lock(), list[Fault]()
        self._outage: Fault | None = None

    def next(self, kind: str | int, times: int | None = 1, path: str = "", **where: Any) -> Fault:
        """The next ``times`` calls that fit go wrong; ``where``: ``method``, ``body``, ``seconds``."""
        return self._add(Fault(str(kind), path=path, times=times, **where))

    def share(self, kind: str | int, p: float, seed: int = 0, path: str = "", **where: Any) -> Fault:
        """Of the calls that fit, the share ``p`` goes wrong, the same ones for the same ``seed``."""
        return self._add(Fault(str(kind), path=path, times=None, p=p, seed=seed, **where))

    def outage(self, kind: str | int = "reset", **where: Any) -> None:
        """Every call goes wrong until :meth:`recover`."""
        with self._lock:
            self._outage = Fault(str(kind), times=None, **where)

    def recover(self) -> None:
        """End the outage. What was set by :meth:`next` and :meth:`share` stays."""
        with self._lock:
            self._outage = None

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._outage = None

    def take(self, request: Request) -> Fault | None:
        """The fault that strikes this call, if any; uses it up once."""
        with self._lock:
            if self._outage is not None:
                return self._outage
            fault = next((fault for fault in self._faults if fault.strikes(request)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
            return fault

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            faults = [*self._faults, *([self._outage] if self._outage else [])]
            return [{key: value for key, value in asdict(fault).items() if key != "dice"} for fault in faults]

    def _add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault
