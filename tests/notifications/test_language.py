"""A language that notices claim to speak, they speak throughout: no half sentence in another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from notifications.conf import NotificationSettings
from notifications.notice import declared

ROOT = Path(__file__).resolve().parents[2]
SENTENCE = re.compile(
    r'{% translate "(?P<whole>[^"]+)"|{% blocktranslate[^%]*%}(?P<block>.*?){% endblocktranslate %}', re.DOTALL
)


def sentences() -> set[tuple[str, str]]:
    """Every sentence of every notice's templates, as gettext knows it: for one and for many, the latter often empty."""
    found = set()
    for app in ("notifications", "fulfillment", "returns"):
        for file in (ROOT / app / "templates/parcelwise/notices").rglob("*.*"):
            for match in SENTENCE.finditer(file.read_text()):
                words = match["whole"] or re.sub(r"{{ (\w+) }}", r"%(\1)s", match["block"].strip())
                one, _, many = (part.strip() for part in words.partition("{% plural %}"))
                found.add((one, many))
    return found


@pytest.mark.parametrize("language", sorted(set(NotificationSettings.LANGUAGES) - {"en"}))
def test_every_sentence_of_every_notice_is_translated(language: str) -> None:
    with translation.override(language):
        missing = [
            (one, many) for one, many in sentences()
            if (translation.ngettext(one, many, 2) == many if many else translation.gettext(one) == one)
        ]  # fmt: skip
    assert len(sentences()) > 60
    assert not missing, "add them to locale/, and run msgfmt"


def test_every_notice_of_ours_has_its_own_name_and_a_title() -> None:
    names = [kind.name for kind in declared() if kind.__module__.startswith(("fulfillment", "returns"))]
    assert len(names) == len(set(names)) == 7
    assert all(str(kind.title) for kind in declared() if kind.name in names)
