"""Compiled catalogues are committed, because a bare machine has no msgfmt: they must say what their source says."""

from __future__ import annotations

from ast import literal_eval
from gettext import GNUTranslations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(file for file in ROOT.glob("*/locale/*/LC_MESSAGES/django.po") if ".venv" not in file.parts)


def entries(source: Path) -> dict[str | tuple[str, int], str]:
    """The translations of a .po file by the keys that gettext looks them up with; fuzzy and empty ones are left out."""
    found: dict[str | tuple[str, int], str] = {}
    for block in source.read_text().split("\n\n"):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            name, text = (name, line) if line.startswith('"') else line.split(" ", 1)
            fields[name] = fields.get(name, "") + literal_eval(text)
        if "fuzzy" in block.split("msgid", 1)[0]:
            continue
        context = f"{fields['msgctxt']}\x04" if "msgctxt" in fields else ""
        key = context + fields.get("msgid", "")
        plurals = {(key, int(name[7:-1])): text for name, text in fields.items() if name.startswith("msgstr[")}
        found |= {place: text for place, text in (plurals or {key: fields.get("msgstr", "")}).items() if text}
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda file: f"{file.parts[-5]}-{file.parts[-3]}")
def test_a_compiled_catalogue_says_what_its_source_says(source: Path) -> None:
    with source.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    assert compiled == entries(source), "run msgfmt (django-admin compilemessages)"


def test_catalogues_are_there() -> None:
    assert len(SOURCES) >= 3
