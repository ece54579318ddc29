from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from analytics.kpi import HIGHER, KPI, Figure, Rate, Tally, registry

DEFINITION: dict[str, Any] = {
    "slug": "kites-up",
    "name": "Kites in the air",
    "counted": "kites",
    "formula": "Kites up, out of all kites.",
    "date_basis": "The day of the wind.",
    "better": HIGHER,
    "newest": lambda self, where: None,
    "oldest": lambda self, where: None,
    "facts": lambda self, question: (),
}


@pytest.fixture(autouse=True)
def registered() -> Any:
    before = dict(registry)
    yield registry
    registry.clear()
    registry.update(before)


def declare(*without: str, **other: Any) -> type[KPI]:
    members = {name: value for name, value in DEFINITION.items() if name not in without}
    return type("Kites", (Rate,), {**members, **other})


def test_a_kpi_registers_itself() -> None:
    kites = declare()
    assert type(registry["kites-up"]) is kites


@pytest.mark.parametrize("forgotten", [name for name in DEFINITION if name not in ("newest", "oldest", "facts")])
def test_a_kpi_without_a_written_definition_cannot_exist(forgotten: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=forgotten):
        declare(forgotten)
    assert "kites-up" not in registry


def test_blanks_are_no_definition() -> None:
    with pytest.raises(ImproperlyConfigured, match="formula"):
        declare(formula="  ")


@pytest.mark.parametrize("forgotten", ["newest", "oldest", "facts"])
def test_a_kpi_that_fetches_nothing_cannot_exist(forgotten: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="fetched"):
        declare(forgotten)


def test_two_kpis_do_not_share_a_name() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"fulfillment\.kpis"):
        declare(slug="on-time-rate")


def test_a_kpi_is_split_by_a_dimension_it_has() -> None:
    with pytest.raises(ImproperlyConfigured, match="wind"):
        declare(split="wind")


def test_both_halves_bring_their_kpis() -> None:
    assert [slug for slug in registry if slug != "kites-up"] == [
        "on-time-rate",
        "exception-rate",
        "exception-first-touch",
        "exception-resolution",
        "exception-self-closed",
        "return-turnaround",
        "return-arrival",
    ]


def test_settings_set_the_target(settings: Any) -> None:
    kpi = registry["on-time-rate"]
    settings.PARCELWISE = {**settings.PARCELWISE, "ANALYTICS": {"TARGETS": {"on-time-rate": 0.9}}}
    assert kpi.goal == 0.9
    settings.PARCELWISE = {**settings.PARCELWISE, "ANALYTICS": {}}
    assert kpi.goal is None


def test_a_change_within_chance_is_no_change() -> None:
    rate = registry["on-time-rate"]

    def of(hits: int, n: int) -> Figure:
        return rate.figure([Tally(date(2026, 1, 1), "", n, hits)])

    assert not rate.changed(of(9, 10), of(8, 10))
    assert rate.changed(of(900, 1000), of(800, 1000))
    assert not rate.changed(of(0, 0), of(8, 10))
