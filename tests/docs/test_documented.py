"""What people look up is written down: every setting with its default, every system check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parcelwise.checks.settings import import_sections
from parcelwise.conf import Section

ROOT = Path(__file__).resolve().parents[2]
APPS = ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics")
ROW = re.compile(r"^\| `([A-Z_]+)` \| `(.*?)` \| (.+) \|$", re.MULTILINE)
CHECK_ID = re.compile(r"parcelwise(?:_[a-z]+)?\.[EWI]\d{3}")


def documented() -> dict[str, dict[str, str]]:
    """Section -> setting -> default, as ``docs/settings.md`` has them."""
    parts = re.split(r"^## ", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE)[1:]
    tables = {part.split("\n", 1)[0].strip(): part for part in parts}
    return {key: {name: default for name, default, _ in ROW.findall(text)} for key, text in tables.items()}


def sections() -> dict[str, type[Section]]:
    import_sections()
    return {key: section for key, section in Section.sections.items() if section.__module__.split(".")[0] in APPS}


@pytest.mark.parametrize("key", sorted(sections()))
def test_every_setting_is_documented_with_its_default(key):
    wanted = {name: repr(default) for name, default in sections()[key].defaults().items()}
    assert documented().get(key) == wanted, f"bring the table “{key}” of docs/settings.md in line with the code"


def test_no_setting_is_documented_that_does_not_exist():
    assert {key for key in documented() if key.isupper()} == set(sections())


def test_every_check_is_documented():
    raised = {
        id_
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for id_ in CHECK_ID.findall(file.read_text())
    }  # fmt: skip
    written = set(CHECK_ID.findall((ROOT / "docs" / "checks.md").read_text()))
    assert raised - written == set(), "add them to docs/checks.md"
    assert written - raised == set(), "docs/checks.md names checks that are gone"
