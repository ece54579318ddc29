"""Bytes that somebody else sent, as text for staff. Whatever they are, they come out as text and nothing else."""

from __future__ import annotations

import json

#: Letters that are shown of one body; the whole of it can be downloaded.
SHOWN = 200_000


def to_read(body: bytes) -> str:
    """JSON with indents; empty when ``body`` is none. Numbers stay as they are written."""
    try:
        found = json.loads(body, parse_int=_Number, parse_float=_Number, parse_constant=_Number)
        text = json.dumps(found, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
    return _fitting(_printable(_bare_numbers(text)))


def as_it_came(body: bytes) -> str:
    """The bytes as UTF-8, and what is none as ``\\xff``."""
    return _fitting(_printable(body.decode("utf-8", "backslashreplace")))


#: Marks numbers on their way from and to JSON: as numbers they would be rounded, or too long to be read at all.
_MARK = "\ue000\ufdd0"


class _Number(str):
    __slots__ = ()

    def __new__(cls, text: str) -> _Number:
        return super().__new__(cls, f"{_MARK}{text}{_MARK}")


def _bare_numbers(text: str) -> str:
    return text.replace(f'"{_MARK}', "").replace(f'{_MARK}"', "")


def _printable(text: str) -> str:
    """Without what no page can hold: NUL and lone surrogates, which are shown as their escapes."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _fitting(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}\n… ({len(text):,} letters in all)"
