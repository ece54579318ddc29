"""Versions of Shopify's API end: who uses one is told in time."""

from __future__ import annotations

import json
from datetime import date

import pytest
import time_machine

from fulfillment.check_shopify import shopify_is_asked_for_what_lasts
from fulfillment.services import store_watch
from fulfillment.stores.shopify import deprecated, versions
from parcelwise.models import Problem
from scripts.refresh_shopify_schemas import TARGET, deprecated_uses
from tests.fulfillment.shopify import needs_published, published_schema
from tests.fulfillment.stores.a_shopify import connected


@pytest.mark.parametrize(
    ("version", "today", "left"),
    [("2026-01", date(2026, 11, 22), 40), ("2026-07", date(2026, 11, 22), 221), ("2025-10", date(2026, 10, 1), 0)],
)
def test_a_version_is_served_for_a_year(version, today, left):
    assert versions.days_left(version, today) == left


@pytest.mark.parametrize("text", ["", "2026-02", "2026-7", "unstable", "2026-07-01", "２０２６-07"])
def test_what_is_no_version_is_told_apart(text):
    assert not versions.is_version(text)
    with pytest.raises(ValueError, match="no version"):
        versions.supported_until(text)


@needs_published
def test_the_list_of_what_is_deprecated_is_up_to_date():
    assert json.loads(TARGET.read_text()) == deprecated_uses(published_schema), "run scripts/refresh_shopify_schemas.py"


def test_nothing_deprecated_is_used_where_there_is_something_else():
    assert {version: deprecated.troubling(version) for version in versions.TESTED} == dict.fromkeys(versions.TESTED, [])


def test_the_check_speaks_when_the_usual_version_ends(monkeypatch):
    with time_machine.travel("2026-11-22T12:00Z", tick=False):
        assert shopify_is_asked_for_what_lasts(None) == []
    with time_machine.travel("2027-05-20T12:00Z", tick=False):
        (warning,) = shopify_is_asked_for_what_lasts(None)
        assert (warning.id, "42 more days" in warning.msg) == ("parcelwise_fulfillment.W030", True)
    with time_machine.travel("2027-08-01T12:00Z", tick=False):
        assert "has not been served since 01 July 2027" in shopify_is_asked_for_what_lasts(None)[0].msg
    monkeypatch.setattr(deprecated, "UNAVOIDABLE", frozenset())
    with time_machine.travel("2026-11-22T12:00Z", tick=False):
        (warning,) = shopify_is_asked_for_what_lasts(None)
    assert (warning.id, "CustomerPhoneNumber.marketingState" in warning.msg) == ("parcelwise_fulfillment.W031", True)


@pytest.mark.django_db
def test_a_store_whose_version_ends_is_noted_and_solved(shopify):
    store = connected(shopify, api_version="2026-01")
    key = f"{store.slug}:version:deprecated"
    with time_machine.travel("2026-11-22T12:00Z", tick=False):
        store_watch.watch()
        assert "2026-01 of Shopify's API is served until 01 January 2027" in Problem.objects.get(key=key).sentence
        type(store).objects.filter(pk=store.pk).update(api_version="2026-07")
        store_watch.watch()
        assert Problem.objects.get(key=key).solved_at
