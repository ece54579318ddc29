"""The modules of a few lines: providers, panels, days, the queue's settings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from parcelwise import clock
from parcelwise.errors import Misconfigured
from parcelwise.panels import Panel, about, offers_panel, reference
from parcelwise.providers import Registry
from tests.testapp.models import Chore, Kite

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_provider_is_loaded_by_name_and_the_projects_own_win():
    registry = Registry("carrier", {"ups": "nowhere.UPS", "list": "builtins.list"}, lambda: {"ups": "builtins.dict"})
    assert registry.load("list") is list
    assert registry.load("ups") is dict
    assert sorted(registry) == ["list", "ups"]


@pytest.mark.parametrize(("name", "said"), [("dhl", "Known: bad, ups"), ("bad", "cannot be loaded")])
def test_a_provider_that_is_not_there_is_named_with_those_that_are(name, said):
    registry = Registry("carrier", {"ups": "builtins.dict", "bad": "nowhere.at.all"})
    with pytest.raises(Misconfigured, match=said):
        registry.load(name)


@pytest.mark.django_db
def test_panels_are_offered_once_and_only_by_who_has_something_to_say():
    panel = Panel("Wind", [], "no wind")

    def offer(record):
        return panel if isinstance(record, Kite) else None

    offers_panel(offer)
    offers_panel(offer)
    assert about(Kite()).count(panel) == 1
    assert panel not in about(Chore())


def test_a_record_is_referred_to_by_label_and_key():
    assert reference(Kite(pk=17)) == "testapp.kite:17"


def test_a_day_belongs_to_a_zone():
    late = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    assert clock.day_of(late, BERLIN) == date(2026, 3, 29)
    with pytest.raises(ValueError, match="without a time zone"):
        clock.day_of(datetime(2026, 3, 28), BERLIN)


def test_the_day_of_the_change_of_clocks_has_23_hours():
    day = date(2026, 3, 29)
    start, end = clock.end_of(date(2026, 3, 28), BERLIN), clock.end_of(day, BERLIN)
    assert clock.days_between(start.astimezone(UTC), end.astimezone(UTC)) * 24 == 23


def test_zones_are_known_by_their_iana_names():
    assert clock.is_zone("Europe/Berlin")
    assert not clock.is_zone("Europe/Atlantis")
