"""What a format of tracking numbers is: data, from which candidates are made."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fulfillment.carriers.recognise.checks import Check


def _as_it_is(serial: str) -> str:
    return serial


@dataclass(frozen=True)
class Format:
    """One form that a carrier's numbers have: capitals and digits without spaces.

    ``pattern`` matches the whole number. Its groups ``serial`` and ``check`` are what is computed over and the check
    digit; without them that is all but the last character, and the last. ``weighed`` turns the serial into what is
    computed over, where the two differ. ``places`` is what the fixed characters prove, in decimal places: one for each
    fixed digit, 1.4 for each fixed letter, a part of it where several are allowed. ``countries``: those a network is
    confined to; empty for one that delivers everywhere. ``postal``: of the Universal Postal Union's form, S10.
    """

    carrier: str
    service: str
    looks: str
    pattern: str
    check: Check | None = None
    places: float = 0.0
    countries: frozenset[str] = frozenset()
    postal: bool = False
    weighed: Callable[[str], str] = _as_it_is
    form: re.Pattern[str] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "form", re.compile(self.pattern, re.ASCII))

    @property
    def evidence(self) -> float:
        """Decimal places: 3 means that one in a thousand numbers of this length and alphabet fits by chance."""
        return self.places + (self.check.places if self.check else 0.0)

    def fits(self, number: str) -> bool:
        """Whether ``number`` (as :func:`~.reading.plain` gives it) has this form and, where there is one, its digit."""
        found = self.form.fullmatch(number)
        if found is None or self.check is None:
            return found is not None
        serial, digit = self.parts(found)
        return self.check.expected(self.weighed(serial)) == digit

    def parts(self, found: re.Match[str]) -> tuple[str, str]:
        """Serial and check digit of a match of ``form``."""
        if "serial" in self.form.groupindex:
            return found["serial"], found["check"]
        return found[0][:-1], found[0][-1]


def only(countries: str) -> frozenset[str]:
    """A network's countries, as ISO 3166 codes between spaces."""
    return frozenset(countries.split())
