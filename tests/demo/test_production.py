"""The demo's production settings, in a process that has no others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "demo.production",
    "SECRET_KEY": "a-secret-of-more-than-fifty-letters-that-stands-nowhere-else",
    "ALLOWED_HOSTS": "shop.example, www.shop.example,",
    "BASE_URL": "https://shop.example",
    "PARCELWISE_SEAL_KEYS": ",a-key-of-more-than-thirty-two-letters,",
}


def python(code: str, folder: Path, *args: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PARCELWISE_VAR": str(folder), **ENVIRONMENT}
    env = {name: value for name, value in {**env, **changes}.items() if value is not None}
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60)


def said(code: str, folder: Path) -> Any:
    done = python(code, folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "BASE_URL", "PARCELWISE_SEAL_KEYS"])
def test_nothing_starts_with_a_secret_of_the_demo(tmp_path: Path, name: str) -> None:
    done = python("import demo.production", tmp_path, **{name: None})
    assert done.returncode != 0
    assert f"Set {name} in the environment." in done.stderr


def test_what_makes_a_demo_of_it_is_left_out(tmp_path: Path) -> None:
    code = """
import json, django
django.setup()
from django.conf import settings as s
print(json.dumps([s.DEBUG, s.DEMO_LOGINS, s.ALLOWED_HOSTS, s.PARCELWISE["SEALED"]["KEYS"], s.EMAIL_BACKEND,
                  sorted(s.PARCELWISE)]))
"""
    debug, logins, hosts, keys, mail, sections = said(code, tmp_path)
    assert not debug
    assert not logins
    assert hosts == ["shop.example", "www.shop.example"]
    assert keys == ["a-key-of-more-than-thirty-two-letters"]
    assert mail == "django.core.mail.backends.smtp.EmailBackend"
    assert "OUTBOUND" not in sections, "no call reaches this machine"


def test_everything_goes_by_tls_and_only_by_its_own_name(tmp_path: Path) -> None:
    code = """
import json, django
django.setup()
from django.test import Client
from django.test.utils import override_settings
# Nothing was collected here, so there is no manifest of static files.
with override_settings(STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}):
    client = Client(raise_request_exception=False)
    secure = client.get("/login/", secure=True, headers={"host": "shop.example"})
    cookie = secure.cookies["csrftoken"]
    print(json.dumps({
        "plain": [(a := client.get("/login/", headers={"host": "shop.example"})).status_code, a["Location"]],
        "status": secure.status_code,
        "hsts": secure["Strict-Transport-Security"],
        "cookie": [bool(cookie[flag]) for flag in ("secure", "httponly")] + [cookie["samesite"]],
        "referrer": secure["Referrer-Policy"],
        "logins": "password is the name" in secure.content.decode(),
        "foreign": client.get("/login/", secure=True, headers={"host": "evil.example"}).status_code,
        "spoofed": client.get("/login/", headers={"host": "shop.example", "x-forwarded-proto": "https"}).status_code,
    }))
"""
    found = said(code, tmp_path)
    assert found["plain"] == [301, "https://shop.example/login/"]
    assert found["status"] == 200
    assert found["hsts"].startswith("max-age=31536000")
    assert found["cookie"] == [True, True, "Lax"]
    assert found["referrer"] == "same-origin"
    assert not found["logins"]
    assert found["foreign"] == 400
    assert found["spoofed"] == 301


def test_logins_that_everybody_knows_are_not_made(tmp_path: Path) -> None:
    code = "import django; django.setup(); from django.core.management import call_command; call_command('demo')"
    done = python(code, tmp_path)
    assert done.returncode != 0
    assert "logins that everybody knows" in done.stderr
    assert not (tmp_path / "demo.sqlite3").exists()


def test_nothing_is_made_up_in_a_real_shop(tmp_path: Path) -> None:
    code = (
        "import django; django.setup(); from django.core.management import call_command; call_command('demo_trickle')"
    )
    done = python(code, tmp_path)
    assert done.returncode != 0
    assert "Nothing is made up with these settings" in done.stderr


def test_a_store_on_this_machine_is_not_connected(tmp_path: Path) -> None:
    code = """
import django
django.setup()
from django.core.management import call_command
call_command("connect_store", "shopify", url="http://127.0.0.1:8723", key="twin-client-id", secret="shpss_secret")
"""
    done = python(code, tmp_path)
    assert done.returncode != 0
    assert "private" in done.stderr


def test_the_demos_own_secret_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    code = "import demo.settings; print(demo.settings.SECRET_KEY)"
    changes = {"SECRET_KEY": None, "DJANGO_SETTINGS_MODULE": "demo.settings"}
    first, second = (python(code, tmp_path, **changes).stdout for _ in range(2))
    assert len(first.strip()) > 50
    assert first == second
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.glob("secret_key*")] == ["secret_key"]
