"""What each connector of Karrio costs, loaded alone: CPU seconds and MiB over a process that has loaded none.

    python benchmarks/connectors.py [name …]

Each runs in a process of its own and asks for one parcel at a server on loopback that answers 500; "asked" says whether
the call came there (some connectors do not let their server be replaced, and some ask elsewhere first).
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).parents[1]


class Refusing(BaseHTTPRequestHandler):
    """Answers everything with 500."""

    seen: list[str] = []

    def _refuse(self) -> None:
        self.seen.append(self.path)
        self.send_response(500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = _refuse

    def log_message(self, *_: Any) -> None:
        return


def measure(name: str) -> None:
    """In a process of its own: load the connector, ask once, print what it took as JSON."""
    import django

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.conf import settings

    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 3.0}}
    from fulfillment.carriers import gateway_for
    from fulfillment.carriers.connectors import installed
    from fulfillment.models import CarrierAccount

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    Thread(target=server.serve_forever, daemon=True).start()
    connector = installed()[name]
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    account = CarrierAccount(
        pk=1,
        carrier=name.replace("_", "-"),
        connector=name,
        credentials={field: f"secret-{field}" for field in (*connector.required, *connector.optional)},
        server_url=f"http://127.0.0.1:{server.server_port}",
    )
    try:
        said = str(gateway_for(account).track(["123456789"])[0])
    except Exception as error:
        said = str(error)
    loaded = {module.split(".")[2] for module in sys.modules if module.startswith("karrio.mappers.")}
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(json.dumps([time.process_time() - began, grown, bool(Refusing.seen), sorted(loaded), said[:60]]))


def main(names: list[str]) -> None:
    if names[:1] == ["--one"]:
        measure(names[1])
        return
    listed = [
        sys.executable,
        "-c",
        "from importlib.util import find_spec as f; print(f('karrio').submodule_search_locations[0])",
    ]
    folder = Path(subprocess.run(listed, capture_output=True, text=True, check=True).stdout.strip()) / "mappers"
    known = [file.parent.name for file in folder.glob("*/proxy.py") if "def get_tracking" in file.read_text()]
    print(f"{'connector':22}{'CPU s':>7}{'MiB':>6}  asked  loaded")
    for name in names or sorted(known):
        run = [sys.executable, "-W", "ignore", __file__, "--one", name]
        told = subprocess.run(run, capture_output=True, text=True, cwd=ROOT, timeout=300)
        try:
            cpu, grown, asked, loaded, _said = json.loads(told.stdout.splitlines()[-1])
        except (IndexError, ValueError):
            print(f"{name:22} failed: {told.stderr.strip()[-80:]}")
            continue
        print(f"{name:22}{cpu:7.2f}{grown:6d}  {'yes' if asked else 'no':5}  {', '.join(loaded)}")


if __name__ == "__main__":
    main(sys.argv[1:])
