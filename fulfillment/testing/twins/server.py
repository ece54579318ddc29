"""A threaded HTTP server on loopback that hands parsed requests to one function and can be told to misbehave."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.faults import Faults
from fulfillment.testing.twins.mishaps import reply, strike
from fulfillment.testing.twins.wire import Answer, Request

logger = logging.getLogger("parcelwise.twin")

#: Calls below it control the twin itself: no fault strikes them, and they are not in the log.
CONTROL = "/twin/"


def plain_refusal(status: int) -> Answer:
    """The body of a fault's status, where a platform has none of its own."""
    return Answer.of({"error": f"HTTP {status}"}, status)


class TwinServer:
    """Serves ``answer`` at ``host:port`` (0: a free one) between ``start`` and ``stop``, or inside ``with``.

    ``refused`` makes the body for a status that a fault asks for. ``log`` holds one mapping per call: ``at``,
    ``method``, ``path``, ``query``, ``status`` (0: none was sent) and ``fault``.
    """

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        clock: TwinClock | None = None,
        refused: Callable[[int], Answer] = plain_refusal,
    ) -> None:
        self.answer, self.refused = answer, refused
        self.clock, self.faults = clock or TwinClock(), Faults()
        self.log: deque[dict[str, Any]] = deque(maxlen=100_000)
        self._server = _Server((host, port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every open connection, also those that clients keep for their next call."""
        self._server.stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()
        self._server.hang_up()

    def serve_forever(self) -> None:
        self._server.serve_forever(0.2)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], twin: TwinServer) -> None:
        super().__init__(address, _Handler)
        self.twin, self.stopping = twin, threading.Event()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A caller that has given up is what many tests are about.
        logger.debug("a call from %s ended badly", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The ``Date`` of answers is that of the twin, so that its clock can be seen to be wrong."""
        return super().date_time_string(int(self.server.twin.clock.now().timestamp()))

    def log_message(self, format: str, *args: Any) -> None:
        logger.debug(format, *args)

    def _serve(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(length))
        if request.path.startswith(CONTROL):
            reply(self, self._right(request))
            return
        twin = self.server.twin
        fault = twin.faults.take(request)
        entry: dict[str, Any] = {
            "at": twin.clock.now().isoformat(),
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "status": 0,
            "fault": fault.kind if fault else "",
        }
        twin.log.append(entry)
        if fault is not None:
            entry["status"] = strike(self, fault, lambda: self._right(request), twin.refused, self.server.stopping)
            return
        answer = self._right(request)
        entry["status"] = answer.status
        reply(self, answer)

    def _right(self, request: Request) -> Answer:
        try:
            return self.server.twin.answer(request)
        except Exception:
            logger.exception("the twin could not answer %s %s", request.method, request.path)
            return Answer.of({"error": "the twin itself failed, see its log"}, 500)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve
