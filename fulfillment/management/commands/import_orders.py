"""``manage.py import_orders FILE… --mapping MAPPING``: a shop's history from tables. See ``docs/importing.md``."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from fulfillment.imports.mapping import read_mapping
from fulfillment.services.import_report import Report
from fulfillment.services.imports import import_orders
from parcelwise.errors import ParcelwiseError

_COUNTS = ("rows", "used", "repeated", "unneeded", "rejected", "repaired")


class Command(BaseCommand):
    help = "Import orders, lines, parcels and outcomes from CSV files (also .gz, also folders), as a mapping file says."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="table, or folder with tables")
        parser.add_argument("--mapping", required=True, type=Path, help="TOML file that says which column is what")
        parser.add_argument("--rejects", type=Path, help="where rejected rows go (./import-rejects-<time>.csv)")
        parser.add_argument("--json", action="store_true", help="print the report as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        rejects = options["rejects"] or Path(f"import-rejects-{datetime.now():%Y%m%d-%H%M%S}.csv")
        shown = _Progress(sys.stderr) if options["verbosity"] else (lambda what, done, of: None)
        try:
            plan = read_mapping(options["mapping"])
            report = import_orders(plan, options["files"], rejects=rejects, progress=shown)
        except (ParcelwiseError, OSError) as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), ensure_ascii=False))
        else:
            self.stdout.write(as_text(report))


class _Progress:
    """A line that is drawn over on a terminal, a new line every few seconds elsewhere."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.live = stream, stream.isatty()
        self.pause = 0.2 if self.live else 5.0
        self.what, self.since, self.shown = "", 0.0, time.monotonic()

    def __call__(self, what: str, done: int, of: int) -> None:
        now = time.monotonic()
        if what != self.what:
            self.what, self.since = what, now
        over = done >= of
        if not over and now - self.shown < self.pause:
            return
        if over and not self.live and now - self.since < self.pause:
            return
        self.shown = now
        rate = done / max(now - self.since, 0.001)
        left = (of - done) / rate if rate else 0.0
        unit = "MB" if what == "reading" else "orders"
        size = 1_000_000 if what == "reading" else 1
        text = f"{what}: {done / size:,.0f} of {of / size:,.0f} {unit}, {rate / size:,.0f} a second, {left:.0f} s left"
        self.stream.write(f"\r{text}\x1b[K" + ("\n" if over else "") if self.live else text + "\n")
        self.stream.flush()


def as_text(report: Report) -> str:
    """The report for people."""
    width = max(len("file"), *(len(count.name) for count in report.files))
    lines = [f"{'file':{width}}  {'table':12}" + "".join(f"{name:>10}" for name in _COUNTS)]
    used = [count for count in report.files if not count.skipped]
    for count in used:
        numbers = "".join(f"{getattr(count, name):>10,}" for name in _COUNTS)
        lines.append(f"{count.name:{width}}  {count.source:12}{numbers}")
    lines.append(f"{'all':{width}}  {'':12}" + "".join(f"{report.rows[name]:>10,}" for name in _COUNTS))
    lines += [f"{count.name:{width}}  skipped: {count.skipped}" for count in report.files if count.skipped]
    lines.append("")
    lines.append("orders: " + ", ".join(f"{number:,} {name}" for name, number in report.orders.items()))
    for severity, reasons in (("rejected", report.rejected), ("repaired", report.repaired)):
        lines += [f"{severity}: {number:,} × {reason}" for reason, number in reasons.items()]
    lines += [f"note: {warning}" for warning in report.warnings]
    if report.rejects_file:
        lines.append(f"rejected and repaired rows are in {report.rejects_file}")
    seconds = ", ".join(f"{name} {took} s" for name, took in report.seconds.items())
    lines.append(f"{report.orders_per_second:,.0f} orders a second ({seconds})")
    return "\n".join(lines)
