"""The examples of the documentation are run as they stand there: one small app in a project of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.docs.pages import ROOT, example_files

#: What the examples take for granted: an ordinary project. The settings of the page are put under it.
PROJECT = """
from parcelwise.cluster import q_cluster
SECRET_KEY = "only-for-tests"
USE_TZ = True
ROOT_URLCONF = "urls"
ALLOWED_HOSTS = ["testserver"]
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django_q", "parcelwise", "fulfillment", "returns",
    "notifications", "chatbot", "analytics", "shop",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request", "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3",
    "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL;"},
}}
Q_CLUSTER = q_cluster()
STATIC_URL = "static/"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
"""
#: What only a test needs: nobody wakes a queue, and the two servers are on this machine.
FOR_THE_TEST = """
PARCELWISE |= {"JOBS": {"RUNNER": "manual"}, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",)}}
PARCELWISE["PDF"] = {"ENGINE": "typst"}
"""


class Loft(BaseHTTPRequestHandler):
    """Pigeons that can be followed, and a provider of text messages that drops a repeated key."""

    sent: dict[str, dict[str, Any]] = {}
    tokens: set[str | None] = set()

    def do_GET(self) -> None:
        self.tokens.add(self.headers["Authorization"])
        if not self.path.endswith("/COO1"):
            self._answer(404, {})
            return
        landed = datetime.now(UTC) - timedelta(days=8)
        events = [("took off", 30), ("seen", 9), ("lost a feather", 5), ("landed", 0)]
        told = [{"what": what, "at": (landed - timedelta(hours=ago)).isoformat()} for what, ago in events]
        self._answer(200, {"events": [*told, {"what": "seen", "at": "at dusk"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.tokens.add(self.headers["Authorization"])
        self.sent.setdefault(self.headers["Idempotency-Key"], body)
        self._answer(200, {"id": f"sms-{len(self.sent)}"})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Nothing on the console."""


@pytest.fixture(scope="module")
def loft() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Loft)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def told(loft: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the project made of the docs says of itself."""
    folder = tmp_path_factory.mktemp("project")
    for path, content in example_files().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "shop" / "__init__.py").touch()
    settings = (folder / "settings.py").read_text()
    (folder / "settings.py").write_text(PROJECT + settings + FOR_THE_TEST + f'SMS_URL = "{loft}"\n')
    return run(folder, loft)


def run(folder: Path, loft: str) -> dict[str, Any]:
    path = os.pathsep.join((str(folder), str(ROOT)))
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/docs/drive.py"), loft],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "settings"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_carriers_scans_are_read_and_its_odd_event_is_kept_as_a_problem(told):
    assert told["parcel"] == ["delivered", ["picked_up", "in_transit", "unknown", "delivered"]]
    kinds = [kind for kind, _raw in told["problems"]]
    assert sorted(kinds) == ["scan", "status"]
    assert "at dusk" in dict(told["problems"])["scan"]


def test_a_number_the_carrier_does_not_know_waits(told):
    assert told["lost"] == ["pending", "waiting"]


def test_the_credentials_of_the_account_reach_the_carrier(told):
    assert Loft.tokens == {"Bearer coo", "Bearer secret"}


def test_the_job_is_written_with_its_cause_and_done(told):
    assert [state for _shipment, state in told["invitations"]] == ["done"]


def test_the_notice_goes_out_by_both_channels(told):
    mail, sms = told["messages"]
    for channel, state, subject, text, provider_id, error in (mail, sms):
        assert (state, error) == ("done", ""), channel
        assert subject == "How do you like your order L-1?"
        assert "https://shop.example/account/link/" in text
        assert provider_id
    assert (mail[0], sms[0]) == ("email", "sms")
    assert told["held"] == []


def test_the_channel_hands_over_address_text_and_key(told):
    mine = [body for key, body in Loft.sent.items() if key == f"review_wanted:{told['uuid']}:sms"]
    assert [body["to"] for body in mine] == ["+4915112345678"]
    assert mine[0]["text"] == told["messages"][1][3]


def test_the_kpi_counts_the_shops_own_rows(told):
    assert (told["kpi"]["n"], round(told["kpi"]["value"], 3)) == (3, 0.667)


def test_the_kpi_has_its_section_on_the_page(told):
    assert told["kpi_page"] == [200, True]


def test_the_skill_answers_who_proves_enough_and_names_its_source(told):
    skill = told["skill"]
    assert skill["without_proof"] == "RECORD"
    assert skill["text"] == "L-1: Delivered, Label made"
    assert skill["sources"][0].startswith("https://shop.example/account/link/")
    assert skill["missing"] == "order"


def test_the_order_page_shows_what_the_app_adds(told):
    status, html = told["page"]
    assert status == 200
    assert '<a class="link" href="/reviews/new?order=L-1">Write a review</a>' in html


def test_the_shops_own_tables_are_exported_and_erased(told):
    exported, erased = told["privacy"]
    assert sorted(row["stars"] for row in exported) == [2, 4, 5]
    assert erased["reviews"] == 3
