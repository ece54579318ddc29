from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from demo.run import receiver, setup
from demo.run.door import answers, be_at, door
from demo.run.processes import Processes, free_port
from demo.stores import record, twins

_ABOUT_STORES = (
    "  The stores on Shopify and WooCommerce are twins as well. Connection, signed webhooks, sync and write-back are",
    "  real; only the platforms are simulated.",
)


class Command(BaseCommand):
    # What is missing was said when the packages were installed; the demo runs without it.
    requires_system_checks = []
    help = "Set up the demo shop with a year of orders and run it: web, worker, twins, and a trickle of events."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the pages are (the next free one if taken)")
        parser.add_argument("--orders", type=int, default=3000, help="orders of the year, at the first set-up")
        parser.add_argument("--tick", type=float, default=6.0, help="seconds between two events; 0 for none")
        parser.add_argument("--once", action="store_true", help="run one order's whole life without a browser and end")
        parser.add_argument("--json", action="store_true", help="with --once: print what happened as a JSON object")
        parser.add_argument("--no-stores", action="store_true", help="leave out the stores on Shopify and WooCommerce")
        parser.add_argument("--setup-only", action="store_true", help="set up and end")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = time.monotonic()
        base = self._address(options["port"], beside=options["once"])
        be_at(base)
        stores = {} if options["no_stores"] else twins.addresses()
        setup.set_up(options["orders"], stores)
        took = time.monotonic() - begun
        if options["setup_only"]:
            return
        if options["once"]:
            self._once(options["json"], took, stores)
        else:
            self._run(base, stores, options["tick"])

    def _address(self, wanted_port: int, *, beside: bool) -> str:
        """Where we are: a demo that runs already when we are to live ``beside`` it, else the next free port."""
        known = record.read().base
        if beside and known and answers(known):
            return known
        return f"http://127.0.0.1:{free_port(wanted_port)}"

    def _once(self, as_json: bool, setup_seconds: float, stores: dict[str, str]) -> None:
        from demo.run.once import live_once  # the engines' models are not needed to set up

        results: list[dict[str, Any]] = []
        with twins.running(stores), door() if stores else contextlib.nullcontext():
            setup.with_twin(lambda twin: results.append(live_once(twin, stores)))
        result = results[0]
        result["seconds"] = {"setup": round(setup_seconds, 3), **result["seconds"]}
        if as_json:
            self.stdout.write(json.dumps(result, indent=2, ensure_ascii=False))
        else:
            self._tell(result)
        if not result["ok"]:
            sys.exit(1)

    def _tell(self, result: dict[str, Any]) -> None:
        for name, seconds in result["seconds"].items():
            error = result["errors"].get(name)
            self.stdout.write(f"{'✗' if error else '✓'} {name:<18} {seconds:6.2f} s  {error or ''}")

    def _run(self, base: str, stores: dict[str, str], tick: float) -> None:
        twin_port = settings.TWIN_URL.rsplit(":", 1)[1]
        os.environ["BASE_URL"] = base
        processes = Processes({"BASE_URL": base})
        if free_port(int(twin_port)) == int(twin_port):
            state = str(settings.VAR / "twin.sqlite3")
            processes.start("twin", ["-m", "fulfillment.testing.carrier_twin", "--port", twin_port, "--state", state])
        twins.start(processes, stores)
        told = receiver.start(processes)
        processes.start("worker", ["manage.py", "parcelwise_worker"])
        processes.start("web", _web(base))
        if tick > 0:
            without = [] if stores else ["--no-stores"]
            processes.start("trickle", ["manage.py", "demo_trickle", "--tick", str(tick), *without])
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            if not processes.wait_for(f"{base}/"):
                self.stderr.write(f"The pages do not come up; see {processes.logs}/web.log")
                sys.exit(1)
            self._welcome(base, bool(stores), told)
            while not processes.dead():
                time.sleep(0.5)
            self.stderr.write(f"Ended by itself: {', '.join(processes.dead())}; see {processes.logs}")
            sys.exit(1)
        except KeyboardInterrupt:
            self.stderr.write("\nStopping …")
        finally:
            processes.stop()

    def _welcome(self, base: str, with_stores: bool, told: str) -> None:
        lines = [
            "",
            "Parcelwise is running. Stop it with Ctrl-C; start it again with the same command.",
            "",
            f"  The shop                {base}/",
            f"  A customer's orders     {base}/account/            ana / ana, or cleo / cleo",
            f"  Staff                   {base}/admin/              ben / ben",
            f"  Mails that were sent    {base}/mail/               ben / ben",
            f"  API for programs        {base}/api/v1/docs/        keys: Staff → API accesses",
            f"  What a helpdesk is told {told:<{len(base) + 20}} a twin that receives our webhooks",
            "",
            *([f"  Connected stores        {base}/admin/parcelwise_fulfillment/store/", ""] if with_stores else []),
            "  The carriers are a twin on this machine: it speaks UPS's, FedEx's, USPS's and DHL's formats and",
            "  hurries parcels along so that something happens while you look. No mail leaves this machine.",
            *(_ABOUT_STORES if with_stores else []),
            f"  Logs: {settings.VAR}/log",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def _web(base: str) -> list[str]:
    return ["-m", "gunicorn", "demo.wsgi", "--bind", base.removeprefix("http://"), "--workers", "2", "--threads", "4",
            "--worker-class", "gthread", "--no-control-socket", "--access-logfile", "-"]  # fmt: skip


def _interrupt(number: int, frame: Any) -> None:
    raise KeyboardInterrupt
