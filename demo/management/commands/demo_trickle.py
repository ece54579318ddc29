from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from demo.run.trickle import Trickle


class Command(BaseCommand):
    help = "Let something happen in the demo shop every few seconds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tick", type=float, default=6.0)

    def handle(self, *args: Any, tick: float, **options: Any) -> None:
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
        Trickle().run(tick, stop.is_set)
