from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

import parcelwise.checks  # noqa: F401
from parcelwise.checks.kinds import fits, words
from parcelwise.cluster import q_cluster

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def found(settings):
    """Ids and texts of ours after the settings were changed; the deploy checks too."""

    def look(deploy: bool = False, **changes: Any) -> dict[str, str]:
        for name, value in changes.items():
            setattr(settings, name, value)
        messages = run_checks(tags=["parcelwise"], include_deployment_checks=deploy)
        assert all(message.hint for message in messages), "each says how to put it right"
        return {message.id: f"{message.msg} {message.hint}" for message in messages}

    return look


@pytest.fixture
def live(settings):
    """Settings of a project in which django-q2 runs the work."""
    settings.PARCELWISE = {**settings.PARCELWISE, "JOBS": {}}
    settings.Q_CLUSTER = q_cluster()
    return settings


def test_the_demo_is_without_fault(found):
    assert found() == {}


def test_a_mistyped_section_is_named_with_the_one_that_was_meant(found):
    assert "Did you mean FULFILLMENT?" in found(PARCELWISE={"FULFILMENT": {}})["parcelwise.E002"]
    assert "Sections: " in found(PARCELWISE={"XYZ": {}})["parcelwise.E002"]


def test_a_mistyped_setting_is_named_with_the_one_that_was_meant(found):
    text = found(PARCELWISE={"FULFILLMENT": {"WARN_ABOV": 0.5}})["parcelwise.E003"]
    assert 'PARCELWISE["FULFILLMENT"] has no setting "WARN_ABOV". Did you mean WARN_ABOVE?' in text


@pytest.mark.parametrize("value", [[], "LINKS", {"LINKS": ["https://shop.example"]}])
def test_what_is_no_dict_is_shown_how_to_be_one(found, value):
    assert "Write PARCELWISE" in found(PARCELWISE=value)["parcelwise.E001"]


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("LINKS", {"MAX_AGE_DAYS": "120"}, "'120', which is not a whole number"),
        ("LINKS", {"MAX_AGE_DAYS": True}, "True, which is not a whole number"),
        ("OUTBOUND", {"ALLOW_PRIVATE": "127.0.0.1"}, "'127.0.0.1', which is not a list of text"),
        ("FULFILLMENT", {"POLL_MINUTES": {"in_transit": "often"}}, "not a dict from text to a whole number"),
        ("JOBS", {"STALE": None}, "None, which is not a number"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(found, section, values, said):
    assert said in found(PARCELWISE={section: values})["parcelwise.E004"]


def test_good_will_in_types():
    assert fits(["a"], tuple[str, ...])
    assert fits(3, float)
    assert fits(None, str | None)
    assert not fits("abc", tuple[str, ...])
    assert not fits(3.5, int)
    assert words(dict[str, float] | None) == "a dict from text to a number or None"


@pytest.mark.parametrize(
    ("section", "values"),
    [
        ("JOBS", {"RUNNER": "celery"}),
        ("JOBS", {"LEASE": 0}),
        ("OUTBOUND", {"RETRIES": -1}),
        ("PDF", {"ENGINE": "word"}),
    ],
)
def test_a_value_out_of_bounds_is_named(found, section, values):
    assert "parcelwise.E005" in found(PARCELWISE={section: values})


def test_no_retries_are_a_sensible_setting(found):
    assert "parcelwise.E005" not in found(PARCELWISE={"OUTBOUND": {"RETRIES": 0}, "JOBS": {"RUNNER": "manual"}})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"JOBS": {"PULSE": 90.0}}, "PULSE (90) is not below STALE (60)"),
        ({"JOBS": {"BACKOFF": 1e6}}, "BACKOFF (1e+06) is not below"),
        ({"JOBS": {"LEASE": 20}}, "LEASE"),
        ({"OUTBOUND": {"DEADLINE": 300.0}}, "taken over by a second worker"),
    ],
)
def test_figures_that_contradict_each_other_are_named(found, values, said):
    assert said in found(PARCELWISE=values)["parcelwise.E006"]


def test_a_missing_queue_is_named(found, live):
    apps = [app for app in live.INSTALLED_APPS if app != "django_q"]
    with_q = found()
    assert with_q == {}
    assert "parcelwise_worker --once" in found(INSTALLED_APPS=apps)["parcelwise.E010"]


@pytest.mark.parametrize("cluster", [None, {}, {"workers": 2}, {"orm": "elsewhere"}])
def test_a_queue_without_a_broker_is_named(found, live, cluster):
    assert "parcelwise.E011" in found(Q_CLUSTER=cluster)


@pytest.mark.parametrize(
    ("change", "id_"),
    [
        ({"retry": 310}, "parcelwise.W012"),
        ({"timeout": None}, "parcelwise.W012"),
        ({"ack_failures": False}, "parcelwise.W013"),
        ({"max_attempts": 0}, "parcelwise.W014"),
        ({"save_limit": 250}, "parcelwise.W015"),
    ],
)
def test_each_trap_of_the_queue_is_named(found, live, change, id_):
    assert list(found(Q_CLUSTER={**q_cluster(), **change})) == [id_]


def test_results_on_redis_may_be_kept(found, live):
    assert found(Q_CLUSTER={**q_cluster(redis_url="redis://localhost"), "save_limit": 250}) == {}


def test_connections_that_do_not_suit_the_queue_are_named(found, live, monkeypatch):
    postgres = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "CONN_MAX_AGE": 600}
    live.Q_CLUSTER = {**q_cluster(), "orm": "second"}

    def ids(**changes: Any) -> list[str]:
        monkeypatch.setitem(live.DATABASES, "second", {**postgres, **changes})
        return list(found())

    assert ids() == []
    assert ids(OPTIONS={"pool": True}) == ["parcelwise.E016"]
    assert ids(CONN_MAX_AGE=0) == ["parcelwise.W017"]


def test_sqlite_that_would_lock_is_named(found, settings, monkeypatch):
    plain = {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}
    monkeypatch.setitem(settings.DATABASES, "second", plain)
    assert list(found()) == ["parcelwise.W020", "parcelwise.W021"]
    monkeypatch.setitem(settings.DATABASES, "second", {**plain, "NAME": ":memory:"})
    assert found() == {}


def test_an_open_shop_needs_a_secure_address_and_a_key_of_its_own(found):
    bare = found(deploy=True, PARCELWISE={"JOBS": {"RUNNER": "manual"}}, DEBUG=False)
    assert {"parcelwise.W030", "parcelwise.W032"} <= set(bare)
    assert "parcelwise.W031" in found(deploy=True, PARCELWISE={"LINKS": {"BASE_URL": "http://shop.example"}})
    weak = {"LINKS": {"BASE_URL": "https://shop.example"}, "SEALED": {"KEYS": ("k" * 40, "secret")}}
    assert "parcelwise.W033" in found(deploy=True, PARCELWISE=weak)
    good = {"LINKS": {"BASE_URL": "https://shop.example"}, "SEALED": {"KEYS": ("k" * 40,)}}
    assert not {id_ for id_ in found(deploy=True, PARCELWISE=good) if id_.startswith("parcelwise.W03")}


def test_a_foreign_module_under_one_of_our_names_is_named(tmp_path):
    """Another project's ``returns`` stands first on the path; a process of its own imports it."""
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "__init__.py").touch()
    code = """
import sys; sys.path.insert(0, sys.argv[1])
sys.meta_path = [finder for finder in sys.meta_path if "Editable" not in str(finder)]  # no editable install of ours
from django.conf import settings
settings.configure(INSTALLED_APPS=["parcelwise", "returns", "django.contrib.auth", "django.contrib.contenttypes"],
                   SECRET_KEY="x", DATABASES={}, PARCELWISE={"JOBS": {"RUNNER": "manual"}})
import django; django.setup()
from django.core.checks import run_checks
print([(m.id, m.hint) for m in run_checks(tags=["parcelwise"])])
"""
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=env, capture_output=True, text=True)
    assert "parcelwise.E040" in done.stdout, done.stderr


def test_another_distribution_with_one_of_our_names_is_named(found, tmp_path, monkeypatch):
    info = tmp_path / "dry_returns-0.30.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: dry-returns\nVersion: 0.30.0\n")
    (info / "top_level.txt").write_text("returns\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "dry-returns" in found(deploy=True)["parcelwise.W041"]


def test_versions_out_of_range_are_named(found, monkeypatch):
    monkeypatch.setattr("parcelwise.checks.names.PYTHON", ((2, 7), (3, 0)))
    monkeypatch.setattr("parcelwise.checks.names.DJANGO", ((8, 0), (9, 0)))
    assert set(found()) == {"parcelwise.W050", "parcelwise.W051"}
