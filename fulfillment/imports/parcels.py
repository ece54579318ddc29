"""The parcels of one order: grouped from its lines, or listed in a table of parcels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from fulfillment.facts import OtherNumber, ParcelData, Scan
from fulfillment.imports.expressions import Scope
from fulfillment.imports.joins import Batch, Joins
from fulfillment.imports.lines import Line
from fulfillment.imports.milestones import Milestones, taken_back
from fulfillment.imports.notes import Notes
from fulfillment.imports.plan import Plan
from fulfillment.imports.sections import Sections
from fulfillment.imports.shelf import Row
from fulfillment.imports.values import Refusal
from fulfillment.statuses import NumberRole, OrderStatus, ShipmentStatus

#: The key of a parcel when the tables give none.
ONLY_PARCEL = "1"


@dataclass(frozen=True, slots=True)
class Head:
    """What parcels need to know of their order."""

    row: Row
    placed_at: datetime
    status: str


@dataclass(slots=True)
class Parcels:
    """The parcels of one order, their scans by external id, and the rows of a table of parcels that were used."""

    found: list[ParcelData] = field(default_factory=list)
    scans: dict[str, tuple[Scan, ...]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    name: str
    row: Row
    scope: Scope
    lines: list[Line]


class ParcelReader:
    """Reads the parcels of orders."""

    def __init__(self, plan: Plan, joins: Joins, sections: Sections, now: datetime) -> None:
        self.source, self.joins, self.sections = plan.parcel_source, joins, sections
        self.milestones = Milestones(plan, now)
        self.knows_delivery = any(one.status == ShipmentStatus.DELIVERED for one in plan.milestones)
        self.has_parcels = bool(plan.parcel_source or plan.fields["parcel"] or plan.milestones)

    def read(self, batch: Batch, key: str, scope: Scope, lines: list[Line], head: Head, notes: Notes) -> Parcels:
        """The parcels of the order with ``key``. Refusal when the order's own row makes no sense for them."""
        parcels = Parcels()
        if not self.has_parcels:
            return parcels
        masters: dict[str, tuple[str, Row]] = {}
        groups = self._listed(batch, key, scope, lines, notes) if self.source else self._grouped(lines, head, notes)
        for group in groups:
            try:
                parcel, scans, master = self._parcel(group, head, notes)
            except Refusal as error:
                if not self.source:
                    raise
                notes.reject(group.row, error)
                continue
            if self.source:
                parcels.rows.append(group.row)
            parcels.found.append(parcel)
            parcels.scans[parcel.external_id] = scans
            if master:
                masters[parcel.external_id] = master, group.row
        parcels.found = _as_pieces(parcels.found, masters, notes)
        return parcels

    def _grouped(self, lines: list[Line], head: Head, notes: Notes) -> Iterator[_Group]:
        """One parcel for each value of ``parcel.per``, or one for the whole order."""
        groups: dict[str, list[Line]] = {}
        for line in lines:
            per = self.sections.read_one("parcel", "per", line.scope, line.row, notes) or ONLY_PARCEL
            groups.setdefault(per, []).append(line)
        for per in sorted(groups):
            yield _Group(per, head.row, groups[per][0].scope, groups[per])

    def _listed(self, batch: Batch, key: str, base: Scope, lines: list[Line], notes: Notes) -> Iterator[_Group]:
        """The parcels of a table of parcels. A line that names no parcel is in the only one, if there is only one."""
        by_name: dict[str, list[Row]] = {}
        for row in batch.of(self.source, key):
            try:
                scope, missed = self.joins.widen(batch, self.source, row.cells, base)
                self.sections.note_missed(missed, row, notes)
                name = self.sections.read_one("parcel", "external_id", scope, row, notes)
            except Refusal as error:
                notes.reject(row, error)
                continue
            by_name.setdefault(name, []).append(row)
        for name in sorted(by_name):
            keep = notes.only_one(by_name[name], f"parcel {name}")
            scope, _missed = self.joins.widen(batch, self.source, keep.cells, base)
            inside = [line for line in lines if line.parcel == name or (not line.parcel and len(by_name) == 1)]
            yield _Group(name, keep, scope, inside)

    def _parcel(self, group: _Group, head: Head, notes: Notes) -> tuple[ParcelData, tuple[Scan, ...], str]:
        row, scope = group.row, group.scope
        values = self.sections.read("parcel", scope, row, notes, leave=("per", "order", "external_id"))
        origin = self.sections.address(self.sections.read("parcel.origin", scope, row, notes))
        place = self.sections.read("parcel.destination", scope, row, notes)
        scans = self.milestones.read(scope, head.placed_at, lambda *why: notes.repair(row, *why))
        if head.status == OrderStatus.CANCELLED and not scans:
            scans = (taken_back(head.placed_at),)
        moments = {scan.status: scan.occurred_at for scan in reversed(scans)}
        if self.knows_delivery and head.status == OrderStatus.CLOSED and ShipmentStatus.DELIVERED not in moments:
            sentence = "the order is closed without a time of delivery; its parcel stays where it was last seen"
            notes.repair(row, "no time of delivery", sentence)
        parcel = ParcelData(
            external_id=group.name,
            carrier=values.get("carrier") or "",
            service=values.get("service") or "",
            tracking_number=values.get("tracking_number") or "",
            tracking_url=_link(values.get("tracking_url") or "", row, notes),
            origin=origin,
            destination=self.sections.address(place) if any(place.values()) else None,
            contents={line.data.external_id: line.data.quantity for line in group.lines},
            handed_over_at=moments.get(ShipmentStatus.PICKED_UP),
            delivered_at=moments.get(ShipmentStatus.DELIVERED),
            cancelled=ShipmentStatus.CANCELLED in moments,
            numbers=_last_mile(values),
        )
        return parcel, scans, _bare(values.get("master_number"))


def _last_mile(values: Mapping[str, Any]) -> tuple[OtherNumber, ...]:
    """The number under which another carrier delivered it, if the tables say one."""
    number = values.get("last_mile_number") or ""
    return (OtherNumber(number, NumberRole.LAST_MILE, values.get("last_mile_carrier") or ""),) if number else ()


def _as_pieces(found: list[ParcelData], masters: Mapping[str, tuple[str, Row]], notes: Notes) -> list[ParcelData]:
    """``found``, each with the first piece of its shipment: the parcel of the order that has the master number."""
    first = {_bare(parcel.tracking_number): parcel.external_id for parcel in reversed(found) if parcel.tracking_number}
    pieces = []
    for parcel in found:
        number, row = masters.get(parcel.external_id, ("", None))
        master = first.get(number, "")
        if row and not master:
            notes.repair(row, "no such master", f"no parcel of the order has the number {number}; it is left out")
        pieces.append(replace(parcel, piece_of=master) if master not in ("", parcel.external_id) else parcel)
    return pieces


def _bare(number: str | None) -> str:
    return "".join((number or "").split()).upper()


def _link(url: str, row: Row, notes: Notes) -> str:
    """The address if a page may link to it."""
    if not url or url.startswith(("https://", "http://")):
        return url
    notes.repair(row, "unsafe link", f"“{url[:40]}” is no web address; it is left out")
    return ""
