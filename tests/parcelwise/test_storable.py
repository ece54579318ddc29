"""Broken and hostile text, made fit for data bases, lists and logs."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parcelwise.errors import GiveUp, RetryLater
from parcelwise.jobs import sentence
from parcelwise.storable import one_line, storable, storable_json
from tests.testapp.models import Chore

FORGED = "2026-12-01 10:00:00 INFO parcelwise.jobs: all is well"


@given(st.text(st.characters(), max_size=50))
def test_any_text_is_storable_and_stays_so(text):
    kept = storable(text)
    assert "\x00" not in kept
    kept.encode()
    assert storable(kept) == kept


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(st.characters()), lambda inner: (
    st.lists(inner) | st.dictionaries(st.text(st.characters()), inner)), max_leaves=10))  # fmt: skip
def test_any_json_is_storable(value):
    text = json.dumps(storable_json(value), allow_nan=False, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()


@pytest.mark.parametrize("ending", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_no_text_begins_a_line_of_its_own(ending):
    assert one_line(f"UPS says{ending}{FORGED}") == f"UPS says {FORGED}"
    assert sentence(GiveUp(f"UPS says{ending}{FORGED}")) == f"UPS says {FORGED}"


@pytest.mark.parametrize("mark", ["\x1b[2J", "\x1b]0;evil\x07", "\u202e", "\u2066", "\x7f", "\x9b31m"])
def test_no_text_moves_the_reader(mark):
    assert mark[0] not in one_line(f"a{mark}b")
    assert mark[0] not in sentence(RetryLater(f"a{mark}b"))


def test_ordinary_words_stay_as_they_are():
    for words in ("Größe 42 – 東京 · مرحبا 👟", "", "a b"):
        assert one_line(words) == words


@pytest.mark.django_db
@pytest.mark.parametrize("kind", [GiveUp, RetryLater, ValueError])
def test_an_error_that_repeats_hostile_words_is_one_entry_of_the_log(kind, caplog):
    job = Chore.objects.create(name="x", state="running", attempts=99)
    with caplog.at_level(logging.INFO):
        try:
            raise kind(f"UPS says\n{FORGED}\x1b[2J")
        except Exception as error:
            job.settle(error)
    assert "UPS says" in caplog.text
    assert "\x1b" not in caplog.text
    entries = [record.getMessage() for record in caplog.records]
    assert not any(line.startswith("2026-12-01") for entry in entries for line in entry.splitlines())
    job.refresh_from_db()
    assert "\n" not in job.last_error
