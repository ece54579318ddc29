"""Compiled catalogues are committed, because a bare machine has no msgfmt: they must say what their source says."""

from __future__ import annotations

import ast
import re
from ast import literal_eval
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("parcelwise", "fulfillment", "returns", "notifications", "chatbot", "analytics")
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


#: What customers read on pages and labels: templates, and the modules whose words end there.
CUSTOMERS_READ = (
    "parcelwise/templates/parcelwise",
    "fulfillment/templates/parcelwise/fulfillment",
    "fulfillment/pages",
    "fulfillment/windows.py",
    "returns/templates/parcelwise/returns",
    "returns/forms.py",
    "returns/labels",
    "returns/policy.py",
    "returns/services",
    "returns/status_page.py",
    "returns/views.py",
)
IN_TEMPLATE = re.compile(
    r"""{% translate "(?P<whole>[^"]+)"|_\("(?P<bare>[^"]+)"\)"""
    r"|{% blocktranslate[^%]*%}(?P<block>.*?)(?:{% plural %}.*?)?{% endblocktranslate %}",
    re.DOTALL,
)
GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}


def in_template(text: str) -> Iterator[str]:
    for match in IN_TEMPLATE.finditer(text):
        block = " ".join(line.strip() for line in (match["block"] or "").strip().splitlines())
        yield match["whole"] or match["bare"] or re.sub(r"{{ (\w+) }}", r"%(\1)s", block)


def in_module(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT:
            words = [part.value for part in node.args if isinstance(part, ast.Constant)]
            yield "\x04".join(words) if node.func.id == "pgettext" else str(words[0])


def test_what_customers_read_is_translated_throughout() -> None:
    """A page that is half of one language and half of another is worse than one in a foreign language."""
    files = [
        file for place in CUSTOMERS_READ for file in ([ROOT / place] if ".py" in place else (ROOT / place).rglob("*.*"))
    ]
    said = {
        words
        for file in files
        if file.suffix in (".py", ".html", ".txt")
        for words in (in_module if file.suffix == ".py" else in_template)(file.read_text())
    }
    translated = {key if isinstance(key, str) else key[0] for source in SOURCES for key in entries(source)}
    assert len(said) > 200
    assert said - translated == set(), "add them to the app's locale/, and run msgfmt"


def test_no_words_are_hidden_from_translators() -> None:
    """xgettext does not look into f-strings: what is marked there never reaches a catalogue."""
    hidden = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for text in ast.walk(ast.parse(file.read_text()))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GETTEXT
    ]
    assert hidden == []
