"""What became of an import: the report, the row of the run, and the problems that staff should see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from fulfillment.imports.ledger import REJECTED, REPAIRED, FileCount, Ledger
from fulfillment.imports.plan import Plan
from fulfillment.imports.tables import Found
from fulfillment.models import ImportRun, Store
from parcelwise.models import Problem


@dataclass(slots=True)
class Report:
    """What became of a run."""

    run: int
    store: str
    files: list[FileCount]
    orders: dict[str, int]
    rejected: dict[str, int]
    repaired: dict[str, int]
    rejects_file: str = ""
    warnings: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    lanes: int = 0

    @property
    def rows(self) -> dict[str, int]:
        names = ("rows", "used", "repeated", "unneeded", "rejected", "repaired")
        return {name: sum(getattr(count, name) for count in self.files) for name in names}

    @property
    def orders_per_second(self) -> float:
        took = self.seconds.get("read", 0.0) + self.seconds.get("write", 0.0)
        return round(sum(self.orders.values()) / took, 1) if took else 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "store": self.store,
            "files": [count.as_json() for count in self.files],
            "rows": self.rows,
            "orders": self.orders,
            "rejected": self.rejected,
            "repaired": self.repaired,
            "rejects_file": self.rejects_file,
            "warnings": self.warnings,
            "lanes": self.lanes,
            "seconds": self.seconds,
            "orders_per_second": self.orders_per_second,
        }


def close(
    run: ImportRun,
    ledger: Ledger,
    orders: Mapping[str, int],
    found: Found,
    plan: Plan,
    seconds: dict[str, float],
    lanes: int,
) -> Report:
    """Close the books of ``run``: report, run row, problems."""
    files = [*ledger.files, *(FileCount(file.path.name, "", skipped=file.why) for file in found.skipped)]
    report = Report(
        run=run.pk,
        store=run.store.slug,
        files=files,
        orders=dict(orders),
        rejected=dict(ledger.reasons[REJECTED].most_common()),
        repaired=dict(ledger.reasons[REPAIRED].most_common()),
        rejects_file=str(ledger.path) if any(ledger.reasons.values()) else "",
        warnings=_warnings(ledger, found, plan),
        seconds=seconds,
        lanes=lanes,
    )
    ImportRun.objects.filter(pk=run.pk).update(
        finished_at=timezone.now(),
        files=[count.as_json() for count in report.files],
        rows_read=report.rows["rows"],
        rows_rejected=report.rows["rejected"],
        orders_created=orders["created"],
        orders_updated=orders["updated"],
        orders_unchanged=orders["unchanged"],
        rejects_file=report.rejects_file,
        reasons=report.rejected | report.repaired,
    )
    _note_problems(run.store, ledger)
    return report


def _warnings(ledger: Ledger, found: Found, plan: Plan) -> list[str]:
    warnings = []
    for count in ledger.files:
        if count.lacks:
            warnings.append(f"{count.name} has no column {', '.join(count.lacks)}: what it says stays unknown.")
        if not count.adds_up:
            warnings.append(f"The rows of {count.name} do not add up; please report this.")
    given = {table.source for table in found.tables}
    for source in plan.sources.values():
        if source.name not in given and not source.unused:
            warnings.append(f"No file for {source.name}: what it says stays unknown.")
    return warnings


def _note_problems(store: Store, ledger: Ledger) -> None:
    """One problem for staff by file and reason; those of an earlier run that are over are marked as solved."""
    for file, count in enumerate(ledger.files):
        prefix = f"{store.slug}:{count.name}:"
        noted = Problem.objects.filter(kind="import", key__startswith=prefix, solved_at=None)
        still = {prefix + reason for at, reason in ledger.by_file if at == file}
        for key in set(noted.values_list("key", flat=True)) - still:
            Problem.objects.solve("import", key)
    for (file, reason), rows in ledger.by_file.items():
        name = ledger.files[file].name
        line, sentence, raw = ledger.examples[file, reason]
        Problem.objects.note(
            "import",
            f"{store.slug}:{name}:{reason}",
            f"{rows} rows of {name} were rejected ({reason}). The first is line {line}: {sentence}.",
            raw=raw,
        )
