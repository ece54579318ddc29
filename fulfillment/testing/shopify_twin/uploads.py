"""Staged uploads: somewhere to put a file before the platform is told of it."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field

from fulfillment.testing.twins.wire import Answer, Request

PATH = "/twin-uploads/"
#: Most bytes of one file.
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    value: str


@dataclass(slots=True)
class Target:
    url: str
    resource_url: str
    parameters: list[Parameter] = field(default_factory=list)


@dataclass(slots=True)
class Upload:
    mime_type: str
    resource: str
    body: bytes | None = None


class Uploads:
    """Keeps what was put; ``taken`` tells a test what it was."""

    def __init__(self) -> None:
        self.url = ""
        self._lock = threading.Lock()
        self._known: dict[str, Upload] = {}

    def stage(self, filename: str, mime_type: str, resource: str, method: str) -> Target:
        path = f"{PATH}{secrets.token_hex(8)}/{filename}"
        with self._lock:
            self._known[path] = Upload(mime_type, resource)
        parameters = [Parameter("content_type", mime_type), Parameter("acl", "private")]
        return Target(f"{self.url}{path}", f"{self.url}{path}", parameters)

    @property
    def taken(self) -> dict[str, bytes]:
        """Path -> bytes of what arrived."""
        with self._lock:
            return {path: upload.body for path, upload in self._known.items() if upload.body is not None}

    def answer(self, request: Request) -> Answer:
        upload = self._known.get(request.path)
        if upload is None:
            return Answer(404, b"no such upload", content_type="text/plain")
        if request.method in ("PUT", "POST"):
            if len(request.body) > LARGEST:
                return Answer(413, b"too large", content_type="text/plain")
            upload.body = request.body
            return Answer(201 if request.method == "POST" else 200)
        if upload.body is None:
            return Answer(404, b"nothing was uploaded", content_type="text/plain")
        return Answer(200, upload.body, content_type=upload.mime_type)
