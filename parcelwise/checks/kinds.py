"""Whether a value is of an annotated type, and the type in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from django.utils.functional import Promise

LISTS = (tuple, list, set, frozenset)


def fits(value: Any, hint: Any) -> bool:
    """Whether ``value`` is of the type ``hint``, read with good will: a list is as good as a tuple, 3 as 3.0."""
    origin, inner = get_origin(hint) or hint, get_args(hint)
    if origin in (Union, UnionType):
        return any(fits(value, one) for one in inner)
    if origin is Literal:
        return value in inner
    if origin in LISTS:
        element = inner[0] if inner else Any
        return isinstance(value, LISTS) and all(fits(one, element) for one in value)
    if origin in (dict, Mapping):
        key, one = inner or (Any, Any)
        return isinstance(value, Mapping) and all(fits(k, key) and fits(v, one) for k, v in value.items())
    return _fits_plain(value, hint)


def _fits_plain(value: Any, hint: Any) -> bool:
    wider = {float: int | float, str: str | Promise}.get(hint, hint)
    if hint in (int, float) and isinstance(value, bool):
        return False
    return not isinstance(wider, type | UnionType) or isinstance(value, wider)


def words(hint: Any) -> str:
    """A type in words: ``tuple[str, ...]`` is "a list of text"."""
    plain = {int: "a whole number", float: "a number", str: "text", bool: "True or False", NoneType: "None"}
    if hint in plain:
        return plain[hint]
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(words(one) for one in inner)
    if origin in LISTS:
        return f"a list of {words(inner[0]).removeprefix('a ')}"
    if origin in (dict, Mapping):
        return f"a dict from {words(inner[0])} to {words(inner[1])}"
    return str(getattr(hint, "__name__", hint))
