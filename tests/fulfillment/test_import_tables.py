"""Files are told by their columns, and their rows are read with line numbers whatever is wrong with some."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fulfillment.imports.mapping import parse_mapping
from fulfillment.imports.tables import Table, Unreadable, find_files, read_rows, recognise
from parcelwise.errors import Misconfigured
from tests.fulfillment.importing import MARKET, TABLES, as_csv, write

PLAN = parse_mapping(MARKET)


def rows_of(path: Path, header: tuple[str, ...] = ("a", "b"), delimiter: str = ",") -> list[object]:
    return list(read_rows(Table(path, "orders", header, delimiter, "utf-8")))


def sources(*paths: Path) -> dict[str, str]:
    return {table.path.name: table.source for table in recognise(PLAN, paths).tables}


def test_files_are_told_by_their_columns_whatever_their_names(tmp_path: Path) -> None:
    names = {"orders": "one", "items": "two", "buyers": "three", "sellers": "four"}
    paths = write(tmp_path, {names[name]: rows for name, rows in TABLES.items()}, zipped=["two"])
    assert sources(*reversed(paths)) == {
        "one.csv": "orders", "two.csv.gz": "items", "three.csv": "buyers", "four.csv": "sellers",
    }  # fmt: skip


def test_a_byte_order_mark_other_delimiters_and_capitals_do_not_matter(tmp_path: Path) -> None:
    paths = write(tmp_path, TABLES)
    paths[0].write_bytes(b"\xef\xbb\xbf" + as_csv(TABLES["orders"], ";").replace("order;", "Order ;").encode())
    assert sources(*paths)["orders.csv"] == "orders"


def test_a_folder_stands_for_the_tables_in_it(tmp_path: Path) -> None:
    write(tmp_path, TABLES)
    (tmp_path / "README.md").write_text("not a table")
    assert {path.name for path in find_files([tmp_path])} == {f"{name}.csv" for name in TABLES}


def test_a_file_given_twice_is_read_once(tmp_path: Path) -> None:
    paths = write(tmp_path, TABLES)
    assert len(find_files([tmp_path, *paths])) == 4


def test_unknown_and_unused_files_are_skipped_with_a_reason(tmp_path: Path) -> None:
    paths = write(tmp_path, {**TABLES, "stars": [("order", "stars"), ("A1", "5")], "weather": [("day", "rain")]})
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    (tmp_path / "empty.csv").write_bytes(b"")
    found = recognise(PLAN, [*paths, tmp_path / "picture.csv", tmp_path / "empty.csv"])
    assert {file.path.name: file.why for file in found.skipped} == {
        "stars.csv": "recognised as “stars”, not used yet: satisfaction has no table",
        "weather.csv": "its columns fit no table of the mapping",
        "picture.csv": "its columns fit no table of the mapping",
        "empty.csv": "it is empty",
    }


def test_a_needed_table_that_is_missing_is_named_and_so_is_the_file_that_looks_like_it(tmp_path: Path) -> None:
    paths = write(tmp_path, {**TABLES, "items": [("order", "product"), ("A1", "Cuia")]})
    with pytest.raises(Misconfigured) as caught:
        recognise(PLAN, paths)
    assert "  items: no file with the columns order, item" in str(caught.value)
    assert "items.csv: it is called like “items” but has no column item" in str(caught.value)


def test_a_path_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="There is no file"):
        find_files([tmp_path / "nothing.csv"])


def test_rows_have_the_line_they_begin_on(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n3,4\n')
    assert rows_of(path) == [(2, ["1", "two\nlines"]), (5, ["3", "4"])]


def test_a_row_of_another_width_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1\n1,2,3\n4,5\n")
    short, long, row = rows_of(path)
    assert (short, long) == (
        Unreadable(2, "the row has 1 cells, the header has 2", "1\n"),
        Unreadable(3, "the row has 3 cells, the header has 2", "1,2,3\n"),
    )
    assert row == (4, ["4", "5"])


@pytest.mark.parametrize("after", ["3,4\n5,6\n", '3,4\n5,"6"\n'])
def test_a_quote_that_is_never_closed_costs_only_its_own_line(tmp_path: Path, after: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text('a,b\n1,"2\n' + after)
    bad, *good = rows_of(path)
    assert isinstance(bad, Unreadable)
    assert (bad.line, bad.raw) == (2, '1,"2\n')
    assert good == [(3, ["3", "4"]), (4, ["5", "6"])]


def test_a_packed_file_that_breaks_off_gives_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    text = "a,b\n" + "".join(f"{number},{number * 7919 % 1000}\n" for number in range(20_000))
    path.write_bytes(gzip.compress(text.encode())[:-4000])
    *rows, last = rows_of(path)
    assert len(rows) > 1000
    assert isinstance(last, Unreadable)
    assert last.sentence.startswith("the file breaks off here")
