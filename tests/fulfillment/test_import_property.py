"""Whatever the order of files and rows, and in however many steps a history comes in: the same tables."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from fulfillment.imports.mapping import parse_mapping
from fulfillment.models import Order, Store
from fulfillment.services.imports import import_orders
from parcelwise.models import Contact
from tests.fulfillment.importing import BUYERS, ITEMS, MARKET, ORDERS, SELLERS, TABLES, picture, write

Tables = dict[str, list[Sequence[str]]]

DAYS = st.integers(1, 28).map(lambda day: f"2017-11-{day:02} 10:00:00")
#: Stamps of a parcel: sensible, absent, or nonsense.
STAMPS = st.one_of(DAYS, st.just(""), st.sampled_from(["soon", "2090-01-01 00:00:00"]))
SMALL = st.integers(1, 4).map(str)

STATES = st.sampled_from(["done", "new", "gone"])
ORDER = st.tuples(st.sampled_from(["A1", "A2", "A3"]), SMALL.map("b{}".format), STATES, DAYS, STAMPS, STAMPS, DAYS)
ITEM = st.tuples(st.sampled_from(["A1", "A2", "A3", "A9"]), SMALL, st.just("Cuia"), SMALL.map("s{}".format),
                 st.integers(-1, 3).map(str), st.sampled_from(["7.50", "0", "-1", "x"]), st.just("1"))  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> Tables:
    """Tables with contradictions, gaps and nonsense in them."""
    return {
        "orders": [ORDERS, *draw(st.lists(ORDER, max_size=5))],
        "items": [ITEMS, *draw(st.lists(ITEM, max_size=8))],
        "buyers": [BUYERS, *((f"b{n}", f"p{n % 2}", "Ana", "Rio", "1310") for n in range(1, 4))],
        "sellers": [SELLERS, *((f"s{n}", f"Town {n}") for n in range(1, 4))],
    }


def imported(content: Tables, shuffled: random.Random | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Import into empty tables: (what was written, the counts)."""
    Order.objects.all().delete()
    Store.objects.all().delete()
    Contact.objects.all().delete()
    return more(content, shuffled)


def more(content: Tables, shuffled: random.Random | None = None) -> tuple[dict[str, Any], dict[str, Any]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if shuffled:
            content = {key: [rows[0], *shuffled.sample(rows[1:], len(rows) - 1)] for key, rows in content.items()}
        paths = write(folder, content)
        if shuffled:
            shuffled.shuffle(paths)
        report = import_orders(parse_mapping(MARKET), paths, rejects=folder / "rejects.out")
    assert all(count.adds_up for count in report.files)
    return picture(), {"orders": report.orders, "rejected": report.rejected, "repaired": report.repaired}


class Imports(TestCase):
    @settings(max_examples=60)
    @given(histories(), st.randoms(use_true_random=False))
    def test_the_order_of_files_and_rows_changes_nothing(self, content: Tables, chance: random.Random) -> None:
        assert imported(content) == imported(content, chance)

    @settings(max_examples=40)
    @given(histories())
    def test_a_second_run_changes_nothing(self, content: Tables) -> None:
        written, counts = imported(content)
        again, later = more(content)
        assert again == written
        assert later["orders"]["unchanged"] == counts["orders"]["created"]
        assert later["orders"]["created"] == later["orders"]["updated"] == 0

    @settings(max_examples=40)
    @given(histories())
    def test_an_earlier_state_first_makes_no_difference(self, content: Tables) -> None:
        """The shop as it was, with its stamps still blank and its orders open, and then as it is."""
        header, *rows = content["orders"]
        orders = list({row[0]: row for row in rows}.values())
        content = {**content, "orders": [header, *orders]}
        earlier = [(*row[:2], "new", row[3], "", "", row[6]) for row in orders]
        direct, counts = imported(content)
        assume(not counts["orders"]["rejected"])
        imported({**content, "orders": [header, *earlier]})
        assert more(content)[0] == direct

    @settings(max_examples=120)
    @given(
        st.sampled_from(["orders", "items", "buyers", "sellers"]),
        st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=4)), min_size=1, max_size=6),
    )
    def test_no_damage_to_a_file_stops_an_import(self, name: str, damage: list[tuple[int, bytes]]) -> None:
        Order.objects.all().delete()
        with tempfile.TemporaryDirectory() as folder:
            paths = write(Path(folder), TABLES)
            path = Path(folder) / f"{name}.csv"
            header, _, body = path.read_bytes().partition(b"\n")
            for at, noise in damage:
                body = body[: at % len(body)] + noise + body[at % len(body) + 1 :] if body else noise
            path.write_bytes(header + b"\n" + body)
            report = import_orders(parse_mapping(MARKET), paths, rejects=Path(folder) / "rejects.out")
        assert all(count.adds_up for count in report.files)
        assert sum(report.orders.values()) - report.orders["rejected"] == Order.objects.count()


@pytest.mark.django_db
def test_several_files_of_one_kind_are_one_table(tmp_path: Path) -> None:
    rows = [(f"A{n}", "b1", "new", "2017-11-24 10:00:00", "", "", "") for n in range(6)]
    whole: Tables = {"orders": [ORDERS, *rows], "items": [ITEMS], "buyers": [BUYERS, ("b1", "p1", "Ana", "Rio", "1")]}
    parts: Tables = {"orders-1": [ORDERS, *rows[:3]], "orders-2": [ORDERS, *rows[3:]], "items": [ITEMS],
                     "buyers": [BUYERS, ("b1", "p1", "Ana", "Rio", "1")]}  # fmt: skip
    assert imported(whole)[0] == imported(parts)[0] != {}
