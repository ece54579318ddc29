"""What Shopify's GraphQL answers: data, errors, or both, and what the errors mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater

#: Codes of errors that are over by themselves.
_PASSING = {"INTERNAL_SERVER_ERROR", "INTERNAL_ERROR", "TIMEOUT", "SERVICE_UNAVAILABLE"}


class Refused(GiveUp):
    """Shopify understood and refused. ``codes`` are those of its user errors, where it gives any."""

    def __init__(self, message: str, codes: frozenset[str]) -> None:
        super().__init__(message)
        self.codes = codes


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with status 200. ``data`` may be there beside ``errors``: then some of it is null."""

    data: Mapping[str, Any]
    errors: Sequence[Mapping[str, Any]] = ()
    cost: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, body: Any) -> Reply:
        """The reply in a JSON body; RetryLater when it is none of GraphQL's."""
        if not isinstance(body, dict) or not ("data" in body or "errors" in body):
            raise RetryLater("Shopify answered with JSON that is no GraphQL answer.")
        data, extensions = body.get("data"), body.get("extensions")
        cost = extensions.get("cost") if isinstance(extensions, dict) else None
        return cls(
            data if isinstance(data, dict) else {},
            _errors(body.get("errors")),
            cost if isinstance(cost, dict) else {},
        )

    @property
    def throttled(self) -> bool:
        return any(_code(error) == "THROTTLED" or error.get("message") == "Throttled" for error in self.errors)

    def trouble(self, shop: str) -> ParcelwiseError | None:
        """What the errors mean for whoever asked; None when there are none."""
        if not self.errors:
            return None if self.data else RetryLater(f"Shopify answered {shop} without data.")
        said = words(self.errors)
        codes = {_code(error) for error in self.errors}
        if "ACCESS_DENIED" in codes:
            return Misconfigured(f"Shopify does not let the app do this in {shop}: {said}{_needed(self.errors)}")
        if "SHOP_INACTIVE" in codes:
            return Misconfigured(f"{shop} is closed at Shopify: {said}")
        if codes & _PASSING:
            return RetryLater(f"Shopify has trouble of its own: {said}")
        return Refused(f"Shopify refuses: {said}", frozenset(codes))


def refusal(payload: Mapping[str, Any]) -> ParcelwiseError | None:
    """What the user errors of a mutation mean: status 200 with such errors is a failure."""
    errors = [error for name, value in payload.items() if name.endswith("serErrors") for error in _errors(value)]
    if not errors:
        return None
    codes = frozenset(str(error.get("code") or "") for error in errors)
    said = f"Shopify refuses: {words(errors)}"
    return RetryLater(said) if codes & _PASSING else Refused(said, codes)


def words(errors: Sequence[Mapping[str, Any]]) -> str:
    """The platform's own words, each once."""
    found = []
    for error in errors:
        where = error.get("field")
        path = ".".join(map(str, where)) if isinstance(where, list) else ""
        message = str(error.get("message") or "no reason given")
        found.append(f"{path}: {message}" if path else message)
    return "; ".join(dict.fromkeys(found))[:600]


def _errors(found: Any) -> list[Mapping[str, Any]]:
    """Errors as a list of objects: beside that, Shopify sends a text or an object for failures of access."""
    if not found:
        return []
    entries = found if isinstance(found, list) else [found]
    return [entry if isinstance(entry, dict) and "message" in entry else {"message": str(entry)} for entry in entries]


def _code(error: Mapping[str, Any]) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, Mapping) else ""


def _needed(errors: Sequence[Mapping[str, Any]]) -> str:
    scopes = {
        str(extensions["requiredAccess"])
        for error in errors
        if isinstance(extensions := error.get("extensions"), Mapping) and extensions.get("requiredAccess")
    }
    named = " ".join(sorted(scopes))
    return f" It needs {named}" if named else " Give the app the scope and install it again."
