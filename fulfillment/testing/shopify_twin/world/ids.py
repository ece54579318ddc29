"""Ids as Shopify writes them: a kind, and a number that is too large for a float."""

from __future__ import annotations

import itertools
import zlib
from typing import ClassVar

#: Where numbers start. Above 2**53 every odd number is damaged by whoever reads it as a float.
FIRST = 2**53 + 1
#: Numbers from here on belong to the history, which computes its orders from them.
HISTORY = 2**60 + 1
#: Room for the children of one order of the history.
ROOM = 64


class Thing:
    """Something with an id. ``type_name`` is its GraphQL type and the middle of its global id."""

    __slots__ = ()
    type_name: ClassVar[str]
    id: int

    @property
    def gid(self) -> str:
        return f"gid://shopify/{self.type_name}/{self.id}"

    @property
    def legacy_resource_id(self) -> str:
        return str(self.id)


class Numbers:
    """Counts up per kind, in steps that keep each number odd, and far from the numbers of other kinds."""

    def __init__(self) -> None:
        self._counters: dict[str, itertools.count[int]] = {}

    def next(self, kind: str) -> int:
        if kind not in self._counters:
            self._counters[kind] = itertools.count(FIRST + (zlib.crc32(kind.encode()) << 20), 2)
        return next(self._counters[kind])

    def pass_by(self, kind: str, number: int) -> None:
        """``number`` is taken."""
        while self.next(kind) < number:
            pass


def parse(gid: object) -> tuple[str, int]:
    """Kind and number of a global id, both empty for what is none."""
    parts = str(gid).split("?")[0].removeprefix("gid://shopify/").split("/")
    if not str(gid).startswith("gid://shopify/") or len(parts) != 2 or not parts[1].isdigit():
        return "", 0
    return parts[0], int(parts[1])


def history_index(number: int) -> int:
    """Which order of the history a number belongs to."""
    return (number - HISTORY) // 2 // ROOM


def history_number(index: int, child: int = 0) -> int:
    return HISTORY + 2 * (index * ROOM + child)
