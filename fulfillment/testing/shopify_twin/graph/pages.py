"""Connections: cursors, and one page of a list."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

#: Most that one page holds.
LARGEST = 250


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    cursor: str
    node: Any


class Page:
    """A connection's answer: ``nodes``, the same as ``edges``, and where the page stands."""

    def __init__(self, nodes: Sequence[Any], cursors: Sequence[str], *, more: bool, before: bool) -> None:
        self.nodes = nodes
        self.edges = [Edge(cursor, node) for cursor, node in zip(cursors, nodes, strict=True)]
        ends = (cursors[0], cursors[-1]) if cursors else (None, None)
        self.page_info = PageInfo(more, before, *ends)


def write(*position: Any) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def read(cursor: str) -> list[Any]:
    try:
        position: list[Any] = json.loads(base64.urlsafe_b64decode(cursor))
    except ValueError as error:
        raise GraphQLError(f"Invalid cursor for current pagination sort. (`{cursor}` given)") from error
    return position


def size(first: int | None, last: int | None) -> int:
    """How many are asked for. Raises the platform's errors for none, both and too many."""
    if first is None and last is None:
        raise _bad("you must provide one of first or last")
    if first is not None and last is not None:
        raise _bad("providing both first and last is not supported")
    wanted = first if first is not None else last
    assert wanted is not None
    if wanted < 0:
        raise _bad("first and last must not be negative")
    if wanted > LARGEST:
        raise _bad(f"the limit of {LARGEST} for first and last was exceeded")
    return wanted


def cut(
    things: Sequence[Any],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
    reverse: bool = False,
) -> Page:
    """A page of a list that is at hand; its cursors name the things by id, else by place."""
    wanted = size(first, last)
    ordered = list(reversed(things)) if reverse else list(things)
    names = [getattr(thing, "id", at) for at, thing in enumerate(ordered)]
    start = names.index(read(after)[0]) + 1 if after and read(after)[0] in names else 0
    end = names.index(read(before)[0]) if before and read(before)[0] in names else len(ordered)
    if first is not None:
        end = min(end, start + wanted)
    else:
        start = max(start, end - wanted)
    cursors = [write(name) for name in names[start:end]]
    return Page(ordered[start:end], cursors, more=end < len(ordered), before=start > 0)


def _bad(words: str) -> GraphQLError:
    return GraphQLError(words, extensions={"code": "BAD_REQUEST"})
