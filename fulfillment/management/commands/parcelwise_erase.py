"""``manage.py parcelwise_erase EMAIL --yes``: erase a person. See ``docs/privacy.md``."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fulfillment.privacy import contacts_called
from parcelwise.privacy import Erased, erase, erase_again, preview
from parcelwise.privacy.tombstones import as_lines, take_lines

ACTOR = "parcelwise_erase"


class Command(BaseCommand):
    help = (
        "Erase the person with this e-mail address. After restoring an older copy of the data base: erase again "
        "whoever had been erased."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="?")
        parser.add_argument("--store", default="", metavar="SLUG", help="only as a customer of this store")
        parser.add_argument("--yes", action="store_true", help="do it; without it, say what would be done")
        parser.add_argument("--why", default="asked for", help="what goes into the record of the erasure")
        parser.add_argument("--again", action="store_true", help="erase whoever was erased and is there again")
        parser.add_argument(
            "--save", type=Path, metavar="FILE", help="write the tombstones, which name nobody, to FILE"
        )
        parser.add_argument("--load", type=Path, metavar="FILE", help="read tombstones that --save wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [name for name in ("email", "again", "save", "load") if options[name]]
        if not wanted or (options["email"] and len(wanted) > 1):
            raise CommandError("Name one e-mail address, or --again, --save or --load.")
        if options["email"]:
            self._person(options)
        if options["load"]:
            self._load(options["load"])
        if options["again"]:
            self._tell(erase_again(actor=ACTOR))
        if options["save"]:
            options["save"].write_text("".join(f"{line}\n" for line in as_lines()))

    def _person(self, options: dict[str, Any]) -> None:
        found = contacts_called(options["email"], options["store"])
        if not found:
            self.stdout.write("Nobody with this e-mail address is known.")
            return
        if options["yes"]:
            self._tell(erase(found, why=options["why"], actor=ACTOR))
            return
        for part in preview(found):
            self.stdout.write(f"{part.title} ({part.rows})\n  goes:  {part.removes}\n  stays: {part.keeps}")
            for warning in part.warnings:
                self.stdout.write(f"  note:  {warning}")
        raise CommandError("Nothing was erased. With --yes it is, and nothing brings it back.")

    def _load(self, file: Path) -> None:
        try:
            count = take_lines(file.read_text().splitlines())
        except (OSError, ValueError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        self.stdout.write(f"{count} tombstones read.")

    def _tell(self, done: Erased) -> None:
        self.stdout.write(f"{done.contacts} contacts erased.")
        for name, count in done.counts.items():
            self.stdout.write(f"  {name}: {count} records changed or deleted")
