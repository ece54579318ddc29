from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from demo.run.courier import SimulatedCourier
from demo.run.trickle import Trickle
from demo.stores import record, twins
from parcelwise.conf import links


class Command(BaseCommand):
    help = "Let something happen in the demo shop every few seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tick", type=float, default=6.0)
        parser.add_argument("--no-stores", action="store_true", help="let nothing happen on Shopify and WooCommerce")

    def handle(self, *args: Any, tick: float, **options: Any) -> None:
        if not settings.DEMO_LOGINS:
            raise CommandError("Nothing is made up with these settings: they are not the demo's.")
        fronts = [] if options["no_stores"] else twins.fronts(record.read().urls)
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
        courier = SimulatedCourier(links.BASE_URL)
        threading.Thread(target=courier.run, args=(stop.is_set,), daemon=True).start()
        Trickle(fronts=fronts).run(tick, stop.is_set)
