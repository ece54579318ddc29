"""A notice of the tests' own: the engine is tried without any shop or parcel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.dispatch import Signal
from django.utils import timezone

from notifications import notice as registry
from notifications.notice import Notice
from notifications.services.notify import listen
from parcelwise.models import Contact
from tests.factories import a_contact

rang = Signal()


@pytest.fixture
def ana(db: None) -> Contact:
    return a_contact()


@pytest.fixture
def doorbell(tmp_path: Path, settings: Any) -> Iterator[type[Notice]]:
    """A notice “doorbell”: sent by ``rang.send(sender, contact=…, key=…)``, with templates that show its words."""
    folder = tmp_path / "parcelwise/notices/doorbell"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Somebody rang: {{ words }}\n")
    (folder / "body.txt").write_text("Hello.\n\n\n\n{{ words }}\n")
    (folder / "body.html").write_text("<p>{{ words }}</p>")
    settings.PARCELWISE = {**settings.PARCELWISE, "NOTIFICATIONS": {}}
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    class Doorbell(Notice):
        name, topic, signal, title = "doorbell", "door", rang, "Somebody rang"

        def contact(self, contact: Contact, **_: Any) -> Contact:
            return contact

        def key(self, key: str = "1", **_: Any) -> str:
            return key

        def about(self, contact: Contact, **_: Any) -> Contact:
            return contact

        def happened_at(self, at: datetime | None = None, **_: Any) -> datetime:
            return at or timezone.now()

        def quiet_because(self, quiet: str = "", **_: Any) -> str:
            return quiet

        def context(self, words: Any = "a friend", **_: Any) -> dict[str, Any]:
            return {"words": words}

        def outdated_because(self, context: Any) -> str:
            return "They left." if context["words"] == "gone" else ""

    listen()
    yield Doorbell
    rang.disconnect(dispatch_uid="parcelwise.notice.doorbell")
    registry._declared.remove(Doorbell)
