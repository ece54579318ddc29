"""``manage.py recognise NUMBER…``: which carriers a tracking number may belong to. See ``docs/carriers.md``."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfillment.carriers.names import carrier_name
from fulfillment.carriers.recognise import Candidate, courier_codes, recognise

#: Longest field of a table that is read; one that is longer is no number anyway.
_LONGEST_FIELD = 2**30


class Command(BaseCommand):
    help = "Name the carriers that tracking numbers may belong to, the likeliest first. Nobody is asked."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="tracking number, with or without spaces")
        parser.add_argument("--origin", default="", help="country it is sent from (DE); rules networks out")
        parser.add_argument("--destination", default="", help="country it is sent to")
        parser.add_argument("--json", action="store_true", help="print one JSON list")
        parser.add_argument(
            "--csv",
            nargs=2,
            metavar=("IN", "OUT"),
            help="read the column “number” of a table, write number and carriers, separated by “|”; “-” is standard "
            "input or output",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        way = {name: options[name] for name in ("origin", "destination")}
        if bool(options["numbers"]) == bool(options["csv"]):
            raise CommandError("Name tracking numbers, or a table with --csv IN OUT.", returncode=2)
        if options["csv"]:
            self._table(*options["csv"], **way)
            return
        found = [(number, recognise(number, **way)) for number in options["numbers"]]
        if options["json"]:
            self.stdout.write(json.dumps([as_json(*each) for each in found], ensure_ascii=False))
        else:
            self.stdout.write("\n".join(as_text(*each) for each in found))

    def _table(self, source: str, target: str, **way: str) -> None:
        if source == target != "-":
            raise CommandError("IN and OUT are the same file.", returncode=2)
        try:
            with _opened(source, "r", sys.stdin) as read, _opened(target, "w", self.stdout) as write:
                rows = csv.writer(write, lineterminator="\n")
                rows.writerow(["number", "carriers"])
                for number in _numbers(read):
                    rows.writerow([number, "|".join(courier_codes(recognise(number, **way)))])
        except UnicodeError as error:
            raise CommandError(f"The table is not written in UTF-8: {error}") from error
        except (OSError, csv.Error) as error:
            raise CommandError(str(error)) from error


@contextlib.contextmanager
def _opened(path: str, mode: str, standard: Any) -> Iterator[TextIO]:
    """``path``, or the standard stream for “-”. Bytes that are no UTF-8 come out as they went in."""
    if path == "-":
        yield standard
        return
    encoding = "utf-8-sig" if mode == "r" else "utf-8"
    with Path(path).open(mode, newline="", encoding=encoding, errors="surrogateescape") as file:
        yield cast(TextIO, file)


def _numbers(table: TextIO) -> Iterator[str]:
    limit = csv.field_size_limit(_LONGEST_FIELD)
    try:
        rows = csv.DictReader(table)
        column = next((name for name in rows.fieldnames or () if name.strip().lower() == "number"), None)
        if column is None:
            raise CommandError("The table has no column “number” in its first line.", returncode=2)
        for row in rows:
            yield row[column] or ""
    finally:
        csv.field_size_limit(limit)


def as_text(number: str, candidates: list[Candidate]) -> str:
    """The candidates for a terminal."""
    shown = "".join(each if each.isprintable() else " " for each in number[:80])
    if not candidates:
        return f"{shown}\n  no carrier that is known here has such numbers"
    width = max(len(carrier_name(each.carrier)) for each in candidates)
    lines = [
        f"  {carrier_name(each.carrier):{width}}  {each.confidence:7}  {each.service}: {each.why}"
        for each in candidates
    ]
    return "\n".join([shown, *lines])


def as_json(number: str, candidates: list[Candidate]) -> dict[str, Any]:
    """The candidates for scripts."""
    return {
        "number": number.encode(errors="replace").decode(),
        "carriers": [
            {
                "carrier": each.carrier,
                "name": carrier_name(each.carrier),
                "service": each.service,
                "confidence": each.confidence,
                "evidence": each.evidence,
                "why": each.why,
            }
            for each in candidates
        ],
    }
