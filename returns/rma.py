"""RMA numbers: ``R-7KQ4-M2XD``. Short enough to read out, hard to guess, and a slip of the pen is noticed.

Seven random characters of Crockford's base 32 (no I, L, O, U; https://www.crockford.com/base32.html) and a Luhn
mod 32 check character, which catches every single wrong character and all but one swap of neighbours in a thousand.
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\t": None})
_RANDOM = 7


def new_number() -> str:
    """A fresh RMA number out of 34 thousand million."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_RANDOM))
    return _written(body + _check(body))


def tidy(text: str) -> str:
    """The RMA number that a person meant (``r 7kq4 m2xd``, O for 0, I for 1); empty when it is none."""
    typed = text.strip().upper().removeprefix("R-").translate(_MISREAD)
    if len(typed) == _RANDOM + 2 and typed[0] == "R":
        typed = typed[1:]
    if len(typed) != _RANDOM + 1 or any(character not in _VALUE for character in typed):
        return ""
    return _written(typed) if _check(typed[:-1]) == typed[-1] else ""


def _written(characters: str) -> str:
    return f"R-{characters[:4]}-{characters[4:]}"


def _check(body: str) -> str:
    """Luhn mod N with N = 32: every second value from the right is doubled, digits of the product are added."""
    total = 0
    for place, character in enumerate(reversed(body)):
        value = _VALUE[character] * (2 - place % 2)
        total += value // len(ALPHABET) + value % len(ALPHABET)
    return ALPHABET[-total % len(ALPHABET)]
