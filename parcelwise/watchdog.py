"""The supervisor of the queue's processes: starts them, listens for their pulse, replaces them when it stops.

django-q2 can stop working without dying: a worker that is killed while it waits takes the lock of the cluster's inner
queue to its grave, and nothing is ever handed out again. Nobody inside notices and SIGTERM no longer ends it. So the
cluster runs as a child in a process group of its own, and this process, which holds no lock of the cluster's, kills the
whole group and starts another when no sign of life came for ``PARCELWISE["JOBS"]["STALE"]`` seconds.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils.translation import gettext as _

from parcelwise import background
from parcelwise.conf import jobs as conf
from parcelwise.models import Heartbeat, Problem

logger = logging.getLogger("parcelwise.watchdog")

#: A pulse that was not answered is not repeated sooner, so that pulses do not pile up in a queue that stands still.
UNANSWERED = 30.0
#: Seconds that a new cluster may take to its first beat, however small STALE is.
START = 30.0
#: Longest pause in seconds before a cluster that keeps dying is started once more.
LONGEST_PAUSE = 30.0
#: ``PR_SET_PDEATHSIG`` of Linux, prctl(2).
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process, and every process it forks from now on, when its parent dies (Linux).

    The cluster forks a sentinel and the sentinel forks the workers; each is bound to the one above it, so a supervisor
    or a cluster that is killed leaves nobody behind. ``parent`` closes the gap before the kernel knew. Elsewhere than
    on Linux this does nothing: there a service manager that kills the whole group has to clean up.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    expected = [parent]

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != expected[0]:
            os._exit(1)

    bind()
    os.register_at_fork(before=lambda: expected.__setitem__(0, os.getpid()), after_in_child=bind)


def cluster_command() -> list[str]:
    """The command line of the child: the same interpreter and settings; the supervisor has made the checks."""
    return [sys.executable, "-m", "django", "parcelwise_worker", "--skip-checks", "--cluster-of", str(os.getpid())]


class Cluster:
    """The processes of the queue, as one child that leads a process group of its own."""

    def __init__(self, command: Sequence[str] = ()) -> None:
        self._command = list(command)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the group's leader, which is the id of the group too."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        # Our own import path, because `-m django` knows only the current directory.
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(
            self._command or cluster_command(),
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            process_group=0,
        )

    def ended(self) -> bool:
        """Whether the leader has ended. It is not reaped: its id still stands for the group."""
        if self._process is None or self._process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def stop(self, grace: float) -> None:
        """Ask the cluster to end what it is doing, and kill it when it has not ended after ``grace`` seconds."""
        if self._process is None:
            return
        if not self.ended():
            # Only the leader: it tells its workers to finish, whereas a signal to them would cut them off.
            self._process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + grace
        while not self.ended() and time.monotonic() < deadline:
            time.sleep(0.1)
        if not self.ended():
            logger.warning("the cluster did not stop within %.0f s and is killed", grace)
        self.kill()

    def kill(self) -> None:
        """Kill every process of the group, whatever it is doing, and reap the leader."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # all gone; macOS says the latter of a zombie
            logger.debug("the group of %s is gone", self._process.pid)
        self._process.wait()
        self._process = None


class Watchdog:
    """One cluster under watch. :meth:`run` blocks until :meth:`stop` is called (by a signal handler, for example)."""

    def __init__(self, cluster: Cluster | None = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.cluster = cluster or Cluster()
        self.replaced = 0
        self._clock = clock
        self._stopping = False
        self._scheduled = False
        self._away = False
        self._noted = True  # perhaps by an earlier supervisor
        self._pause = 0.0
        self._alive = clock()
        self._pulsed = self._alive - UNANSWERED
        self._beaten = False
        self._beat: datetime | None = None
        self._answered: datetime | None = None
        self._pulse_open = False

    def stop(self, *_signal: object) -> None:
        self._stopping = True

    def run(self, *, grace: float = 25.0, tick: float = 0.5) -> None:
        """Keep a cluster working until :meth:`stop`; then end it, by force after ``grace`` seconds."""
        try:
            self._remember_beats()
            self._start()
            while not self._stopping:
                time.sleep(tick)
                self.look()
        finally:
            self.cluster.stop(grace)

    def look(self) -> None:
        """One round: is the cluster there, does it beat, does it need a pulse?"""
        now = self._clock()
        if self.cluster.ended():
            self._replace(_("The worker processes ended by themselves; they were started again."))
            return
        if not self._ask_database(now):
            self._alive = now  # no news without a data base, so no verdict either
            return
        if now - self._alive > (conf.STALE if self._beaten else max(conf.STALE, START)):
            self._replace(
                _("The worker processes stopped working (no sign of life for %(seconds)d s); they were replaced.")
                % {"seconds": now - self._alive}
            )

    def _ask_database(self, now: float) -> bool:
        """Read the beats and send a pulse. False when the data base is away: this process outlives that."""
        try:
            close_old_connections()
            if not self._scheduled:
                background.write_schedule()
                self._scheduled = True
            self._read_beats(now)
            self._send_pulse(now)
        except (DatabaseError, InterfaceError) as error:
            if not self._away:
                logger.error("the data base is away: %s", error)
            self._away = True
            connections.close_all()
            return False
        if self._away:
            logger.info("the data base is back")
        self._away = False
        return True

    def _remember_beats(self) -> None:
        """Beats of an earlier cluster are no sign of life of this one."""
        try:
            beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
        except (DatabaseError, InterfaceError):
            return
        self._beat, self._answered = beats.get(background.WORKER), beats.get(background.PULSE)

    def _read_beats(self, now: float) -> None:
        # A beat is known by its change, not by its age: the clocks of two machines, or of one, may jump.
        beats = dict(Heartbeat.objects.values_list("name", "beat_at"))
        if beats.get(background.PULSE) != self._answered:
            self._answered, self._pulse_open = beats.get(background.PULSE), False
        if beats.get(background.WORKER) == self._beat:
            return
        self._beat, self._alive, self._beaten, self._pause = beats.get(background.WORKER), now, True, 0.0
        if self._noted:
            Problem.objects.solve("worker", "cluster")
            self._noted = False

    def _send_pulse(self, now: float) -> None:
        if now - self._pulsed < (max(conf.PULSE, UNANSWERED) if self._pulse_open else conf.PULSE):
            return
        self._pulsed = now
        self._pulse_open = background.send_pulse()
        if not self._pulse_open:
            self._alive = now  # the broker is away: silence proves nothing about the cluster

    def _start(self) -> None:
        self.cluster.start()
        self._alive, self._beaten, self._pulse_open = self._clock(), False, False
        logger.info("worker processes started as group %s", self.cluster.pid)

    def _replace(self, why: str) -> None:
        logger.error("%s", why)
        self.cluster.kill()
        self.replaced += 1
        try:
            Problem.objects.note("worker", "cluster", why)
            self._noted = True
        except (DatabaseError, InterfaceError):
            logger.exception("the trouble could not be noted")
            connections.close_all()
        self._rest()
        if not self._stopping:
            self._start()

    def _rest(self) -> None:
        """A cluster that dies at once each time is started ever more slowly, until one beats."""
        until = self._clock() + self._pause
        self._pause = min(LONGEST_PAUSE, self._pause * 2 or 1.0)
        while not self._stopping and self._clock() < until:
            time.sleep(0.1)
