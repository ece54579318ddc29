"""Reads the moments of a parcel's life, and leaves out those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from fulfillment.facts import Scan
from fulfillment.imports.expressions import Scope, text_reader, zone_of
from fulfillment.imports.plan import Expression, Milestone, Plan
from fulfillment.imports.values import Refusal, has_offset, moment
from fulfillment.statuses import ShipmentStatus

#: How far ahead of now a stamp may lie: the widest time zones are 26 hours apart.
AHEAD = timedelta(hours=36)

#: Code of the cancellation that :func:`taken_back` makes.
CANCELLED_CODE = "cancelled"

#: Hears (reason, sentence) of what was left out.
Note = Callable[[str, str], None]


class Milestones:
    """The milestones of a plan, compiled."""

    def __init__(self, plan: Plan, now: datetime) -> None:
        self.latest = now + AHEAD
        self.readers = [self._reader(plan, milestone) for milestone in plan.milestones]

    def _reader(self, plan: Plan, milestone: Milestone) -> Callable[[Scope], Scan | None]:
        expression = milestone.at
        text_of, zone, form = (
            text_reader(plan, expression),
            zone_of(plan, expression),
            expression.options.get("format", ""),
        )
        location_of = text_reader(plan, milestone.location) if milestone.location else None
        label = _label(expression)

        def read(scope: Scope) -> Scan | None:
            text = text_of(scope)
            if not text:
                return None
            try:
                at = moment(text, zone, form)
            except Refusal as error:
                raise Refusal(error.reason, f"{label}: {error.sentence}") from error
            return Scan(
                occurred_at=at,
                status=milestone.status,
                description=milestone.description,
                code=milestone.code,
                reason=milestone.reason,
                location=location_of(scope)[:200] if location_of else "",
                local_time=text[:40],
                zone="given" if "%z" in form or (not form and has_offset(text)) else "inferred",
            )

        return read

    def read(self, scope: Scope, placed_at: datetime, note: Note) -> tuple[Scan, ...]:
        """The scans of a parcel whose order was placed at ``placed_at``.

        Refusal when it was delivered before it was bought: then either stamp may be the wrong one. Any other stamp that
        cannot be is left out and noted.
        """
        scans = [scan for read in self.readers if (scan := self._read(read, scope, note))]
        delivered = min((scan.occurred_at for scan in scans if scan.status == ShipmentStatus.DELIVERED), default=None)
        if delivered and delivered < placed_at:
            raise Refusal("delivered before purchase", f"delivered at {_utc(delivered)}, bought at {_utc(placed_at)}")
        return tuple(scan for scan in scans if self._is_possible(scan, placed_at, delivered, note))

    def _read(self, read: Callable[[Scope], Scan | None], scope: Scope, note: Note) -> Scan | None:
        try:
            return read(scope)
        except Refusal as error:
            note(error.reason, f"{error.sentence}; the stamp is left out")
            return None

    def _is_possible(self, scan: Scan, placed_at: datetime, delivered: datetime | None, note: Note) -> bool:
        if scan.occurred_at > self.latest:
            note("stamp in the future", f"{scan.code} lies in the future ({_utc(scan.occurred_at)}); it is left out")
        elif scan.occurred_at < placed_at:
            sentence = (
                f"{scan.code} ({_utc(scan.occurred_at)}) is before the purchase ({_utc(placed_at)}); it is left out"
            )
            note("stamp before purchase", sentence)
        elif delivered and scan.occurred_at > delivered and scan.status != ShipmentStatus.RETURN_TO_SENDER:
            sentence = (
                f"{scan.code} ({_utc(scan.occurred_at)}) is after the delivery ({_utc(delivered)}); it is left out"
            )
            note("stamp after delivery", sentence)
        else:
            return True
        return False


def taken_back(placed_at: datetime) -> Scan:
    """The cancellation of a parcel that never left. No table says when; the order's own moment stands in for it."""
    return Scan(
        occurred_at=placed_at,
        status=ShipmentStatus.CANCELLED.value,
        description="Cancelled by the shop",
        code=CANCELLED_CODE,
        local_time="-",
        zone="assumed",
    )


def _label(expression: Expression) -> str:
    return " or ".join(cell.column for cell in expression.cells) or expression.path


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
