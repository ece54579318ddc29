"""Bulk operations: started, running in a thread, finished with a file, or gone wrong on purpose."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any, ClassVar

from fulfillment.testing.shopify_twin.bulk.lines import lines
from fulfillment.testing.shopify_twin.bulk.plan import Plan
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.refusals import Refused, not_found
from fulfillment.testing.shopify_twin.world.world import World

#: How many run at a time.
MOST = 5
STEP = 500
ENDED = ("COMPLETED", "FAILED", "CANCELED", "EXPIRED")


@dataclass(slots=True, eq=False)
class BulkOperation(Thing):
    type_name: ClassVar[str] = "BulkOperation"
    id: int
    query: str
    created_at: datetime
    type: str = "QUERY"
    status: str = "CREATED"
    error_code: str | None = None
    completed_at: datetime | None = None
    object_count: int = 0
    root_object_count: int = 0
    file_size: int | None = None
    url: str | None = None
    partial_data_url: str | None = None
    path: Path = field(default=Path(), repr=False)
    done: threading.Event = field(default_factory=threading.Event, repr=False)


@dataclass(frozen=True, slots=True)
class Misfortune:
    """What becomes of the next operation: ``status`` FAILED or EXPIRED, after so many objects."""

    status: str
    code: str | None
    after: int


class Desk:
    """``pace`` seconds are slept after each 500 objects, so that progress can be watched."""

    def __init__(self, world: World, on_finish: Callable[[BulkOperation], None]) -> None:
        self.world, self.on_finish = world, on_finish
        self.url, self.pace = "", 0.0
        self._folder = Path(tempfile.mkdtemp(prefix="shopify-twin-"))
        self._lock = threading.Lock()
        self._all: list[BulkOperation] = []
        self._next: Misfortune | None = None
        self._stopping = threading.Event()

    def all(self) -> list[BulkOperation]:
        with self._lock:
            return list(self._all)

    def fail_next(self, status: str = "FAILED", code: str | None = "INTERNAL_SERVER_ERROR", after: int = 0) -> None:
        """The next operation ends as FAILED or EXPIRED; what it had written by then is in ``partialDataUrl``."""
        self._next = Misfortune(status, code if status == "FAILED" else None, after)

    def start(self, query: str, plan: Plan, roots: Iterator[Any], *, grouped: bool) -> BulkOperation:
        """Raises ``Refused`` when too many run."""
        with self._lock:
            if sum(one.status not in ENDED for one in self._all) >= MOST:
                raise Refused("The limit of bulk operations that run at a time was reached.", code="LIMIT_REACHED")
            number = self.world.numbers.next("BulkOperation")
            operation = BulkOperation(number, query, self.world.now(), path=self._folder / f"bulk-{number}.jsonl")
            self._all.append(operation)
        misfortune, self._next = self._next, None
        written = lines(roots, plan.shape, grouped=grouped)
        threading.Thread(target=self._work, args=(operation, written, misfortune), daemon=True).start()
        return operation

    def cancel(self, gid: str) -> BulkOperation:
        found = next((one for one in self.all() if one.gid == gid), None)
        if found is None:
            raise not_found("Bulk operation", "id")
        if found.status in ENDED:
            raise Refused(f"A bulk operation cannot be canceled when it is {found.status.lower()}", "id")
        found.status = "CANCELING"
        return found

    def wait(self, operation: BulkOperation, seconds: float = 60.0) -> BulkOperation:
        """Until it has ended, for tests."""
        operation.done.wait(seconds)
        return operation

    def stop(self) -> None:
        self._stopping.set()
        for operation in self.all():
            operation.done.wait(5)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _work(self, operation: BulkOperation, written: Iterator[tuple[str, bool]], bad: Misfortune | None) -> None:
        if operation.status == "CREATED":
            operation.status = "RUNNING"
        with operation.path.open("w", encoding="utf-8", buffering=1 << 20) as file:
            status, code = self._write(operation, file, written, bad)
        operation.file_size = operation.path.stat().st_size
        address = f"{self.url}/twin-bulk/{operation.path.name}"
        operation.error_code, operation.completed_at = code, self.world.now()
        if status == "COMPLETED":
            operation.url = address if operation.object_count else None
        elif operation.file_size:
            operation.partial_data_url = address
        operation.status = status
        self.on_finish(operation)
        operation.done.set()

    def _write(
        self, operation: BulkOperation, file: IO[str], written: Iterator[tuple[str, bool]], bad: Misfortune | None
    ) -> tuple[str, str | None]:
        """Status and error code at the end."""
        for line, is_root in written:
            if bad is not None and operation.object_count >= bad.after:
                return bad.status, bad.code
            file.write(line)
            file.write("\n")
            operation.object_count += 1
            operation.root_object_count += is_root
            if operation.object_count % STEP == 0:
                if operation.status == "CANCELING" or self._stopping.is_set():
                    return "CANCELED", None
                if self.pace:
                    time.sleep(self.pace)
        if operation.status == "CANCELING":
            return "CANCELED", None
        return (bad.status, bad.code) if bad is not None else ("COMPLETED", None)
