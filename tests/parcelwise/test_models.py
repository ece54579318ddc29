from __future__ import annotations

import pytest

from parcelwise.models import Problem

pytestmark = pytest.mark.django_db


def test_the_same_open_trouble_is_counted_and_not_repeated():
    first = Problem.objects.note("carrier", "ups", "UPS answered nonsense.", raw="one")
    again = Problem.objects.note("carrier", "ups", "UPS answered other nonsense.", raw="two")
    assert first.pk == again.pk
    problem = Problem.objects.get()
    assert (problem.times, problem.sentence, problem.raw) == (2, "UPS answered other nonsense.", "two")
    assert problem.last_seen > problem.first_seen


def test_trouble_that_comes_back_after_it_was_solved_is_new():
    Problem.objects.note("carrier", "ups", "UPS answered nonsense.")
    assert Problem.objects.solve("carrier", "ups") == 1
    assert Problem.objects.solve("carrier", "ups") == 0
    Problem.objects.note("carrier", "ups", "UPS answered nonsense.")
    assert Problem.objects.filter(solved_at=None).count() == 1
    assert Problem.objects.count() == 2


def test_broken_and_overlong_input_is_kept_all_the_same():
    key, raw = "k\x00\ud800" * 200, "\x00\ud800" + "x" * 200_000
    Problem.objects.note("import", key, "s" * 5000, subject="a" * 500, raw=raw)
    problem = Problem.objects.get()
    assert len(problem.key) == 200
    assert len(problem.sentence) == 1000
    assert len(problem.subject) == 120
    assert len(problem.raw) == Problem.RAW_LIMIT
    assert problem.raw.startswith("\ufffd?x")
    assert Problem.objects.solve("import", key) == 1
