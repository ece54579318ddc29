from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from parcelwise.changes import announce_pending, move
from parcelwise.models import Problem
from parcelwise.testing import heard
from tests.testapp.models import Kite, KiteChange, kite_moved

pytestmark = pytest.mark.django_db


@pytest.fixture
def kite() -> Kite:
    return Kite.objects.create(name="red")


@pytest.fixture
def a_deaf_receiver():
    """A receiver that fails as long as it is told to."""
    state = {"fails": True, "heard": 0}

    def receiver(sender, **_):
        state["heard"] += 1
        if state["fails"]:
            raise LookupError("nobody home")

    kite_moved.connect(receiver, weak=False)
    yield state
    kite_moved.disconnect(receiver)


def fly(kite: Kite, **options) -> KiteChange | None:
    return move(kite, "air", at=timezone.now(), **options)


def an_old_mute_change(kite: Kite, **age) -> KiteChange:
    recorded = timezone.now() - timedelta(**age)
    return KiteChange.objects.create(kite=kite, old="ground", new="air", occurred_at=recorded, recorded_at=recorded)


def test_a_move_writes_the_status_and_one_change(kite):
    change = fly(kite, actor="Ben", why="wind " * 200, columns={"height": 30})
    kite.refresh_from_db()
    assert (kite.status, kite.height) == ("air", 30)
    assert (change.old, change.new, change.actor, len(change.why)) == ("ground", "air", "Ben", 500)
    assert list(kite.changes.all()) == [change]


def test_a_move_that_the_table_does_not_allow_changes_nothing(kite):
    assert move(kite, "tree", at=timezone.now()) is None
    kite.refresh_from_db()
    assert kite.status == "ground"
    assert not KiteChange.objects.exists()


def test_a_move_to_where_it_is_changes_nothing(kite):
    assert move(kite, "ground", at=timezone.now()) is None
    assert not KiteChange.objects.exists()


def test_of_two_who_read_the_same_status_only_the_first_moves(kite):
    stale = Kite.objects.get(pk=kite.pk)
    assert fly(kite) is not None
    assert fly(stale, columns={"height": 99}) is None
    kite.refresh_from_db()
    assert kite.height == 0
    assert KiteChange.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_change_is_announced_after_commit_and_only_then(kite):
    with heard(kite_moved) as calls:
        with transaction.atomic():
            change = fly(kite)
            assert calls == []
        assert calls == [{"kite": kite, "change": change}]
    change.refresh_from_db()
    assert change.announced_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_is_never_announced(kite):
    with heard(kite_moved) as calls:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            fly(kite)
            _ = 1 / 0
        assert calls == []
    assert not KiteChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_history_is_recorded_without_telling_anybody(kite):
    with heard(kite_moved) as calls:
        change = fly(kite, announce=False)
        announce_pending(older_than=-1)
    assert calls == []
    assert change.announced_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_change_is_told_again_until_every_receiver_took_it(kite, a_deaf_receiver):
    with heard(kite_moved) as calls:
        change = fly(kite)
        change.refresh_from_db()
        assert change.announced_at is None
        assert announce_pending(older_than=-1) == 0
        problem = Problem.objects.get(kind="announcement", solved_at=None)
        assert "LookupError: nobody home" in problem.sentence
        assert problem.times == 2
        a_deaf_receiver["fails"] = False
        assert announce_pending(older_than=-1) == 1
        assert announce_pending(older_than=-1) == 0
    assert len(calls) == a_deaf_receiver["heard"] == 3
    assert not Problem.objects.filter(solved_at=None).exists()


def test_a_young_change_is_left_to_the_process_that_wrote_it(kite):
    an_old_mute_change(kite, seconds=30)
    with heard(kite_moved) as calls:
        assert announce_pending() == 0
        an_old_mute_change(kite, seconds=90)
        assert announce_pending() == 1
    assert len(calls) == 1


def test_a_receiver_that_never_works_does_not_hold_up_later_changes(kite, a_deaf_receiver):
    an_old_mute_change(kite, days=3)
    assert announce_pending() == 0
    assert a_deaf_receiver["heard"] == 0
