"""A client that costs little: keep-alive connections, requests made beforehand, one thread and one selector.

Run by ``webhook_intake.py`` in a process of its own: reads a pickled plan, writes a pickled result.
"""

from __future__ import annotations

import heapq
import pickle
import selectors
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Plan:
    """What to send where. ``rate`` is requests a second; 0: each connection sends as soon as it has its answer."""

    port: int
    requests: list[bytes]
    connections: int = 16
    rate: float = 0.0


@dataclass
class Result:
    """Seconds in all, milliseconds of each, and how often each status came."""

    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        ordered = sorted(self.took)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class Line:
    """One connection and what it waits for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received = b""
        self.since = 0.0
        self.open()

    def open(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request: bytes, since: float) -> None:
        self.since, self.received = since, b""
        self.socket.sendall(request)

    def answer(self) -> str:
        """The status line of a whole answer; empty while there is more to come. ConnectionError when it was hung up."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("the server hung up")
        self.received += piece
        head, end, body = self.received.partition(b"\r\n\r\n")
        if not end:
            return ""
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        return head[9:12].decode() if len(body) >= length else ""


def run(plan: Plan) -> Result:
    result, selector = Result(), selectors.DefaultSelector()
    begun = time.perf_counter()
    due = [(begun + number / plan.rate if plan.rate else begun, number) for number in range(len(plan.requests))]
    heapq.heapify(due)
    idle = [Line(plan.port) for _ in range(plan.connections)]
    for line in idle:
        selector.register(line.socket, selectors.EVENT_READ, line)
    waiting = 0
    begun = time.perf_counter()
    while due or waiting:
        now = time.perf_counter()
        while idle and due and (not plan.rate or due[0][0] <= now):
            at, number = heapq.heappop(due)
            # At a given rate a request that had to wait for a free connection is late from its own moment on.
            idle.pop().send(plan.requests[number], at if plan.rate else time.perf_counter())
            waiting += 1
        pause = None if waiting and (not due or not idle) else max(due[0][0] - now, 0) if due else None
        for key, _mask in selector.select(pause):
            line: Line = key.data
            if status := line.answer():
                result.took.append((time.perf_counter() - line.since) * 1000)
                result.statuses[status] += 1
                waiting -= 1
                idle.append(line)
    result.seconds = time.perf_counter() - begun
    return result


if __name__ == "__main__":
    from benchmarks import intake_client  # the name under which the other side knows what is pickled

    sys.stdout.buffer.write(pickle.dumps(intake_client.run(pickle.load(sys.stdin.buffer))))
