"""Check digits: each function gives the character that must end a number with this serial."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import cycle
from math import log10

_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Check:
    """How a check digit is computed. ``residues``: of how many serials one has the right digit by chance.

    ``catches_every_slip``: no change of a single digit keeps the check digit right.
    """

    name: str
    expected: Callable[[str], str]
    residues: int = 10
    catches_every_slip: bool = False

    @property
    def places(self) -> float:
        """What a right digit proves, in decimal places."""
        return log10(self.residues)


def _weighted(serial: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(serial, weights, strict=False))


def _to_next_ten(total: int) -> str:
    return str(-total % 10)


def _gs1(serial: str) -> str:
    return _to_next_ten(_weighted(serial[::-1], cycle((3, 1))))


def _gls(serial: str) -> str:
    return _to_next_ten(_weighted(serial, cycle((3, 1))) + 1)


def _identcode(serial: str) -> str:
    return _to_next_ten(_weighted(serial, cycle((4, 9))))


def _ups(serial: str) -> str:
    # A is 2, B is 3, … H is 9, I is 0, and so on.
    digits = "".join(each if each.isdigit() else str((ord(each) - 3) % 10) for each in serial)
    return _to_next_ten(_weighted(digits, cycle((1, 2))))


def _luhn(serial: str) -> str:
    doubled = (sum(divmod(int(digit) * weight, 10)) for digit, weight in zip(serial[::-1], cycle((2, 1)), strict=False))
    return _to_next_ten(sum(doubled))


def _mod7(serial: str) -> str:
    return str(int(serial) % 7)


def _s10(serial: str) -> str:
    rest = 11 - _weighted(serial, (8, 6, 4, 2, 3, 5, 9, 7)) % 11
    return str({10: 0, 11: 5}.get(rest, rest))


def _fedex(serial: str) -> str:
    return str(_weighted(serial[::-1], cycle((1, 3, 7))) % 11 % 10)


def _mod37_36(serial: str) -> str:
    rest = 36
    for each in serial:
        rest = (rest + _ALPHANUMERIC.index(each)) % 36 or 36
        rest = rest * 2 % 37
    return _ALPHANUMERIC[(37 - rest) % 36]


#: GS1 General Specifications 7.9: SSCC and most postal and parcel bar codes.
GS1 = Check("mod 10, weights 3 and 1", _gs1, catches_every_slip=True)
#: GLS Uni-Box documentation 3.2.1: as GS1 from the left, and one more.
GLS = Check("mod 10, weights 3 and 1, plus 1", _gls, catches_every_slip=True)
#: Identcode of Deutsche Post.
IDENTCODE = Check("mod 10, weights 4 and 9", _identcode)
#: UPS, and OnTrac after it; letters stand for digits.
UPS = Check("mod 10, weights 1 and 2", _ups)
LUHN = Check("Luhn", _luhn, catches_every_slip=True)
#: Air waybills, and Japan's "7DR".
MOD7 = Check("mod 7", _mod7, residues=7)
#: UPU S10, section 5; TNT uses it too.
S10 = Check("mod 11, weights 8 6 4 2 3 5 9 7", _s10)
FEDEX = Check("mod 11, weights 1 3 7", _fedex)
#: ISO 7064, as DPD prints it.
MOD37_36 = Check("ISO 7064 mod 37, 36", _mod37_36, residues=36, catches_every_slip=True)
