"""A tracking number as people and programs write it -> the bare number."""

from __future__ import annotations

import unicodedata

#: Longer than any number with a space after each digit.
LONGEST = 160
_BETWEEN = frozenset(" .-()/'_")


def plain(number: object) -> str:
    """Capitals and digits alone; empty for what cannot be a tracking number.

    Spaces, dashes, dots and brackets are how people set a number. Letters and digits of full width, digits of other
    scripts and invisible marks come in with copied text.
    """
    if not isinstance(number, str) or len(number) > LONGEST:
        return ""
    kept = "".join(_plain(each) for each in unicodedata.normalize("NFKC", number.strip()))
    return kept.upper() if kept.isascii() and kept.isalnum() else ""


def _plain(character: str) -> str:
    if character.isascii():
        return "" if character in _BETWEEN else character
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    # Spaces, dashes and marks that cannot be seen.
    return "" if unicodedata.category(character) in ("Zs", "Pd", "Cf") or character == "\u2212" else character
