"""A small SMTP server on loopback (RFC 5321), with the faults of real ones: refusals, deferrals, dropped lines."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Script = dict[str, str]


@dataclass
class Post:
    """What the server took. ``answers`` maps a command (RCPT, DATA, BODY …) to the line said instead of 250.

    The answer ``drop`` closes the line without a word; for BODY that is after the mail was taken.
    """

    port: int = 0
    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    answers: Script = field(default_factory=dict)


class _Handler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        post: Post = self.server.post
        recipients: list[str] = []
        self._say("220 loopback")
        while line := self.rfile.readline():
            words = line.decode("utf-8", "replace").strip()
            command = words[:4].upper()
            answer = post.answers.get(command, "")
            if answer == "drop":
                return
            if command == "QUIT":
                self._say("221 bye")
                return
            if command == "RCPT" and not answer:
                recipients.append(words[8:].strip("<> "))
            if command == "DATA" and not answer:
                self._say("354 go on")
                body = self._body()
                answer = post.answers.get("BODY", "")
                if not answer or answer == "drop":
                    post.mails.append((recipients, body))
                if answer == "drop":
                    return
            self._say(answer or "250 ok")

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        return b"".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    post: Post


@contextmanager
def smtp_server() -> Iterator[Post]:
    """A running server on a free port; what it took is in the returned Post."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.post = Post(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.post
        finally:
            server.shutdown()
            thread.join()
