from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfillment.services.sync import Sweep, sweep
from fulfillment.stores.models import adapter_of, adapters
from parcelwise.errors import Misconfigured


class Command(BaseCommand):
    help = "Compare the project's own orders with ours and record each that differs (bulk operations send no signals)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--store", help="slug of one store; default: every store in the settings")
        parser.add_argument("--all", action="store_true", help="every order, not only recent ones")

    def handle(self, *args: Any, store: str | None, all: bool, **options: Any) -> None:
        try:
            chosen = [adapter_of(store)] if store else adapters()
        except Misconfigured as error:
            raise CommandError(str(error)) from error
        failed = 0
        for adapter in chosen:
            self._shown = time.monotonic()
            result = sweep(adapter, everything=all, progress=self._progress)
            failed += result.failed
            self.stdout.write(
                f"{adapter.slug}: {result.seen} seen, {result.recorded} recorded, {result.closed} closed, "
                f"{result.failed} failed"
            )
        if failed:
            raise CommandError(f"{failed} orders could not be read; see Problems in the admin.")

    def _progress(self, result: Sweep) -> None:
        if time.monotonic() - self._shown > 2:
            self._shown = time.monotonic()
            self.stderr.write(f"  {result.seen} seen, {result.recorded} recorded …")
