"""Who is calling: a program with a key, or a person who is logged in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rest_framework.request import Request

from parcelwise.keys import ApiKey


@dataclass(frozen=True, slots=True)
class Caller:
    """``audience`` decides what is seen, ``scopes`` what may be done; ``holder`` is the record that a key speaks for.

    ``user`` is the login whose permissions count, for staff; ``name`` is what histories call the caller.
    """

    audience: str
    scopes: frozenset[str]
    name: str
    user: Any = None
    holder: Any = field(default=None, repr=False)
    key: ApiKey | None = None

    @property
    def id(self) -> str:
        """Names the caller in caches and tables, without anything secret or personal."""
        return f"key:{self.key.pk}" if self.key else f"user:{getattr(self.user, 'pk', '')}"


def caller_of(request: Request) -> Caller | None:
    """Who makes ``request``; None for nobody known."""
    return request.auth if isinstance(request.auth, Caller) else None
