"""Text for boxes of a fixed size: one line or several, in the largest type in which it fits.

Widths are estimates for a wide sans serif (DejaVu Sans), so that what fits here fits in narrower type too.
Whatever the estimate misses, the templates clip.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

ELLIPSIS = "…"
#: Millimetres of a typographic point, and line height in ems.
_POINT, _LEADING = 25.4 / 72, 1.25
#: How much wider bold type is.
_BOLD = 1.14
#: Characters of a text that are looked at; no box holds more.
_LONGEST = 600
#: No script stacks more marks on one letter; whoever does wants to draw over the next line.
_MARKS = 4
_NARROW, _WIDE = frozenset(" .,:;!|'ijlIt()[]/-"), frozenset("mwMW@%—")
#: Controls that turn the reading direction round, for the whole rest of a line if they are never closed.
_TURNS = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
_STACKED = re.compile(
    rf"([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{{{_MARKS}}})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)


@dataclass(frozen=True, slots=True)
class Block:
    """Lines and the size in points in which they fit their box."""

    lines: tuple[str, ...]
    size: float

    def as_context(self) -> dict[str, Any]:
        return {"lines": [{"text": line, "direction": direction(line)} for line in self.lines], "size": self.size}


def direction(text: str) -> str:
    """``rtl`` or ``ltr``, by the first letter that has a direction (Unicode's own rule P2).

    An address keeps its own direction whatever language the reader speaks: “20457 Hamburg” is not “Hamburg 20457”.
    """
    for character in text:
        if (kind := unicodedata.bidirectional(character)) in ("L", "R", "AL"):
            return "ltr" if kind == "L" else "rtl"
    return "ltr"


def literal(text: str) -> str:
    """``text`` in one line without what cannot be printed: controls, direction turners, towers of accents."""
    seen = "".join(_printed(character) for character in _TURNS.sub("", text[: 2 * _LONGEST]))
    flat = " ".join(_STACKED.sub(r"\1", unicodedata.normalize("NFC", seen)).split())
    return flat[:_LONGEST].strip()


def _printed(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") else character


def width(text: str, size: float) -> float:
    """Estimated millimetres of ``text`` in regular type of ``size`` points."""
    return sum(_ems(character) for character in text) * size * _POINT


def one_line(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """``text`` cut to ``room`` millimetres at ``size`` points, with an ellipsis when something is missing."""
    text, size = literal(text), size * (_BOLD if bold else 1)
    return text if width(text, size) <= room else _cut(text, room, size)


def block(lines: Iterable[str], room: tuple[float, float], sizes: Sequence[float], *, bold: bool = False) -> Block:
    """Fit ``lines`` into ``room`` (width, height in mm): the first of ``sizes`` (points) in which they fit, wrapped.

    In the last size what is too much is cut: every line to an equal share of the lines there are, never a line at the
    end, because the town stands there.
    """
    texts = [text for text in map(literal, lines) if text]
    room = (room[0] / (_BOLD if bold else 1), room[1])
    for size in sizes:
        wrapped = [_wrap(text, room[0], size) for text in texts]
        if sum(map(len, wrapped)) <= _lines_in(room[1], size):
            return Block(tuple(row for rows in wrapped for row in rows), size)
    return Block(tuple(_squeezed(texts, room, sizes[-1])), sizes[-1])


def _squeezed(texts: Sequence[str], room: tuple[float, float], size: float) -> Iterable[str]:
    left = _lines_in(room[1], size)
    for place, text in enumerate(texts):
        share = max(1, left // (len(texts) - place))
        rows = _wrap(text, room[0], size)
        if len(rows) > share:
            rows = [*rows[: share - 1], _cut(rows[share - 1] + " " + rows[share], room[0], size)]
        left -= len(rows)
        yield from rows


def _lines_in(height: float, size: float) -> int:
    return max(1, int(height / (size * _LEADING * _POINT)))


def _wrap(text: str, room: float, size: float) -> list[str]:
    rows, row = [], ""
    for word in text.split(" "):
        longer = f"{row} {word}".strip()
        if width(longer, size) <= room:
            row = longer
            continue
        if row:
            rows.append(row)
        *full, row = _chunks(word, room, size)
        rows += full
    return [*rows, row]


def _chunks(word: str, room: float, size: float) -> list[str]:
    """A word in pieces that fit a line each."""
    pieces, piece, used = [], "", 0.0
    for character in word:
        more = width(character, size)
        if piece and used + more > room:
            pieces.append(piece)
            piece, used = "", 0.0
        piece, used = piece + character, used + more
    return [*pieces, piece]


def _cut(text: str, room: float, size: float) -> str:
    (first, *_rest) = _chunks(text, room - width(ELLIPSIS, size), size)
    return first.rstrip() + ELLIPSIS


def _ems(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or unicodedata.category(character) == "So":
        return 1.3
    if character in _NARROW:
        return 0.42
    if character in _WIDE:
        return 1.0
    return 0.74 if character.isupper() else 0.64
