"""``manage.py recognise``."""

from __future__ import annotations

import csv
import io
import json

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from tests.fulfillment.recognise.published import NUMBERS, needs_numbers, numbers

UPS = "1Z 999 AA1 01 2345 6784"


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("recognise", *arguments, stdout=out)
    return out.getvalue()


def table(tmp_path, text: str | bytes) -> list[list[str]]:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    run("--csv", str(source), str(target))
    return list(csv.reader(target.read_text(encoding="utf-8", errors="surrogateescape").splitlines()))


def test_people_read_the_candidates_and_why():
    shown = run(UPS, "123456789013", "nothing")
    assert "UPS  checked  UPS: 1Z and 16 letters or digits; the check digit is right" in shown
    assert shown.index("Yamato") < shown.index("Sagawa")
    assert shown.endswith("nothing\n  no carrier that is known here has such numbers\n")


def test_scripts_get_the_same_as_json():
    (ups, nothing) = json.loads(run("--json", UPS, "?\udcff"))
    assert ups["number"] == UPS
    (candidate,) = ups["carriers"]
    assert (candidate["carrier"], candidate["name"], candidate["confidence"]) == ("ups", "UPS", "checked")
    assert candidate["evidence"] > 3
    assert nothing["carriers"] == []


def test_the_way_rules_networks_out():
    assert "Yamato" not in run("123456789013", "--origin", "de", "--destination", "fr")


def test_a_table_comes_back_in_its_order_with_the_candidates_ranked(tmp_path):
    rows = table(tmp_path, f"id,number\n1,{UPS}\n2,123456789013\n3,\n4,RA473124829GB\n5,no number\n6\n")
    assert rows == [
        ["number", "carriers"],
        [UPS, "ups"],
        ["123456789013", "yamato|sagawa|japanpost"],
        ["", ""],
        ["RA473124829GB", "s10|royalmail"],
        ["no number", ""],
        ["", ""],
    ]


def test_tables_of_office_programs_and_odd_bytes_are_read(tmp_path):
    assert table(tmp_path, "\ufeffNumber \r\n1Z999AA10123456784\r\n")[1] == ["1Z999AA10123456784", "ups"]
    assert table(tmp_path, b"number\n\xff\xfe1Z\x00\n" + b"9" * 120_000 + b"\n" + UPS.encode())[-1] == [UPS, "ups"]


@needs_numbers
def test_the_published_numbers_come_back_under_the_names_they_have_there(tmp_path):
    rows = table(tmp_path, NUMBERS.read_text())
    answers = dict(rows[1:])
    valid = numbers("valid")
    assert sum(courier in answers[number].split("|") for number, courier in valid) >= 0.98 * len(valid)
    assert not [number for number, courier in numbers("invalid") if courier in answers[number].split("|")]


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        ((), "Name tracking numbers", 2),
        (("1Z", "--csv", "a", "b"), "Name tracking numbers", 2),
        (("--csv", "same.csv", "same.csv"), "the same file", 2),
        (("--csv", "/not/there.csv", "-"), "/not/there.csv", 1),
    ],
)
def test_wrong_use_is_told(arguments, words, code):
    with pytest.raises(CommandError, match=words) as caught:
        run(*arguments)
    assert caught.value.returncode == code


def test_a_table_without_the_column_is_told(tmp_path):
    with pytest.raises(CommandError, match="no column “number”"):
        table(tmp_path, "tracking\n1Z999AA10123456784\n")
    with pytest.raises(CommandError, match="no column “number”"):
        table(tmp_path, "")
