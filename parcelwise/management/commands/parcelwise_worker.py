"""``manage.py parcelwise_worker``: run background work and keep it running."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from parcelwise import background, changes, watchdog
from parcelwise.conf import jobs as conf


class Command(BaseCommand):
    help = (
        "Starts the worker processes and replaces them when they stop working. "
        "With --once: runs what is due in this process, without a queue, and exits."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="run due jobs until none is due, then exit")
        parser.add_argument(
            "--grace",
            type=float,
            default=25.0,
            help="seconds that running work gets to finish after SIGTERM before it is killed (default: 25)",
        )
        parser.add_argument("--cluster-of", type=int, metavar="PID", help="for the supervisor's own use")

    def handle(self, *args: Any, once: bool, grace: float, cluster_of: int | None, **options: Any) -> None:
        if once:
            self._run_once()
        elif cluster_of is not None:
            watchdog.die_with_parent(cluster_of)
            call_command("qcluster")
        elif conf.RUNNER != "django_q":
            raise CommandError(
                f'PARCELWISE["JOBS"]["RUNNER"] is "{conf.RUNNER}": nothing is sent to a queue. '
                'Set it to "django_q", or run what is due with --once.'
            )
        else:
            self._watch(grace)

    def _run_once(self) -> None:
        told = changes.announce_pending()
        total = 0
        while ran := background.run_due():
            total += ran
        self.stdout.write(f"{total} jobs run, {told} changes announced.")

    def _watch(self, grace: float) -> None:
        dog = watchdog.Watchdog()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, dog.stop)
        dog.run(grace=grace)
