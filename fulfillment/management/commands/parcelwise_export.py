"""``manage.py parcelwise_export EMAIL``: all that is stored of a person. See ``docs/privacy.md``."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from fulfillment.privacy import contacts_called
from parcelwise.privacy import export


class Command(BaseCommand):
    help = "Print all that is stored of the person with this e-mail address."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--store", default="", metavar="SLUG", help="only as a customer of this store")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = contacts_called(options["email"], options["store"])
        if not found:
            raise CommandError("Nobody with this e-mail address is known.")
        held = export(found)
        if options["json"]:
            self.stdout.write(json.dumps(held, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(as_lines(held)))


def as_lines(value: Any, depth: int = 0) -> Iterator[str]:
    """A JSON value as an indented outline, without what is empty."""
    pairs = value.items() if isinstance(value, dict) else (("-", one) for one in value)
    for name, one in pairs:
        if one in (None, "", [], {}):
            continue
        if isinstance(one, dict | list):
            yield f"{'  ' * depth}{name}"
            yield from as_lines(one, depth + 1)
        else:
            yield f"{'  ' * depth}{name}{' ' if name == '-' else ': '}{one}"
