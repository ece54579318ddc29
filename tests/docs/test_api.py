"""The quick start of ``docs/api.md`` is run as it stands there, against a server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from fulfillment.models import Order, Shipment
from tests.api.conftest import of_store
from tests.docs.pages import ROOT, blocks
from tests.factories import a_store

PAGE = ROOT / "docs" / "api.md"


def run(*command: str, **more: str) -> str:
    done = subprocess.run(command, env={**os.environ, **more}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_quick_start_runs(live_server):
    shop = of_store(a_store(kind="api", name="Till"))
    where = {"API": f"{live_server.url}/api/v1", "KEY": shop.whole}
    me, order = (block.text for block in blocks(PAGE) if block.language == "bash")
    (program,) = (block.text for block in blocks(PAGE) if "urlopen" in block.text)
    assert json.loads(run("bash", "-c", me, **where))["audience"] == "store"
    made = json.loads(run("bash", "-c", order, **where))
    again = json.loads(run("bash", "-c", order, **where))
    assert made == again
    assert (made["number"], made["total"]["amount"]) == ("NL-4711", "99.80")
    assert Order.objects.count() == 1
    told = run(sys.executable, "-c", program, **where).splitlines()
    assert told == ["ups pending", "out_for_delivery", "NL-4711 out_for_delivery"]
    assert Shipment.objects.get().status == "out_for_delivery"


def test_every_kind_of_problem_is_documented():
    import re

    text = PAGE.read_text()
    kinds = set()
    for folder in ("parcelwise/api", "fulfillment/api"):
        for file in (ROOT / folder).rglob("*.py"):
            source = file.read_text()
            kinds |= set(re.findall(r'Trouble\(\s*"([\w-]+)"', source))
            kinds |= set(re.findall(r'^    \d{3}: \("([\w-]+)"', source, re.MULTILINE))
            kinds |= set(re.findall(r'super\(\).__init__\("([\w-]+)"', source))
    assert len(kinds) >= 15
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()
