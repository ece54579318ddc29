"""The processes of the demo: web, worker and carrier twin, started together and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings


def free_port(wanted: int) -> int:
    """``wanted``, or the next port above it that nobody listens on."""
    for port in range(wanted, wanted + 50):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit(f"No free port between {wanted} and {wanted + 49}.")


class Processes:
    """Children in process groups of their own, with what they say in files under ``var/log``."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = {**os.environ, **env}
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self.logs = Path(settings.VAR) / "log"
        self.logs.mkdir(exist_ok=True)

    def start(self, name: str, command: Sequence[str]) -> None:
        log = (self.logs / f"{name}.log").open("ab")
        self.children[name] = subprocess.Popen(
            [sys.executable, *command],
            env=self.env,
            cwd=settings.BASE_DIR,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def dead(self) -> list[str]:
        return [name for name, child in self.children.items() if child.poll() is not None]

    def wait_for(self, url: str, seconds: float = 30) -> bool:
        """Whether ``url`` answers within ``seconds``."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self.dead():
            try:
                with urlopen(url, timeout=2):
                    return True
            except (URLError, OSError):
                time.sleep(0.2)
        return False

    def stop(self, grace: float = 8) -> None:
        """End all children, first kindly."""
        for child in self.children.values():
            _signal(child, signal.SIGTERM)
        end = time.monotonic() + grace
        for child in self.children.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.1, end - time.monotonic()))
            _signal(child, signal.SIGKILL)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, number)
