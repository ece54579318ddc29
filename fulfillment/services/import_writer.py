"""Writes batches of imported orders: new ones in bulk, changed ones over what is there, unchanged ones not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from fulfillment.erased import assembled_as_stored
from fulfillment.imports.assemble import Assembled
from fulfillment.models import ImportRun, Order, Store
from fulfillment.services import import_relations
from fulfillment.services.import_inserts import Inserts
from fulfillment.services.import_rows import digest
from fulfillment.services.import_updates import Changed, Updates


@dataclass(slots=True)
class Written:
    """What became of a batch. ``live`` are orders that a connected store keeps itself; they are left alone."""

    new: list[tuple[Assembled, str]] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    unchanged: int = 0
    live: list[Assembled] = field(default_factory=list)


class Writer:
    """Writes the orders of one store during one run."""

    def __init__(self, store: Store, run: ImportRun) -> None:
        self.store, self.run = store, run
        self.inserts = Inserts(store)
        self.updates = Updates(store, self.inserts)

    def write(self, batch: Sequence[Assembled]) -> Written:
        """Write one batch in one transaction: after a crash it is there wholly or not at all."""
        with transaction.atomic():
            # Two imports into one store take turns. On SQLite this update takes the lock under which ids are given out.
            ImportRun.objects.filter(pk=self.run.pk).update(finished_at=None)
            Store.objects.select_for_update().get(pk=self.store.pk)
            batch = assembled_as_stored(self.store, batch)
            written = self._sort(batch)
            touched = [*(one for one, _stated in written.new), *(change.stated for change in written.changed)]
            customers = self.inserts.customer_ids(touched)
            self.inserts.add_orders(written.new, customers)
            self.updates.write(written.changed, customers)
            import_relations.write(self.store, [one.order for one in touched])
        return written

    def _sort(self, batch: Sequence[Assembled]) -> Written:
        keys = [one.order.external_id for one in batch]
        rows = Order.objects.filter(store=self.store, external_id__in=keys)
        columns = rows.values_list("external_id", "pk", "digest", "is_history")
        known = {key: (pk, before, is_history) for key, pk, before, is_history in columns}
        written = Written()
        for one in batch:
            stated = digest(one)
            pk, before, is_history = known.get(one.order.external_id, (0, "", True))
            if not pk:
                written.new.append((one, stated))
            elif not is_history:
                written.live.append(one)
            elif before == stated:
                written.unchanged += 1
            else:
                written.changed.append(Changed(pk, one, stated))
        return written
