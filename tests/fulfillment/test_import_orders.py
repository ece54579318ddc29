"""A shop's history comes in from tables: what is written, what is rejected, and what a second run changes."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from fulfillment.facts import CustomerData, OrderData
from fulfillment.fold import fold
from fulfillment.imports.mapping import parse_mapping
from fulfillment.models import Customer, Forecast, ImportRun, Order, Shipment, ShipmentChange, Store, TrackingEvent
from fulfillment.services import imports
from fulfillment.services.import_writer import Writer
from fulfillment.services.orders import record_order
from fulfillment.services.shipments import state_columns
from fulfillment.signals import order_recorded, shipment_moved
from parcelwise.errors import Misconfigured
from parcelwise.models import Problem
from parcelwise.testing import heard
from tests.factories import MUNICH
from tests.fulfillment.importing import (
    ITEMS,
    MARKET,
    ORDERS,
    SELLERS,
    TABLES,
    picture,
    rejects,
    run,
    tables,
    with_order,
    write,
)  # fmt: skip

pytestmark = pytest.mark.django_db

ARRIVED = ("A3", "b1", "done", "2017-11-24 10:00:00", "2017-11-25 09:00:00", "2017-12-01 12:00:00", "2017-12-05")


def reasons(folder: Path) -> list[tuple[str, str, str, str]]:
    return [(row["file"], row["line"], row["severity"], row["reason"]) for row in rejects(folder)]


# What is written


def test_an_order_of_two_sellers_becomes_two_parcels(tmp_path: Path) -> None:
    report = run(tmp_path)
    order = Order.objects.get(external_id="A1")
    assert (order.status, order.currency, order.total, order.shipping) == ("closed", "BRL", 2 * 1990 + 750 + 710, 710)
    assert (order.placed_at, order.promised_on) == (datetime(2017, 11, 24, 12, tzinfo=UTC), date(2017, 12, 1))
    assert order.is_history
    assert order.ship_to["postcode"] == "01310"
    parcels = order.shipments.order_by("external_id")
    assert [(parcel.external_id, parcel.origin["city"]) for parcel in parcels] == [("s1", "Fortaleza"), ("s2", "Belém")]
    assert [row.quantity for parcel in parcels for row in parcel.lines.all()] == [2, 1]
    assert report.orders == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert not report.rejects_file


def test_days_are_days_in_the_zone_of_the_shop(tmp_path: Path) -> None:
    run(tmp_path)
    parcel = Shipment.objects.filter(order__external_id="A1").first()
    assert parcel
    assert parcel.delivered_at == datetime(2017, 12, 2, 1, 30, tzinfo=UTC)
    assert parcel.delivered_on == parcel.promised_on == date(2017, 12, 1)  # in time, though later in UTC


def test_one_person_with_several_ids_is_one_customer(tmp_path: Path) -> None:
    run(tmp_path)
    customer = Customer.objects.get()
    assert (customer.external_id, customer.contact.name, customer.orders.count()) == ("p1", "Ana Souza", 2)


def test_the_state_of_every_parcel_is_the_fold_of_its_events(tmp_path: Path) -> None:
    run(tmp_path, with_order(*ARRIVED))
    for parcel in Shipment.objects.select_related("order__store"):
        state = fold(parcel.events.all())
        columns = {**state_columns(state, parcel.order), "status": state.status}
        assert {name: getattr(parcel, name) for name in columns} == columns
    assert Shipment.objects.filter(status="delivered").count() == 3
    event = TrackingEvent.objects.filter(status="picked_up").first()
    assert event
    assert (event.source, event.local_time, event.zone) == ("import", "2017-11-25 09:00:00", "inferred")


def test_a_cancelled_order_that_never_left_has_a_cancelled_parcel(tmp_path: Path) -> None:
    run(tmp_path, with_order("A3", "b1", "gone", "2017-11-24 10:00:00", "", "", ""))
    assert Shipment.objects.get(order__external_id="A3").status == "cancelled"


def test_open_parcels_of_a_history_that_reaches_to_the_present_get_arrival_windows(tmp_path: Path) -> None:
    run(tmp_path)
    assert not Forecast.objects.exists(), "nothing is predicted into the past"
    yesterday = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S")
    run(tmp_path, with_order("A9", "b1", "new", yesterday, "", "", "2017-12-10"))
    forecasts = Forecast.objects.filter(shipment__order__external_id="A9", is_current=True)
    assert forecasts.count() == 1


def test_nobody_is_told_of_history(tmp_path: Path, django_capture_on_commit_callbacks: Any) -> None:
    hears_all = django_capture_on_commit_callbacks(execute=True)
    with heard(order_recorded) as orders, heard(shipment_moved) as moves, hears_all:
        run(tmp_path)
        run(tmp_path, with_order(*ARRIVED))
    assert (orders, moves) == ([], [])
    assert not ShipmentChange.objects.filter(announced_at=None).exists()


# Rows that make no sense


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("A3", "b1", "done", "2017-13-45 10:00:00", "", "", ""), "unreadable date"),
        (("A3", "b1", "done", "", "", "", ""), "missing value"),
        (("A3", "b1", "new", "2090-01-01 10:00:00", "", "", ""), "purchase in the future"),
        (("A3", "b1", "done", "2017-11-24 10:00:00", "", "2017-11-23 10:00:00", ""), "delivered before purchase"),
        (("A3", "b9", "done", "2017-11-24 10:00:00", "", "", ""), "not in buyers"),
        (("A" * 81, "b1", "done", "2017-11-24 10:00:00", "", "", ""), "key too long"),
    ],
)
def test_an_order_that_makes_no_sense_is_rejected_with_its_lines(
    tmp_path: Path, cells: tuple[str, ...], reason: str
) -> None:
    report = run(tmp_path, with_order(*cells))
    assert reasons(tmp_path) == [
        ("orders.csv", "4", "rejected", reason),
        ("items.csv", "5", "rejected", "order rejected"),
    ]
    assert rejects(tmp_path)[0]["row"].startswith(cells[0])
    assert report.orders == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert Order.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("A2", "2", "Cuia", "s2", "-1", "7.50", "0"), "negative"),
        (("A2", "2", "Cuia", "s2", "0", "7.50", "0"), "no quantity"),
        (("A2", "2", "Cuia", "s2", "1.5", "7.50", "0"), "unreadable number"),
        (("A2", "2", "Cuia", "s2", "1", "-7.50", "0"), "negative"),
        (("A2", "2", "Cuia", "s2", "1", "seven", "0"), "unreadable amount"),
        (("A2", "2", "Cuia", "s2", "2000000000", "9999999999", "0"), "too large"),
        (("A2", "2", "Cuia", "s2", "1", "", "0"), "missing value"),
        (("A2", "", "Cuia", "s2", "1", "7.50", "0"), "missing value"),
        (("", "2", "Cuia", "s2", "1", "7.50", "0"), "missing key"),
        (("A9", "2", "Cuia", "s2", "1", "7.50", "0"), "unknown order"),
        (("A2", "1", "Cuia", "", "1", "7.50", "2.00"), "contradicts another row"),
        (("A2", "2", "Cuia", "s2", "1"), "unreadable row"),
    ],
)
def test_a_line_that_makes_no_sense_is_rejected_and_its_order_stays(
    tmp_path: Path, cells: tuple[str, ...], reason: str
) -> None:
    report = run(tmp_path, tables(items=[*TABLES["items"], cells]))
    assert reasons(tmp_path) == [("items.csv", "5", "rejected", reason)]
    assert rejects(tmp_path)[0]["sentence"]
    assert Order.objects.get(external_id="A2").total == 950
    assert report.rows["rows"] == report.rows["used"] + 1


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("A3", "b1", "new", "2017-11-24 10:00:00", "2017-11-23 10:00:00", "", ""), "stamp before purchase"),
        (("A3", "b1", "new", "2017-11-24 10:00:00", "soon", "", ""), "unreadable date"),
        (("A3", "b1", "new", "2017-11-24 10:00:00", "2090-11-23 10:00:00", "", ""), "stamp in the future"),
        (("A3", "b1", "new", "2017-11-24 10:00:00", "", "", "2017-11-20"), "promise before purchase"),
        (("A3", "b1", "lost", "2017-11-24 10:00:00", "", "", ""), "unknown word"),
        (("A3", "b1", "done", "2017-11-24 10:00:00", "", "", ""), "no time of delivery"),
    ],
)
def test_an_order_with_an_impossible_part_is_used_without_it(
    tmp_path: Path, cells: tuple[str, ...], reason: str
) -> None:
    report = run(tmp_path, with_order(*cells))
    assert reasons(tmp_path) == [("orders.csv", "4", "repaired", reason)]
    order = Order.objects.get(external_id="A3")
    assert order.promised_on is None
    assert order.shipments.get().status == "pending"
    assert (report.rows["used"], report.rows["repaired"]) == (report.rows["rows"], 1)


def test_a_hand_over_after_the_delivery_is_left_out_and_the_delivery_stays(tmp_path: Path) -> None:
    run(
        tmp_path,
        with_order("A3", "b1", "done", "2017-11-24 10:00:00", "2017-12-02 10:00:00", "2017-12-01 10:00:00", ""),
    )
    assert reasons(tmp_path) == [("orders.csv", "4", "repaired", "stamp after delivery")]
    parcel = Shipment.objects.get(order__external_id="A3")
    assert (parcel.status, parcel.events.count(), parcel.handed_over_at) == ("delivered", 1, parcel.delivered_at)


def test_what_is_looked_up_and_not_found_is_noted(tmp_path: Path) -> None:
    run(tmp_path, tables(sellers=[SELLERS, ("s2", "Belém")]))
    assert reasons(tmp_path) == [("items.csv", "2", "repaired", "not in sellers")]
    assert Shipment.objects.get(external_id="s1").origin["city"] == ""


def test_of_two_rows_with_one_key_the_fuller_is_used_in_any_order(tmp_path: Path) -> None:
    later = ("A2", "b2", "done", "2017-11-25 11:00:00", "2017-11-26 10:00:00", "2017-11-30 10:00:00", "2017-12-10")
    first, *others = TABLES["orders"]
    run(tmp_path, tables(orders=[first, later, *others]))
    assert reasons(tmp_path) == [("orders.csv", "4", "rejected", "contradicts another row")]
    assert "line 2 of orders.csv" in rejects(tmp_path)[0]["sentence"]
    assert Order.objects.get(external_id="A2").status == "closed"


def test_a_row_that_is_there_twice_is_counted_and_not_rejected(tmp_path: Path) -> None:
    report = run(tmp_path, tables(orders=[*TABLES["orders"], TABLES["orders"][2]]))
    assert (report.rows["repeated"], report.rejected) == (1, {})


def test_the_rejects_file_is_safe_to_open_in_a_spreadsheet_and_private(tmp_path: Path) -> None:
    run(tmp_path, tables(items=[*TABLES["items"], ("=HYPERLINK(1)", "2", "Cuia", "s2", "1", "7.50", "0")]))
    (row,) = rejects(tmp_path)
    assert row["row"].startswith("'=HYPERLINK")
    assert (tmp_path / "rejects.out").stat().st_mode & 0o077 == 0


def test_every_row_is_accounted_for(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        tables(
            items=[*TABLES["items"], ("A9", "1", "Cuia", "s2", "1", "1", "0"), ("A1", "1"), TABLES["items"][1]],
            buyers=[*TABLES["buyers"], ("b7", "p7", "Cleo", "Rio", "2000")],
        ),
    )
    assert all(count.adds_up for count in report.files)
    assert report.rows == {"rows": 13, "used": 9, "repeated": 1, "unneeded": 1, "rejected": 2, "repaired": 0}


def test_staff_see_rejected_rows_as_a_problem_until_the_file_is_right(tmp_path: Path) -> None:
    bad = ("A2", "2", "Cuia", "s2", "-1", "7.50", "0")
    run(tmp_path, tables(items=[*TABLES["items"], bad]))
    problem = Problem.objects.get(kind="import")
    assert problem.sentence == (
        "1 rows of items.csv were rejected (negative). The first is line 5: pieces: “-1” is negative."
    )
    assert problem.raw == "A2,2,Cuia,s2,-1,7.50,0"
    run(tmp_path)
    problem.refresh_from_db()
    assert problem.solved_at


# A second run


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    run(tmp_path)
    before = picture()
    report = run(tmp_path)
    assert report.orders == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0}
    assert picture() == before


def test_a_later_state_of_the_shop_moves_its_parcels(tmp_path: Path) -> None:
    run(tmp_path)
    arrived = ("A2", "b2", "done", "2017-11-25 11:00:00", "2017-11-26 10:00:00", "2017-11-30 10:00:00", "2017-12-10")
    report = run(tmp_path, tables(orders=[*TABLES["orders"][:2], arrived]))
    assert report.orders == {"created": 0, "updated": 1, "unchanged": 1, "rejected": 0}
    order = Order.objects.get(external_id="A2")
    parcel = order.shipments.get()
    assert (order.status, parcel.status, parcel.delivered_on) == ("closed", "delivered", date(2017, 11, 30))
    change = parcel.changes.get()
    assert (change.old, change.new, change.occurred_at) == ("pending", "delivered", parcel.delivered_at)


def test_a_corrected_stamp_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    run(tmp_path)
    corrected = (*TABLES["orders"][1][:5], "2017-12-03 08:00:00", "2017-12-01 00:00:00")
    run(tmp_path, tables(orders=[ORDERS, corrected, TABLES["orders"][2]]))
    for parcel in Shipment.objects.filter(order__external_id="A1"):
        assert parcel.delivered_on == date(2017, 12, 3)
        assert parcel.events.filter(status="delivered").count() == 1


def test_a_blank_erases_nothing_and_what_a_carrier_reported_stays(tmp_path: Path) -> None:
    run(tmp_path)
    parcel = Shipment.objects.get(order__external_id="A1", external_id="s1")
    TrackingEvent.objects.create(
        shipment=parcel, fingerprint="x", occurred_at=datetime(2017, 11, 28, tzinfo=UTC), status="out_for_delivery"
    )
    blank = ("A1", "b1", "done", "2017-11-24 10:00:00", "", "", "")
    run(tmp_path, tables(orders=[ORDERS, blank, TABLES["orders"][2]], sellers=None))
    after = Shipment.objects.get(pk=parcel.pk)
    assert (after.status, after.delivered_at, after.promised_on) == (
        "delivered",
        parcel.delivered_at,
        date(2017, 12, 1),
    )
    assert after.origin["city"] == "Fortaleza"
    assert after.events.count() == 3


def test_a_parcel_that_changes_its_seller_is_taken_back_and_sent_anew(tmp_path: Path) -> None:
    run(tmp_path)
    items = [*TABLES["items"][:3], ("A2", "1", "Cuia", "s1", "1", "7.50", "2.00")]
    run(tmp_path, tables(items=items))
    parcels = Shipment.objects.filter(order__external_id="A2").order_by("external_id")
    assert [(parcel.external_id, parcel.status) for parcel in parcels] == [("s1", "pending"), ("s2", "cancelled")]


def test_an_order_that_its_store_keeps_itself_is_left_alone(tmp_path: Path) -> None:
    store = Store.objects.create(slug="feira", name="F", kind="models", currency="BRL", time_zone="America/Sao_Paulo")
    placed_at = datetime(2017, 11, 24, tzinfo=UTC)
    record_order(store, OrderData("A1", "A1", placed_at, "BRL", CustomerData("p9"), MUNICH, total=5))
    report = run(tmp_path)
    assert Order.objects.get(external_id="A1").total == 5
    assert report.rejected == {"order is live": 3}
    assert report.orders == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 1}


def test_a_store_with_another_currency_is_not_touched(tmp_path: Path) -> None:
    Store.objects.create(slug="feira", name="F", kind="import", currency="EUR", time_zone="America/Sao_Paulo")
    with pytest.raises(Misconfigured, match="has the currency EUR, the mapping says BRL"):
        run(tmp_path)


# Crashes


def test_what_a_crash_leaves_is_whole_and_the_next_run_completes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "BATCH", 1)
    write_batch, batches = Writer.write, []

    def crash(self: Writer, batch: Any) -> Any:
        with transaction.atomic():
            written = write_batch(self, batch)
            batches.append(batch)
            if len(batches) == 2:
                raise KeyboardInterrupt
        return written

    with monkeypatch.context() as patched:
        patched.setattr(Writer, "write", crash)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path)
    assert list(Order.objects.values_list("external_id", flat=True)) == ["A1"]
    assert ImportRun.objects.get().error == "KeyboardInterrupt: "
    report = run(tmp_path)
    assert report.orders == {"created": 1, "updated": 0, "unchanged": 1, "rejected": 0}


# Other shapes of input

ONE_TABLE = """
[store]
slug = "atelier"
currency = "EUR"
time_zone = "Europe/Berlin"

[sources.sales]

[order]
source = "sales"
external_id = "Order"
placed_at = { column = "Date", format = "%d.%m.%Y" }

[customer]
external_id = "Mail"
email = "Mail"
name = { join = ["First", "Last"] }

[line]
source = "sales"
external_id = "Article"
quantity = "Count"
unit_price = { column = "Price", decimal = "," }
"""


def test_one_table_with_a_row_for_each_line_is_enough(tmp_path: Path) -> None:
    rows = [
        ("Order", "Date", "Mail", "First", "Last", "Article", "Count", "Price", "Remark"),
        ("7", "01.02.2024", "Ana@example.com", "Ana", "Souza", "cup", "2", "1.012,50", ""),
        ("7", "", "", "", "", "bowl", "1", "8,00", ""),
        ("8", "02.02.2024", "ana@example.com", "Ana", "", "bowl", "-1", "8,00", ""),
    ]
    report = run(tmp_path, {"sales": rows}, ONE_TABLE)
    order = Order.objects.get()
    assert (order.total, order.lines.count(), order.shipments.count()) == (203300, 2, 0)
    assert (order.contact.name, order.contact.email) == ("Ana Souza", "ana@example.com")
    assert reasons(tmp_path) == [("sales.csv", "4", "rejected", "negative")]
    assert report.orders["rejected"] == 1


PARCEL_TABLE = (
    MARKET.partition("[parcel]")[0].replace('quantity = "pieces"', 'quantity = "pieces"\nparcel = "box"')
    + """
[sources.parcels]

[parcel]
source = "parcels"
order = "order"
external_id = "parcel"
tracking_url = "link"

[parcel.destination]
city = "to"

[[parcel.events]]
status = "picked_up"
at = "out"

[[parcel.events]]
status = "delivered"
at = "arrived"
"""
)


def test_parcels_may_have_a_table_of_their_own(tmp_path: Path) -> None:
    parcels = [
        ("parcel", "order", "out", "arrived", "to", "link"),
        ("P1", "A1", "2017-11-25 09:00:00", "2017-12-01 10:00:00", "Natal", "https://track.example/P1"),
        ("P2", "A1", "2017-11-26 09:00:00", "", "", "javascript:alert(1)"),
        ("P3", "A1", "2017-11-25 09:00:00", "2017-11-20 10:00:00", "", ""),
        ("P4", "A9", "2017-11-25 09:00:00", "", "", ""),
    ]
    items = [(*ITEMS, "box"), (*TABLES["items"][1], "P2"), (*TABLES["items"][2], "P1")]
    report = run(tmp_path, tables(parcels=parcels, items=items, orders=TABLES["orders"][:2]), PARCEL_TABLE)
    first, second = Shipment.objects.order_by("external_id")
    assert (first.status, first.lines.get().order_line.external_id) == ("delivered", "2")
    assert (second.status, second.lines.get().order_line.external_id) == ("picked_up", "1")
    assert (first.destination["city"], second.destination["city"]) == ("Natal", "São Paulo")
    assert (first.tracking_url, second.tracking_url) == ("https://track.example/P1", "")
    assert [row for row in reasons(tmp_path) if row[0] == "parcels.csv"] == [
        ("parcels.csv", "4", "rejected", "delivered before purchase"),
        ("parcels.csv", "3", "repaired", "no time of delivery"),
        ("parcels.csv", "3", "repaired", "unsafe link"),
        ("parcels.csv", "5", "rejected", "unknown order"),
    ]
    assert report.rejected == {"delivered before purchase": 1, "unknown order": 1}


def test_fewer_files_and_more_columns_do_no_harm(tmp_path: Path) -> None:
    orders = [(*row, "more") for row in TABLES["orders"]]
    without_promise = [row[:6] + row[7:] for row in orders]
    report = run(tmp_path, tables(orders=without_promise, sellers=None))
    assert report.warnings == [
        "orders.csv has no column promise: what it says stays unknown.",
        "No file for sellers: what it says stays unknown.",
    ]
    assert Order.objects.count() == 2
    assert Order.objects.get(external_id="A1").raw["more"] == "more"


def test_broken_bytes_are_noted_and_a_control_character_is_rejected(tmp_path: Path) -> None:
    paths = write(tmp_path, TABLES)
    text = paths[1].read_bytes()
    paths[1].write_bytes(text.replace("algodão".encode(), b"algod\xe3o") + b"A2,2,Cu\x00ia,s2,1,1,0\n")
    imports.import_orders(parse_mapping(MARKET), paths, rejects=tmp_path / "rejects.out")
    assert reasons(tmp_path) == [
        ("items.csv", "5", "rejected", "unreadable row"),
        ("items.csv", "2", "repaired", "unreadable character"),
    ]


# The command


def test_the_command_prints_what_became_of_every_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mapping.toml").write_text(MARKET)
    (tmp_path / "in").mkdir()
    write(tmp_path / "in", tables(stars=[("order", "stars")]))
    out = io.StringIO()
    options = {"mapping": tmp_path / "mapping.toml", "rejects": tmp_path / "r.csv", "stdout": out}
    call_command("import_orders", tmp_path / "in", **options)
    text = out.getvalue()
    assert "orders: 2 created, 0 updated, 0 unchanged, 0 rejected" in text
    assert "stars.csv    skipped: recognised as “stars”" in text
    assert capsys.readouterr().out == ""


def test_the_command_speaks_json(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(MARKET)
    (tmp_path / "in").mkdir()
    write(tmp_path / "in", tables(items=[*TABLES["items"], ("A9", "1", "Cuia", "s2", "1", "1", "0")]), ["orders"])
    out = io.StringIO()
    options = {"mapping": tmp_path / "mapping.toml", "rejects": tmp_path / "r.csv", "json": True, "stdout": out}
    call_command("import_orders", tmp_path / "in", **options)
    report = json.loads(out.getvalue())
    assert report["orders"] == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert report["rejected"] == {"unknown order": 1}
    assert report["rejects_file"] == str(tmp_path / "r.csv")
    assert ImportRun.objects.get().rows_read == report["rows"]["rows"] == 10


def test_the_command_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "mapping.toml").write_text(MARKET)
    paths = write(tmp_path, tables(buyers=None))
    with pytest.raises(CommandError, match="buyers: no file with the columns buyer"):
        call_command("import_orders", *paths, mapping=tmp_path / "mapping.toml")
    assert not Store.objects.exists()


def test_foreign_keys_hold_after_an_import(tmp_path: Path) -> None:
    run(tmp_path)
    run(tmp_path, with_order(*ARRIVED))
    connection.check_constraints()
