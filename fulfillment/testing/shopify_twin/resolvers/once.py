"""``@idempotent(key:)``: the same key with the same input has one effect and one answer."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

#: Mutations that take a key, and the version from which they need one.
KEYED = {"refundCreate": "2026-04"}


class Once:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: dict[tuple[str, str], tuple[str, Any]] = {}

    def run(self, name: str, key: str | None, version: str, given: Any, effect: Callable[[], Any]) -> Any:
        """The answer of ``effect``, or of the first call with this key. Raises where a key is missing or reused."""
        if key is None:
            if version >= KEYED.get(name, "9999"):
                raise GraphQLError(
                    f"The @idempotent directive is required for the {name} mutation.",
                    extensions={"code": "IDEMPOTENCY_KEY_REQUIRED"},
                )
            return effect()
        if name not in KEYED:
            raise GraphQLError(f"The {name} mutation takes no @idempotent directive.")
        if not key:
            raise GraphQLError("The key of @idempotent can't be blank.", extensions={"code": "BAD_REQUEST"})
        told = hashlib.sha256(json.dumps(given, sort_keys=True, default=str).encode()).hexdigest()
        with self._lock:
            known = self._done.get((name, key))
            if known is None:
                answer = effect()
                self._done[name, key] = told, answer
                return answer
        if known[0] != told:
            raise GraphQLError(
                "The same idempotency key cannot be used with different operation parameters.",
                extensions={"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"},
            )
        return known[1]
