"""The WSGI applications that are put under fire: ours, and a planted one that answers first and stores later."""

from __future__ import annotations

import io
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
_later: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()


def answering_first(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """What must not be done: 200 at once, and the work in a thread."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    if not any(thread.name == "later" for thread in threading.enumerate()):
        threading.Thread(target=_work, name="later", daemon=True).start()
    _later.put({**environ, "wsgi.input": io.BytesIO(body)})
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


def _work() -> None:
    while environ := _later.get():
        answer = application(environ, lambda *_: None)
        answer.close()
