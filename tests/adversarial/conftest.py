"""What both days need of the test server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.servers.basehttp import WSGIRequestHandler


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Answers leave at once: an answer in two pieces waits 40 ms for the first to be acknowledged, times thousands."""
    monkeypatch.setattr(WSGIRequestHandler, "disable_nagle_algorithm", True)
    yield
