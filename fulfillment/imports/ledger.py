"""The books of an import: every row that came in is used, repeated, not needed or rejected, and it says which.

Rejected and repaired rows go into the rejects file with their file, line, reason, sentence and text.
"""

from __future__ import annotations

import csv
import io
import os
import stat
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from parcelwise.errors import Misconfigured

REJECTED, REPAIRED = "rejected", "repaired"
COLUMNS = ("file", "line", "severity", "reason", "sentence", "row")
#: A spreadsheet takes a cell that begins with one of these for a formula, in Japan also the wide ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")


@dataclass(slots=True)
class FileCount:
    """What became of the rows of one file."""

    name: str
    source: str
    header: tuple[str, ...] = ()
    rows: int = 0
    used: int = 0
    repeated: int = 0
    unneeded: int = 0
    rejected: int = 0
    repaired: int = 0
    skipped: str = ""
    lacks: list[str] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        return self.rows == self.used + self.repeated + self.unneeded + self.rejected

    def as_json(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if name != "header"}


class Ledger:
    """Counts rows by file and reason and writes the rejects file, which is made with its first row.

    Misconfigured when a file is there already that is no rejects file: a table that is read, the mapping, anything.
    """

    def __init__(self, path: Path) -> None:
        if path.exists() and not _is_ours(path):
            raise Misconfigured(f"{path} exists and is not the rejects file of an import; name another with --rejects.")
        self.path = path
        self.files: list[FileCount] = []
        self.reasons: dict[str, Counter[str]] = {REJECTED: Counter(), REPAIRED: Counter()}
        self.by_file: Counter[tuple[int, str]] = Counter()
        self.examples: dict[tuple[int, str], tuple[int, str, str]] = {}
        self._stream: IO[str] | None = None
        self._out: Any = None

    def reject(self, file: int, line: int, reason: str, sentence: str, raw: list[str] | str) -> None:
        """The row is not used."""
        self.files[file].rejected += 1
        self._note(REJECTED, file, line, reason, sentence, raw)

    def repair(self, file: int, line: int, reason: str, sentence: str, raw: list[str] | str) -> None:
        """The row is used, but not all of it."""
        self.files[file].repaired += 1
        self._note(REPAIRED, file, line, reason, sentence, raw)

    def total(self, name: str) -> int:
        """The sum of one count over all files."""
        return sum(getattr(count, name) for count in self.files)

    def flush(self) -> None:
        if self._stream:
            self._stream.flush()

    def close(self) -> None:
        if self._stream:
            self._stream.close()
            self._stream = None

    def _note(self, severity: str, file: int, line: int, reason: str, sentence: str, raw: list[str] | str) -> None:
        text = raw if isinstance(raw, str) else as_csv(raw)
        self.reasons[severity][reason] += 1
        if severity == REJECTED:
            self.by_file[file, reason] += 1
            self.examples.setdefault((file, reason), (line, sentence, text))
        if self._out is None:
            self._stream = _create(self.path)
            self._out = csv.writer(self._stream)
            self._out.writerow(COLUMNS)
        self._out.writerow(
            [safe(cell) for cell in (self.files[file].name, str(line), severity, reason, sentence, text)]
        )


def as_csv(cells: list[str]) -> str:
    """One row as CSV text, without the end of line."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def safe(cell: str) -> str:
    """The cell so that no spreadsheet runs it: an apostrophe goes before a text that begins like a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _is_ours(path: Path) -> bool:
    """Whether the file is empty or begins like a rejects file, so that it may be written over; or is no file at all."""
    if path.is_char_device():  # /dev/null
        return True
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(len(_HEAD))
    return head in (b"", _HEAD)


_HEAD = ",".join(COLUMNS).encode()


def _create(path: Path) -> IO[str]:
    """A new file that only its owner may read: rejected rows may hold names and addresses."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        os.fchmod(handle, 0o600)  # it may have been there before, for others to read
    return os.fdopen(handle, "w", encoding="utf-8", newline="")
