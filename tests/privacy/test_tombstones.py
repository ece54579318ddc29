"""Tombstones are found by who asks for the name, say nothing to anybody else, and outlive a change of keys."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from parcelwise.models import Tombstone
from parcelwise.privacy import Stone, bury, erased_among, is_erased
from parcelwise.privacy.tombstones import as_lines, keys_known, take_lines

pytestmark = pytest.mark.django_db
ANA = Stone("email", "store:ana@example.com")


def keyed(settings, *seal: str, former: tuple[str, ...] = ()) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": seal}, "PRIVACY": {"FORMER_KEYS": former}}


def test_a_name_is_found_by_itself_in_its_own_scope():
    bury([ANA])
    assert is_erased(*ANA)
    assert not is_erased("order", ANA.value)
    assert not is_erased("email", "store:cleo@example.com")


def test_nothing_can_be_read_from_a_tombstone_without_the_key(settings):
    bury([ANA])
    assert "ana" not in str(Tombstone.objects.values().get())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", []
    assert not is_erased(*ANA)


def test_a_new_key_still_finds_what_the_former_ones_made(settings):
    keyed(settings, "first")
    bury([ANA])
    keyed(settings, "second", "first")
    assert is_erased(*ANA)
    keyed(settings, "second")
    assert not is_erased(*ANA)
    assert Tombstone.objects.get().key_id not in keys_known()
    keyed(settings, "second", former=("first",))
    assert is_erased(*ANA)
    assert Tombstone.objects.get().key_id in keys_known()


def test_a_second_erasure_moves_the_moment_and_adds_nothing():
    before = timezone.now() - timedelta(days=2)
    bury([ANA], at=before)
    bury([ANA, ANA])
    assert Tombstone.objects.count() == 1
    assert erased_among([ANA])[ANA] > before


def test_many_are_asked_for_at_once(django_assert_max_num_queries):
    bury([ANA])
    names = [Stone("email", f"store:{number}") for number in range(1000)]
    with django_assert_max_num_queries(4):
        assert set(erased_among([*names, ANA])) == {ANA}


def test_they_are_kept_in_a_file_beside_a_backup():
    bury([ANA])
    lines = list(as_lines())
    assert "ana" not in str(lines)
    Tombstone.objects.all().delete()
    assert take_lines([*lines, "", *lines]) == 2
    assert is_erased(*ANA)
    assert Tombstone.objects.count() == 1


@pytest.mark.parametrize(
    "line", ["nonsense", "abc 12345678 2026-01-01T00:00:00+00:00 email", f"{'a' * 64} k 2026-01-01 x"]
)
def test_a_file_that_is_none_is_refused(line):
    with pytest.raises(ValueError, match="Line 1 is no tombstone"):
        take_lines([line])
    assert not Tombstone.objects.exists()
