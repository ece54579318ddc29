"""The demo's post: mails are kept as files and read in the browser. Nothing leaves the machine.

``EMAIL_BACKEND = "demo.mail.MailboxBackend"`` writes each mail as one ``.eml`` file, which any mail program opens too.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage as ParsedMail
from email.parser import BytesParser
from email.policy import default as modern
from email.utils import parseaddr
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


def folder() -> Path:
    """Where the mails lie."""
    return Path(settings.VAR) / "mail"


class MailboxBackend(BaseEmailBackend):
    """Keeps mails instead of sending them."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder().mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            message = mail.message()
            raw = message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            self._keep(raw, str(message["Message-ID"]))
        return len(email_messages)

    def _keep(self, raw: bytes, message_id: str) -> None:
        """A file appears under its name only when it is whole; names sort by time.

        A second mail with the same Message-ID is dropped, as the mailboxes of the large providers do.
        """
        identity = hashlib.sha256(message_id.encode()).hexdigest()[:16]
        if any(folder().glob(f"*-{identity}.eml")):
            return
        name = f"{time.time_ns():020d}-{identity}"
        draft = folder() / f"{name}.part"
        draft.write_bytes(raw)
        os.replace(draft, folder() / f"{name}.eml")


@dataclass(frozen=True, slots=True)
class Letter:
    """A kept mail. ``name`` is its file's name without the suffix."""

    name: str
    kept_at: datetime
    sender: str
    to: str
    subject: str
    text: str = ""
    html: str = ""


def letters() -> Iterator[Letter]:
    """The kept mails, newest first, without their bodies."""
    for file in sorted(folder().glob("*.eml"), reverse=True):
        if letter := _read(file, headers_only=True):
            yield letter


def letter(name: str) -> Letter | None:
    """One mail with its bodies, or None when there is none of that name."""
    return _read(folder() / f"{Path(name).name}.eml", headers_only=False)


def _read(file: Path, *, headers_only: bool) -> Letter | None:
    try:
        with file.open("rb") as opened:
            mail: ParsedMail = BytesParser(policy=modern).parse(opened, headersonly=headers_only)
    except FileNotFoundError:
        return None
    return Letter(
        name=file.stem,
        kept_at=datetime.fromtimestamp(file.stat().st_mtime, tz=UTC),
        sender=str(mail["From"] or ""),
        to=parseaddr(str(mail["To"] or ""))[1],
        subject=str(mail["Subject"] or ""),
        text="" if headers_only else _body(mail, "plain"),
        html="" if headers_only else _body(mail, "html"),
    )


def _body(mail: ParsedMail, kind: str) -> str:
    part = mail.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part else ""
