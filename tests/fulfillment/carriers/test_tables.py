"""Our tables of codes against what the installed connectors document, which are read and never imported."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fulfillment.carriers.codes.table import Table, folded, table, tables
from fulfillment.statuses import Reason, ShipmentStatus

ENUMS = ("TrackingStatus", "TrackingIncidentReason")


def documented() -> dict[str, set[str]]:
    """Connector -> the codes in its enums, as its file has them."""
    spec = find_spec("karrio")
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder, "providers").glob("*/units.py")]
    return {file.parent.name: codes for file in files if (codes := set(_codes(ast.parse(file.read_text()))))}


def _codes(module: ast.Module) -> Any:
    for node in module.body:
        if isinstance(node, ast.ClassDef) and node.name in ENUMS:
            for each in (line.value for line in node.body if isinstance(line, ast.Assign)):
                told = ast.literal_eval(each)
                yield from (str(code) for code in (told if isinstance(told, list) else [told]) if str(code))


DOCUMENTED = documented()


@pytest.mark.parametrize("connector", sorted(DOCUMENTED))
def test_every_documented_code_is_mapped_or_deliberately_unknown(connector: str) -> None:
    known = table(connector)
    assert {code for code in DOCUMENTED[connector] if code not in known} == set()


def test_the_connectors_that_are_installed_document_codes() -> None:
    assert {"ups", "fedex", "usps", "dhl_universal"} <= DOCUMENTED.keys()


@pytest.mark.parametrize("connector", tables())
def test_a_table_gives_each_code_one_meaning_of_ours(connector: str) -> None:
    known = table(connector)
    assert known.status
    assert set(known.status.values()) <= set(ShipmentStatus) - {ShipmentStatus.UNKNOWN}
    assert set(known.reason.values()) <= set(Reason)
    assert all(known.unknown.values()), "each deliberately unknown code says why"


@pytest.mark.parametrize("connector", tables())
def test_a_parcel_that_goes_well_has_no_reason(connector: str) -> None:
    well = {"delivered", "in_transit", "out_for_delivery", "pending", "picked_up"}
    known = table(connector)
    assert [code for code in known.reason if known.status[code] in well] == []


def test_codes_are_found_in_any_case_and_with_blanks_around_them() -> None:
    known = table("allied_express")
    assert known.meaning(" card  LEFT ") == (ShipmentStatus.DELIVERY_FAILED, Reason.CONSIGNEE_NOT_HOME)


def test_what_is_in_no_table_stays_unknown() -> None:
    assert table("ups").meaning("ZQ") == (ShipmentStatus.UNKNOWN, "")
    assert table("ups").meaning("I") == (ShipmentStatus.UNKNOWN, "")
    assert table("no_such_connector") == Table()
    assert table("../tables/ups") == Table()


def test_the_words_are_asked_where_the_code_says_nothing() -> None:
    assert table("australiapost").meaning("AFP-17", "Delivered in Full")[0] == ShipmentStatus.DELIVERED


def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("fulfillment.carriers.codes.table.FOLDER", tmp_path)
    (tmp_path / "odd_one.toml").write_text('[status]\ndelivered = ["X"]\npending = ["x"]\n')
    (tmp_path / "odd_two.toml").write_text('[status]\ndelivered = ["X"]\n[unknown]\n"X" = "says nothing"\n')
    for name in ("odd_one", "odd_two"):
        with pytest.raises(ValueError, match="x"):
            table(name)
    assert folded(" X ") == "x"
