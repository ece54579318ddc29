"""The import of a shop's history from tables: reads, joins, writes in batches, and says what became of every row."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path

from django.db.models import Max
from django.utils import timezone

from fulfillment.facts import Address
from fulfillment.imports.assemble import Assembled, Assembler
from fulfillment.imports.joins import Joins
from fulfillment.imports.ledger import FileCount, Ledger
from fulfillment.imports.notes import contradiction
from fulfillment.imports.plan import Plan
from fulfillment.imports.shelf import Shelf, fullest, pack
from fulfillment.imports.tables import Found, Table, Unreadable, find_files, read_rows, recognise
from fulfillment.models import ImportRun, Order, Store, TrackingEvent
from fulfillment.services import forecasts, lanes
from fulfillment.services.bulk import analyze
from fulfillment.services.import_inserts import WRITTEN_MODELS
from fulfillment.services.import_report import Report, close
from fulfillment.services.import_writer import Writer, Written
from parcelwise.errors import Misconfigured

#: Orders written in one transaction.
BATCH = 1000
#: Rows put on the shelf in one go.
SHELF_BATCH = 5000

#: A history that ends so long ago at most is the present: its open parcels get arrival windows.
FRESH = timedelta(days=7)

#: Hears (what is being done, how much of it is done, how much there is).
Progress = Callable[[str, int, int], None]


def import_orders(
    plan: Plan, paths: Sequence[Path], *, rejects: Path, progress: Progress = lambda what, done, of: None
) -> Report:
    """Import the orders in ``paths`` (files and folders) as ``plan`` says. Idempotent; nobody is told of anything.

    Rows that make no sense go into ``rejects`` with their reason. Misconfigured when the files do not give what the
    mapping needs. Batches are written whole: what a crash leaves is consistent, and the next run completes it.
    """
    ledger = Ledger(rejects)
    found = recognise(plan, find_files(paths))
    store = _store(plan)
    run = ImportRun.objects.create(store=store, mapping=Path(plan.file).name, files=[t.path.name for t in found.tables])
    shelf = Shelf(plan)
    try:
        report = _Run(plan, store, run, ledger, shelf, progress).work(found)
    except BaseException as error:
        ImportRun.objects.filter(pk=run.pk).update(error=f"{type(error).__name__}: {error}", finished_at=timezone.now())
        raise
    finally:
        ledger.close()
        shelf.close()
    return report


def _store(plan: Plan) -> Store:
    """The mapping's store; made when it is not there. An existing one keeps its settings, and they must agree."""
    shop = plan.shop
    store, _created = Store.objects.get_or_create(
        slug=shop.slug,
        defaults={
            "name": shop.name,
            "kind": "import",
            "currency": shop.currency,
            "time_zone": shop.time_zone,
            "address": Address(name=shop.name, country=shop.country).as_json(),
        },
    )
    for name in ("currency", "time_zone"):
        if getattr(store, name) != getattr(shop, name):
            raise Misconfigured(
                f"The store {shop.slug} has the {name} {getattr(store, name)}, the mapping says {getattr(shop, name)}."
            )
    return store


class _Run:
    """One run: first all rows go to the shelf, then the orders are put together and written."""

    def __init__(
        self, plan: Plan, store: Store, run: ImportRun, ledger: Ledger, shelf: Shelf, progress: Progress
    ) -> None:
        self.plan, self.store, self.run, self.ledger, self.shelf = plan, store, run, ledger, shelf
        self.progress = progress
        self.orders = dict.fromkeys(("created", "updated", "unchanged", "rejected"), 0)

    def work(self, found: Found) -> Report:
        seconds: dict[str, float] = {}
        clock = time.perf_counter()

        def lap(name: str) -> None:
            nonlocal clock
            seconds[name], clock = round(time.perf_counter() - clock, 2), time.perf_counter()

        self._read(found)
        lap("read")
        self._write(frozenset(table.source for table in found.tables))
        lap("write")
        written = 0
        if self.orders["created"] or self.orders["updated"] or not self._is_settled():
            until = _last_known(self.store)
            written = lanes.refresh_lanes(self.store, until)
            # An old history's open parcels would be predicted into the past.
            if timezone.now() - until < FRESH:
                forecasts.forecast_open(self.store, announce=False)
        lap("lanes")
        return close(self.run, self.ledger, self.orders, found, self.plan, seconds, written)

    def _is_settled(self) -> bool:
        """Whether the run before this one came to its end, so that there is nothing left to do for it."""
        before = ImportRun.objects.filter(store=self.store).exclude(pk=self.run.pk).order_by("-pk").first()
        return bool(before and before.finished_at and not before.error)

    # Reading

    def _read(self, found: Found) -> None:
        total = sum(table.path.stat().st_size for table in found.tables)
        before = 0
        for table in found.tables:
            file = len(self.ledger.files)
            self.ledger.files.append(FileCount(table.path.name, table.source, table.header))
            lacks = self.shelf.add_file(file, table.source, table.header)
            self.ledger.files[file].lacks = lacks
            rows = self._keyed(table, file, partial(self._tell_read, before, total))
            while chunk := list(islice(rows, SHELF_BATCH)):
                self.shelf.put(table.source, chunk)
            before += table.path.stat().st_size
        self.progress("reading", total, total)
        for name in self.plan.sources:
            self.shelf.close_source(name)
            if name != self.plan.line_source and name != self.plan.parcel_source:
                self._settle(name)

    def _tell_read(self, before: int, total: int, size: int) -> None:
        self.progress("reading", before + size, total)

    def _keyed(self, table: Table, file: int, tick: Callable[[int], None]) -> Iterator[tuple[str, int, int, str]]:
        """The rows of a table as (key, file, line, packed cells); those without a key go into the books."""
        count, blank = self.ledger.files[file], self.plan.blank
        cell = self.plan.group_cell(table.source)
        place = [name.casefold() for name in table.header].index(cell.column.casefold()) if cell else 0
        for row in read_rows(table, tick):
            count.rows += 1
            if isinstance(row, Unreadable):
                self.ledger.reject(file, row.line, "unreadable row", row.sentence, row.raw)
                continue
            line, cells = row
            key = cells[place].strip()
            if key in blank:
                self.ledger.reject(file, line, "missing key", f"{table.header[place]} is empty", cells)
            elif (packed := pack(cells)) is None:
                self.ledger.reject(file, line, "unreadable row", "the row has a control character in it", cells)
            else:
                yield key, file, line, packed

    def _settle(self, source: str) -> None:
        """Leave one row for each key of a source in which a key stands for one thing."""
        for rows in self.shelf.repeated(source):
            keep, same, other = fullest(rows)
            for row in same:
                self.ledger.files[row.file].repeated += 1
            cell = self.plan.group_cell(source)
            for row in other:
                what = f"{cell.column if cell else 'its key'} of this row"
                why = contradiction(self.ledger, keep, what)
                self.ledger.reject(row.file, row.line, why.reason, why.sentence, row.raw)
            for row in (*same, *other):
                self.shelf.remove(source, row)

    # Writing

    def _write(self, given: frozenset[str]) -> None:
        joins = Joins(self.plan, self.shelf, given)
        assembler = Assembler(self.plan, joins, self.ledger, timezone.now())
        writer = Writer(self.store, self.run)
        total, done = self.shelf.count_keys(self.plan.order_source), 0
        for keys in self.shelf.keys(self.plan.order_source, BATCH):
            batch = list(assembler.orders(joins.batch(keys)))
            self._count(batch, writer.write(batch), len(keys))
            done += len(keys)
            if done in (BATCH, 10 * BATCH) or done == total:
                analyze(WRITTEN_MODELS)
            self.ledger.flush()
            self.progress("writing", done, total)
        self._count_rest()

    def _count(self, batch: Sequence[Assembled], written: Written, keys: int) -> None:
        live = {one.order.external_id for one in written.live}
        for one in batch:
            for row in one.rows:
                if one.order.external_id in live:
                    sentence = (
                        f"order {one.order.external_id} is kept by its store's own connection and is left as it is"
                    )
                    self.ledger.reject(row.file, row.line, "order is live", sentence, row.raw)
                else:
                    self.ledger.files[row.file].used += 1
        self.orders["created"] += len(written.new)
        self.orders["updated"] += len(written.changed)
        self.orders["unchanged"] += written.unchanged
        self.orders["rejected"] += keys - len(batch) + len(live)

    def _count_rest(self) -> None:
        """The rows that no order asked for, and those that were only looked up."""
        plan = self.plan
        for source in {plan.line_source, plan.parcel_source} - {plan.order_source, ""}:
            cell = plan.group_cell(source)
            for row in self.shelf.unwanted(source):
                key = row.cells[plan.used_columns(source).index(cell.column)] if cell else ""
                self.ledger.reject(row.file, row.line, "unknown order", f"there is no order {key}", row.raw)
        for source in plan.sources:
            if source in (plan.order_source, plan.line_source, plan.parcel_source):
                continue
            for (file, used), rows in self.shelf.count_by_file(source).items():
                count = self.ledger.files[file]
                count.used += rows if used else 0
                count.unneeded += 0 if used else rows


def _last_known(store: Store) -> datetime:
    """The last moment that the store's orders and parcels tell of: old history is no reason to call all of it late."""
    placed = Order.objects.filter(store=store).aggregate(last=Max("placed_at"))["last"]
    seen = TrackingEvent.objects.filter(shipment__order__store=store).aggregate(last=Max("occurred_at"))["last"]
    return min(max(filter(None, (placed, seen)), default=timezone.now()), timezone.now())
