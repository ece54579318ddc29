"""What the other side said."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from parcelwise.errors import Unanswered
from parcelwise.storable import one_line


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read to its end. ``body`` is inflated; ``url`` is fit to be shown."""

    status: int
    headers: httpx.Headers
    body: bytes = field(repr=False)
    url: str
    hide: Callable[[str], str] = field(repr=False, compare=False, default=str)

    @property
    def content_type(self) -> str:
        """The media type in lower case, without its parameters."""
        kind: str = self.headers.get("content-type", "")
        return kind.partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """The body as text: by the charset it names, else UTF-8, else Windows-1252, which old systems mean by none."""
        for charset in (self._charset(), "utf-8", "cp1252"):
            if charset:
                try:
                    return self.body.decode(charset).removeprefix("\ufeff")
                except UnicodeDecodeError:
                    continue
        return self.body.decode("latin-1")

    def json(self) -> Any:
        """The body as JSON; Unanswered when it is none: mostly a maintenance page, sent with status 200."""
        try:
            return json.loads(self.text, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            kind = self.content_type or "no content type"
            raise Unanswered(
                f"{self.url} answered with {kind} instead of JSON: {self.excerpt() or 'nothing'}"
            ) from error

    def excerpt(self, limit: int = 200) -> str:
        """The beginning of the body in one line, without credentials, for errors and logs."""
        text = one_line(self.hide(self.text[: limit * 10]))
        return text if len(text) <= limit else text[: limit - 1] + "…"

    def _charset(self) -> str:
        for part in self.headers.get("content-type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                try:
                    return codecs.lookup(value.strip(" \"'")).name
                except (LookupError, ValueError):
                    return ""
        return ""


def _refuse(constant: str) -> None:
    # RFC 8259 section 6: NaN and Infinity are no JSON, and no data base stores them in a JSON column.
    raise ValueError(f"{constant} is not JSON")
