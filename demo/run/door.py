"""Our own address, for as long as there is no web server: platforms that are told of it want an answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from parcelwise.conf import links


def be_at(base: str) -> None:
    """From now on links and hooks of this process lead to ``base``, such as ``http://127.0.0.1:8000``."""
    sections: Any = settings.PARCELWISE
    sections["LINKS"]["BASE_URL"] = base


def answers(base: str) -> bool:
    """Whether pages are served at ``base``."""
    try:
        with urlopen(f"{base}/", timeout=3):
            return True
    except (URLError, OSError):
        return False


@contextlib.contextmanager
def door() -> Iterator[None]:
    """Serve the pages and the intake at our address, unless somebody does already."""
    port = urlsplit(links.BASE_URL).port or 0
    try:
        server = ThreadedWSGIServer(("127.0.0.1", port), _Quiet)
    except OSError:
        yield
        return
    server.daemon_threads = True
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
