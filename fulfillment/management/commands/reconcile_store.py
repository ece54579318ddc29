"""``manage.py reconcile_store ID``: read what changed at a store. See ``docs/stores.md``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from fulfillment.management.runs import NOT_YET, RunCommand, connected, find_store, result_of
from fulfillment.models import Store, StoreRun
from fulfillment.services import runs
from fulfillment.stores import is_remote
from parcelwise.jobs import OPEN


class Command(RunCommand):
    help = "Read what changed at a store since the last look, whatever its deliveries have told."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--since", type=moment, help="changes from then on: 2026-11-01, 2026-11-01T08:30+01:00")
        parser.add_argument("--deep", action="store_true", help="compare every open order instead, one by one")

    def handle(self, *args: Any, **options: Any) -> None:
        store, since, deep = find_store(options["store"]), options["since"], options["deep"]
        if since and deep:
            raise CommandError("Give --since or --deep: every open order is looked at, whenever it changed.")
        if not is_remote(store):
            self.report(store, self.sweep(store, everything=deep or since is not None), options["json"])
            return
        kind = StoreRun.Kind.DEEP if deep else StoreRun.Kind.CHANGES
        waits = self.waits(options)
        if since:
            self._make_room(connected(store), waits)
        run = runs.start(connected(store), kind, since=since)
        if waits:
            self.follow(run)
        self.report(store, result_of(run), options["json"])

    def _make_room(self, store: Store, waits: bool) -> None:
        """A walk that is under way looks from another moment on: it comes to its end first."""
        while under_way := StoreRun.objects.filter(store=store, kind=StoreRun.Kind.CHANGES, state__in=OPEN).first():
            if not waits:
                raise CommandError("A reconciliation is under way; try again when it is done.", returncode=NOT_YET)
            self.follow(under_way)


def moment(text: str) -> datetime:
    """A date or a moment; without an offset it is in the site's time zone."""
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"“{text}” is no moment such as 2026-11-01 or 2026-11-01T08:30+01:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
