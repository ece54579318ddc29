"""Any engine may be left out, and none of the extras is needed: each installation checks, migrates, works and shows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

ROOT = Path(__file__).parents[2]
EVERYTHING = ("returns", "notifications", "chatbot", "analytics")

#: What ``check`` finds in an installation without extras: no key of its own for credentials, no engine for labels.
NO_SEAL, NO_PDF = "parcelwise.W032", "parcelwise_returns.W001"


@cache
def installed(*more: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.parcelwise.minimal_project", "fulfillment", *more],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("more", [(), *((app,) for app in EVERYTHING), EVERYTHING], ids=lambda more: "+".join(more))
def test_an_installation_without_extras_checks_migrates_and_works(more: tuple[str, ...]) -> None:
    found = installed(*more)
    assert found["checks"] == [NO_SEAL, *([NO_PDF] if "returns" in more else [])]
    assert found["migrations_are_complete"]
    assert found["parcel"] == "picked_up"
    assert found["pages"] == {}, "pages that do not answer"
    assert len(found["mails"]) == ("notifications" in more)


def test_who_cannot_ask_a_carrier_reads_what_to_install() -> None:
    (problem,) = installed()["problems"]
    assert "pip install 'parcelwise[carriers]'" in problem


def test_labels_of_apps_leave_ordinary_words_to_others() -> None:
    """django-oscar, for one, has an app of the label “analytics”."""
    ours = [
        app
        for app in apps.get_app_configs()
        if app.name.partition(".")[0] in ("parcelwise", "fulfillment", *EVERYTHING)
    ]
    assert len(ours) == 6
    assert all(app.label.startswith("parcelwise") for app in ours)
