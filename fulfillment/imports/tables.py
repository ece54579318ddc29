"""Table files: which source a file belongs to, and its rows with their line numbers, one at a time."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import IO

from fulfillment.imports.plan import Plan, Source
from parcelwise.errors import Misconfigured

#: Longest physical line, and longest row over several lines; what is longer is no table.
LONGEST_LINE = 1_000_000
#: A packed table inflates ten or twenty times. One that inflates further, past a size that does no harm, is a trap.
MOST_INFLATION, HARMLESS = 200, 100_000_000
SUFFIXES = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
_BROKEN = (EOFError, zlib.error, OSError)


@dataclass(frozen=True, slots=True)
class Table:
    """A file that belongs to ``source``. ``header`` has the column names as they stand in the file."""

    path: Path
    source: str
    header: tuple[str, ...]
    delimiter: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is not used, and why."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no row: ``raw`` is its text."""

    line: int
    sentence: str
    raw: str


@dataclass(frozen=True, slots=True)
class Found:
    """The files of a run, by what they are."""

    tables: tuple[Table, ...]
    skipped: tuple[Skipped, ...]


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files that ``paths`` mean: a folder stands for the tables in it. Misconfigured when one does not exist."""
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(
                child for child in path.iterdir() if child.name.lower().endswith(SUFFIXES) and child.is_file()
            )
            if not inside:
                raise Misconfigured(f"{path} has no table ({', '.join(SUFFIXES)}) in it.")
        elif path.is_file():
            inside = [path]
        elif path.exists():
            raise Misconfigured(f"{path} is no file that can be read more than once.")
        else:
            raise Misconfigured(f"There is no file {path}.")
        for child in inside:
            found.setdefault(child.resolve(), child)
    return list(found.values())


def recognise(plan: Plan, paths: Sequence[Path]) -> Found:
    """Sort files by the columns in their header; the name decides when the columns fit several sources.

    Misconfigured when a source that is not optional has no file.
    """
    answers = [_recognise(plan, path) for path in paths]
    tables = [answer for answer in answers if isinstance(answer, Table)]
    skipped = [answer for answer in answers if isinstance(answer, Skipped)]
    given = {table.source for table in tables}
    missing = [
        f"  {name}: no file with the columns {', '.join(needed_columns(plan, source))}"
        for name, source in plan.sources.items()
        if name not in given and not source.optional and not source.unused
    ]
    if missing:
        hints = [f"  {file.path}: {file.why}" for file in skipped]
        raise Misconfigured(
            "These tables are needed and were not given:\n" + "\n".join(missing)
            + ("\nFiles that were not recognised:\n" + "\n".join(hints) if hints else "")
        )  # fmt: skip
    return Found(tuple(tables), tuple(skipped))


def needed_columns(plan: Plan, source: Source) -> tuple[str, ...]:
    """The columns without which a file is not taken for ``source``."""
    needed = dict.fromkeys((source.key,) if source.key else ())
    group = plan.group_cell(source.name)
    if group:
        needed[group.column] = None
    for section, name in (("order", "placed_at"), ("line", "external_id"), ("parcel", "external_id")):
        expression = plan.fields[section].get(name)
        if expression and len(expression.cells) == 1 and expression.cells[0].source == source.name:
            needed[expression.cells[0].column] = None
    needed.update(dict.fromkeys(other.join.column for other in plan.sources.values()
                                if other.join and other.join.source == source.name and not other.optional))  # fmt: skip
    needed.update(dict.fromkeys(source.columns))
    return tuple(needed)


def _recognise(plan: Plan, path: Path) -> Table | Skipped:
    fitting: list[tuple[bool, int, Table]] = []
    why = ""
    for source in plan.sources.values():
        try:
            header, delimiter = _header(path, source)
        except (UnicodeError, csv.Error, *_BROKEN) as error:
            why = why or f"it cannot be read: {error}"
            continue
        if not header:
            return Skipped(path, "it is empty")
        is_called_so = any(fnmatch(path.name, form) for form in source.files)
        needed, have = needed_columns(plan, source), {name.casefold() for name in header}
        lacks = [name for name in needed if name.casefold() not in have]
        if needed and not lacks:
            table = Table(path, source.name, header, delimiter, source.encoding)
            fitting.append((is_called_so, len(needed), table))
        elif lacks and is_called_so:
            why = f"it is called like “{source.name}” but has no column {', '.join(lacks)}"
    if not fitting:
        return Skipped(path, why or "its columns fit no table of the mapping")
    table = max(fitting, key=lambda fit: fit[:2])[2]
    if unused := plan.sources[table.source].unused:
        return Skipped(path, f"recognised as “{table.source}”, not used yet: {unused}")
    return table


def _header(path: Path, source: Source) -> tuple[tuple[str, ...], str]:
    with path.open("rb") as raw, _wrap(raw, source.encoding) as stream:
        line = stream.readline(LONGEST_LINE)
    options = [source.delimiter] if source.delimiter else [",", ";", "\t", "|"]
    rows = [(next(csv.reader([line], delimiter=option), []), option) for option in options]
    cells, delimiter = max(rows, key=lambda row: len(row[0]))
    return tuple(cell.strip() for cell in cells), delimiter


def _wrap(raw: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The file's text, inflated if it is gzip (told by its first bytes), without a byte-order mark.

    Bytes that are not of the encoding become U+FFFD; whoever uses the row notes them.
    """
    magic = raw.read(2)
    raw.seek(0)
    binary = _Packed(raw) if magic == b"\x1f\x8b" else raw
    name = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    return io.TextIOWrapper(binary, encoding=name, errors="replace", newline="")


class _Packed(gzip.GzipFile):
    """A gzip file that ends with an OSError where it inflates beyond all measure."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(fileobj=raw)
        self.left = max(os.fstat(raw.fileno()).st_size * MOST_INFLATION, HARMLESS)

    def read1(self, size: int = -1) -> bytes:
        piece = super().read1(size)
        self.left -= len(piece)
        if self.left < 0:
            raise OSError(f"it inflates to more than {MOST_INFLATION} times its size")
        return piece


class _Lines:
    """Physical lines, with those of the current record kept so that they can be read again."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self.stream = stream
        self.kept: list[str] = []
        self.again: list[str] = []
        self.size = 0

    def begin(self, kept: list[str]) -> None:
        """The next record begins; ``kept`` are lines before it that are yet to be counted."""
        self.kept, self.size = kept, 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.again.pop() if self.again else self.stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.kept.append(line)
        self.size += len(line)
        if self.size > LONGEST_LINE and len(self.kept) > 1:
            # Quotes that open again on every line make one row of a whole file, and one list of all its cells.
            raise csv.Error(f"the row is longer than {LONGEST_LINE:,} characters")
        return line

    def back(self) -> str:
        """Give back all lines of the current record but the first, which is returned."""
        first, *rest = self.kept
        self.again.extend(reversed(rest))
        return first


def read_rows(
    table: Table, tick: Callable[[int], None] = lambda size: None
) -> Iterator[tuple[int, list[str]] | Unreadable]:
    """The rows of a table as (line, cells), without the header; Unreadable for what is no row.

    A quote that is never closed swallows only its own line: reading goes on at the next. A file that breaks off in the
    middle ends with one Unreadable. ``tick`` hears how many bytes of the file have been read, every 1,000 rows.
    """
    width = len(table.header)
    with table.path.open("rb") as raw, _wrap(raw, table.encoding) as stream:
        lines = _Lines(stream)
        number = 1
        reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
        next(lines, None)  # the header, which is one line whatever quotes are in it
        while True:
            number += len(lines.kept)
            lines.begin([])
            if number % 1000 == 0:
                tick(raw.tell())
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Unreadable(number, f"the line is no row: {error}", lines.back())
                reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
                lines.begin(lines.kept[:1])
                continue
            except _BROKEN as error:
                yield Unreadable(number, f"the file breaks off here: {error}", "")
                return
            if len(cells) == width:
                yield number, cells
            elif cells:
                sentence = f"the row has {len(cells)} cells, the header has {width}"
                yield Unreadable(number, sentence, lines.back())
                reader = csv.reader(lines, delimiter=table.delimiter, strict=True)
                lines.begin(lines.kept[:1])
