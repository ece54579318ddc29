"""Files that mean harm: bombs, traps for spreadsheets, and paths that are not what they seem."""

from __future__ import annotations

import gzip
import os
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fulfillment.imports.ledger import COLUMNS, safe
from fulfillment.imports.tables import HARMLESS, LONGEST_LINE, MOST_INFLATION, Table, Unreadable, find_files, read_rows
from fulfillment.models import ImportRun, Order
from parcelwise.errors import Misconfigured
from tests.fulfillment.importing import ITEMS, MARKET, TABLES, rejects, run, tables, write

MEGABYTE = 1_000_000


def table(folder: Path, body: bytes, *, packed: bool = False, times: int = 1) -> Table:
    """A table of two columns with ``body`` below its header, ``times`` over."""
    path = folder / ("bomb.csv.gz" if packed else "bomb.csv")
    with gzip.open(path, "wb", 1) if packed else path.open("wb") as stream:
        stream.write(b"a,b\n1,2\n")
        for _ in range(times):
            stream.write(body)
    return Table(path, "x", ("a", "b"), ",", "utf-8")


def read(found: Table) -> list[object]:
    return list(read_rows(found))


@pytest.mark.parametrize(
    "piece",
    [b'"\n",', b"\x00", b"a", b'"', b",", b'"a', b'a"', b'""', b'","\n', b'"\r', b"\r", b"\xff\xfe", b'",\n', b'\n"'],
)
def test_no_pattern_of_bytes_takes_long_or_makes_one_row_of_a_file(tmp_path, piece):
    found = table(tmp_path, piece * (1_200_000 // len(piece)) + b"\n3,4\n")
    begun = time.thread_time()
    rows = read(found)
    assert time.thread_time() - begun < 12
    assert rows[0] == (2, ["1", "2"])
    longest = max(sum(map(len, row[1])) if isinstance(row, tuple) else len(row.raw) for row in rows)
    assert longest <= 1_100_000


def test_a_row_without_an_end_ends_at_the_limit(tmp_path):
    """Quotes that close and open around each end of line make one row of a whole file, and 23 bytes of each of its."""
    found = table(tmp_path, b'"\n",' * (LONGEST_LINE // 4 + 10))
    first, second, *_ = read(found)
    assert first == (2, ["1", "2"])
    assert isinstance(second, Unreadable)
    assert "the row is longer than 1,000,000 characters" in second.sentence


def test_what_inflates_beyond_all_measure_is_read_to_the_limit(tmp_path):
    found = table(tmp_path, b"a" * MEGABYTE, packed=True, times=2 * HARMLESS // MEGABYTE)
    size = found.path.stat().st_size * MOST_INFLATION
    first, *others, last = read(found)
    assert first == (2, ["1", "2"])
    assert isinstance(last, Unreadable)
    assert f"more than {MOST_INFLATION} times its size" in last.sentence
    assert len(others) * MEGABYTE < max(size, HARMLESS) + MEGABYTE


def test_a_quote_in_the_header_does_not_swallow_the_table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes(b'a,"b\n1,2\n3,4\n')
    rows = read(Table(path, "x", ("a", "b"), ",", "utf-8"))
    assert [row[1] for row in rows if isinstance(row, tuple)] == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠x"])
def test_no_cell_of_the_rejects_file_is_a_formula(cell):
    assert safe(cell) == f"'{cell}"


@pytest.mark.django_db
@pytest.mark.parametrize("taken", ["orders.csv", "mapping.toml", "notes.txt", "folder"])
def test_nothing_is_written_over_but_an_earlier_rejects_file(tmp_path, taken):
    write(tmp_path, TABLES)
    (tmp_path / "mapping.toml").write_text(MARKET)
    (tmp_path / "notes.txt").write_text("Buy milk.")
    (tmp_path / "folder").mkdir()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    for path in (tmp_path / taken, tmp_path / "folder" / ".." / taken, tmp_path / "link"):
        if path.name == "link":
            path.symlink_to(tmp_path / taken)
        arguments = [str(tmp_path / f"{name}.csv") for name in TABLES]
        with pytest.raises(CommandError, match="not the rejects file"):
            call_command("import_orders", *arguments, mapping=tmp_path / "mapping.toml", rejects=path, verbosity=0)
    (tmp_path / "link").unlink()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()} == before
    assert not Order.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_an_earlier_rejects_file_is_written_over_and_closed_to_others(tmp_path):
    bad = tables(items=[*TABLES["items"], ("A9", "1", "Cuia", "s2", "1", "7.50", "0")])
    (tmp_path / "rejects.out").write_text(",".join(COLUMNS) + "\r\nold\r\n")
    (tmp_path / "rejects.out").chmod(0o644)
    run(tmp_path, bad)
    assert [row["reason"] for row in rejects(tmp_path)] == ["unknown order"]
    assert (tmp_path / "rejects.out").stat().st_mode & 0o077 == 0


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path / "pipe.csv", Path("/dev/zero")):
        with pytest.raises(Misconfigured, match="no file that can be read"):
            find_files([path])
    with pytest.raises(Misconfigured, match="has no table"):
        find_files([tmp_path])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "title",
    ["<script>alert(1)</script>", "{{ 7 }}", "\ud83d".encode("utf-8", "surrogatepass").decode("latin-1"), "\u202egnp"],
)
def test_hostile_words_of_a_table_are_words(tmp_path, title):
    run(tmp_path, tables(items=[ITEMS, ("A1", "1", title, "s1", "2", "19.90", "5.10")]))
    assert Order.objects.get(external_id="A1").lines.get().title == title


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["1e400", "9" * 5000, "1e-999999999", "NaN", "sNaN", "Infinity", "٣", "0x10", "1_000"])
def test_hostile_numbers_take_no_time(tmp_path, text):
    begun = time.thread_time()
    run(tmp_path, tables(items=[*TABLES["items"], ("A2", "2", "Cuia", "s2", text, text, text)]))
    assert time.thread_time() - begun < 5
    assert Order.objects.count() == 2
