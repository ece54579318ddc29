"""Names are found in texts however machines write them, and not in other words."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.utils.html import escape

from parcelwise.privacy.words import GONE, Words

HERS = Words(
    ["Ana Souzović", "ana@example.com", "+49 (151) 234-5678", "Lindwurmstraße 12", "D'Arcy O'Neil", "Anna", ""]
)


@pytest.mark.parametrize(
    "text",
    [
        "to ANA@EXAMPLE.COM, refused",
        json.dumps({"name": "Ana Souzović"}),
        "LINDWURMSTRASSE 12",
        "call +491512345678",
        escape("for D'Arcy O'Neil"),
        f"?email={quote('ana@example.com')}",
    ],
)
def test_a_name_is_found(text):
    assert HERS.found_in(text)


@pytest.mark.parametrize("text", ["", "Anna", "Diana Souzović", "joana@example.com", "Lindwurmstraße 127"])
def test_another_word_is_not_a_name(text):
    assert not HERS.found_in(text)


def test_json_loses_the_texts_that_name_her_and_nothing_else():
    said = {"to": "Ana Souzović", "n": 3, "rows": ["x", {"mail": "ana@example.com"}], "none": None}
    assert HERS.without(said) == {"to": GONE, "n": 3, "rows": ["x", {"mail": GONE}], "none": None}
