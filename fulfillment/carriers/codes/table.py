"""The tables of codes that are data: one TOML file in ``tables/`` for each connector.

``[status]`` lists codes by our status, ``[reason]`` by our reason; ``[unknown]`` names the codes that are documented
and say too little to be read as anything, each with why. A code is the carrier's own, in any case.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fulfillment.statuses import Reason, ShipmentStatus

FOLDER = Path(__file__).parent / "tables"


@dataclass(frozen=True, slots=True)
class Table:
    """What the codes of one connector mean; keys are codes as :func:`folded`."""

    status: Mapping[str, ShipmentStatus] = field(default_factory=dict)
    reason: Mapping[str, Reason] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def __contains__(self, code: object) -> bool:
        return (name := folded(str(code))) in self.status or name in self.reason or name in self.unknown

    def meaning(self, *said: str) -> tuple[str, str]:
        """Status and reason of the first of the codes or words ``said`` that is in the table; unknown when none is."""
        name = next((name for name in map(folded, said) if name in self.status), "")
        return self.status.get(name, ShipmentStatus.UNKNOWN).value, self.reason.get(name, "")


def folded(code: str) -> str:
    """A code as it is looked up: without blanks around it and without case."""
    return " ".join(code.split()).casefold()


@cache
def table(connector: str) -> Table:
    """The table of ``connector``; an empty one where there is none. ValueError when it contradicts itself."""
    path = FOLDER / f"{connector}.toml"
    if not (connector.isidentifier() and path.is_file()):
        return Table()
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    status = {code: ShipmentStatus(name) for name, code in _listed(connector, told.get("status", {}))}
    reason = {code: Reason(name) for name, code in _listed(connector, told.get("reason", {}))}
    unknown = {folded(code): why for code, why in told.get("unknown", {}).items()}
    if both := unknown.keys() & (status.keys() | reason.keys()):
        raise ValueError(f"{connector}: known and unknown at once: {', '.join(sorted(both))}")
    if alone := reason.keys() - status.keys():
        raise ValueError(f"{connector}: a reason without a status: {', '.join(sorted(alone))}")
    return Table(status, reason, unknown)


def tables() -> list[str]:
    """The connectors that have a table."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def _listed(connector: str, groups: Mapping[str, Iterable[str]]) -> Iterable[tuple[str, str]]:
    seen: dict[str, str] = {}
    for name, codes in groups.items():
        for code in map(folded, codes):
            if seen.setdefault(code, name) != name:
                raise ValueError(f"{connector}: “{code}” is both {seen[code]} and {name}")
            yield name, code
