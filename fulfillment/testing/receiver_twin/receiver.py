"""The receiver: verifies, keeps, answers 204, and can be told to misbehave."""

from __future__ import annotations

import html
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from fulfillment.testing.receiver_twin.verifying import Refused, verify
from fulfillment.testing.twins.server import TwinServer
from fulfillment.testing.twins.wire import Answer, Request

#: Messages that the page shows, newest first.
SHOWN = 100

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Receiver twin</title>
<style>:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;margin:24px auto;padding:0 16px;max-width:960px}}
h1{{font-size:28px;margin:0}}p{{margin:4px 0 24px}}details{{border-top:1px solid #8885;padding:8px 0}}
summary{{cursor:pointer;min-height:28px}}pre{{overflow:auto;font-size:14px}}.bad{{color:#c0392b}}</style>
<h1>{count} messages received</h1>
<p>This is a twin: it stands for a system of the shop's, such as a helpdesk or a warehouse, that is told by signed
webhooks what happens. Its signatures are checked as a real one's would be. {refused} refused, {doubled} came twice.</p>
{rows}</html>"""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message that came. ``error``: why it was not believed, empty when it was."""

    at: datetime
    path: str
    name: str
    timestamp: str
    signature: str
    body: bytes
    error: str = ""

    @property
    def message(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The event, such as ``shipment.delivered``."""
        return str(self.message["type"])


class ReceiverTwin:
    """``host:port`` (0: a free one) between ``start`` and ``stop``, or inside ``with``."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", secrets: tuple[str, ...] = ()) -> None:
        self._lock, self._came = threading.Lock(), list[Heard]()
        self._secrets = list(secrets)
        self._server = TwinServer(self._answer, port, host=host)
        #: Bytes of each answer's body.
        self.huge = 0
        #: Seconds that each answer takes.
        self.takes = 0.0

    @property
    def url(self) -> str:
        return f"{self._server.url}/hooks"

    @property
    def page(self) -> str:
        """Where a person sees what came."""
        return f"{self._server.url}/"

    @property
    def faults(self) -> Any:
        return self._server.faults

    @property
    def calls(self) -> list[dict[str, Any]]:
        """Every call, those too that a fault struck."""
        return list(self._server.log)

    def trust(self, *secrets: str) -> None:
        """From now on only these secrets are right."""
        self._secrets = list(secrets)

    @property
    def heard(self) -> list[Heard]:
        with self._lock:
            return [one for one in self._came if not one.error]

    @property
    def refused(self) -> list[Heard]:
        with self._lock:
            return [one for one in self._came if one.error]

    @property
    def doubled(self) -> list[str]:
        counts = Counter((one.path, one.name) for one in self.heard)
        return [name for (_path, name), times in counts.items() if times > 1]

    def _answer(self, request: Request) -> Answer:
        if request.method == "POST" and request.path == "/twin/secret":
            self.trust(request.json()["secret"])
            return Answer(204)
        if request.method != "POST":
            return Answer(200, self._page().encode(), content_type="text/html; charset=utf-8")
        error = ""
        try:
            verify(request.headers, request.body, self._secrets, time.time())
        except Refused as refused:
            error = str(refused)
        name, stamp, signature = (
            request.headers.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature")
        )
        with self._lock:
            self._came.append(Heard(datetime.now(UTC), request.path, name, stamp, signature, request.body, error))
        time.sleep(self.takes)
        if error:
            return Answer.of({"error": error}, 401)
        return Answer(200, self._flood()) if self.huge else Answer(204)

    def _flood(self) -> Iterator[bytes]:
        for _ in range(self.huge // 65536 + 1):
            yield b"x" * 65536

    def _page(self) -> str:
        with self._lock:
            came = list(self._came)
        rows = "".join(map(_row, reversed(came[-SHOWN:]))) or "<p>Nothing has come yet.</p>"
        refused = sum(1 for one in came if one.error)
        return PAGE.format(count=len(came) - refused, refused=refused, doubled=len(self.doubled), rows=rows)

    def start(self) -> Self:
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.stop()

    def serve_forever(self) -> None:
        self._server.serve_forever()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()


def _row(one: Heard) -> str:
    try:
        kind, shown = one.kind, json.dumps(one.message, indent=2, ensure_ascii=False)
    except (ValueError, KeyError, TypeError):
        kind, shown = "?", one.body.decode("utf-8", "replace")
    word = f'<strong class="bad">refused: {html.escape(one.error)}</strong>' if one.error else "verified"
    return (
        f"<details><summary>{one.at:%H:%M:%S} UTC · <strong>{html.escape(kind)}</strong> · {word}"
        f" · {html.escape(one.name)}</summary><pre>{html.escape(shown)}</pre></details>"
    )
