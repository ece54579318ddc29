"""Keeping credentials out of errors, logs and stored texts."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

import httpx

MASK = "•••"

#: Names of headers, query parameters and fields whose values are credentials.
SECRET_NAME = re.compile(
    r"auth|token|secret|passw|pwd|signature|hmac|credential|cookie|session|api.?key|consumer.?key|(^|[-_.])(key|sig|code)$",
    re.IGNORECASE,
)
#: Shorter values are too likely to be part of an ordinary word.
SHORTEST = 4


class Redactor:
    """Knows the credentials of one call and takes them out of any text about it."""

    def __init__(self, request: httpx.Request, fields: Any = None, secrets: Iterable[str] = ()) -> None:
        found = set(secrets)
        for name, value in request.headers.items():
            if SECRET_NAME.search(name):
                found.update(_parts(value))
        found.update(_values(dict(request.url.params)))
        found.update(_values(fields))
        found |= {encode(secret) for secret in found for encode in (quote, quote_plus)}
        found = {secret for secret in found if len(secret) >= SHORTEST}
        self._pattern = re.compile("|".join(re.escape(s) for s in sorted(found, key=len, reverse=True)) or r"(?!)")

    def hide(self, text: str) -> str:
        """``text`` without any of the call's credentials."""
        return self._pattern.sub(MASK, text)

    def url(self, url: httpx.URL) -> str:
        """The address for people: query values with a telling name are masked, and so is what stands before an @."""
        pairs = [f"{name}={MASK if SECRET_NAME.search(name) else value}" for name, value in url.params.multi_items()]
        port = f":{url.port}" if url.port else ""
        return self.hide(f"{url.scheme}://{url.host}{port}{url.path}" + ("?" + "&".join(pairs) if pairs else ""))


def _parts(value: str) -> Iterator[str]:
    """A header's value, the token behind its scheme, and the two halves of Basic credentials (RFC 7617)."""
    yield value
    scheme, _, token = value.partition(" ")
    yield token
    if scheme.lower() == "basic":
        try:
            plain = base64.b64decode(token, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return
        yield from plain.split(":", 1)


def _values(fields: Any) -> Iterator[str]:
    """Values under telling names, at any depth of a JSON body or a form."""
    if isinstance(fields, Mapping):
        for name, value in fields.items():
            if SECRET_NAME.search(str(name)) and isinstance(value, str | int):
                yield str(value)
            else:
                yield from _values(value)
    elif isinstance(fields, list | tuple):
        for value in fields:
            yield from _values(value)
