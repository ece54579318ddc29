"""A worker is killed at the worst moment: everything is done in the end, and nothing is settled twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from parcelwise.models import Heartbeat, Problem
from tests.faults.conftest import ALIAS, Workers, alive, children, until
from tests.testapp.models import Chore

BOTH = pytest.mark.parametrize(
    "workers",
    ["sqlite", pytest.param("servers", marks=[pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow])],
    indirect=True,
)


def each_once(count: int, name: str = "chore") -> Counter[str]:
    return Counter(f"{name}{number}" for number in range(count))


def everything_is_settled_once(workers: Workers, count: int, seconds: float = 25) -> None:
    until(lambda: len(workers.settled()) == count, seconds, f"{count} chores settled")
    assert workers.settled() == each_once(count)
    assert set(Chore.objects.using(ALIAS).values_list("state", flat=True)) == {"done"}


def test_a_busy_worker_that_is_killed_loses_and_repeats_nothing(workers):
    workers.start()
    workers.add_chores(12, how="sleep:0.3")
    until(lambda: len(workers.settled()) >= 2, 15, "the batch is under way")
    *_, (_, victim, pid) = workers.lines("begun")
    os.kill(int(pid), signal.SIGKILL)
    everything_is_settled_once(workers, 12)
    begun = Counter(name for _, name, _ in workers.lines("begun"))
    assert set(begun.elements()) == set(each_once(12))
    assert sum(begun.values()) <= 13, "only the chore in the victim's hands is begun again"


@BOTH
def test_a_cluster_whose_idle_workers_are_killed_is_replaced(workers):
    """Inside the cluster nobody notices: the dead hold the lock of its inner queue."""
    workers.start()
    until(lambda: Heartbeat.objects.using(ALIAS).filter(name="worker").exists(), 15, "a beat")
    hanging = workers.cluster
    for pid in workers.idle_workers:
        os.kill(pid, signal.SIGKILL)
    workers.add_chores(5)
    everything_is_settled_once(workers, 5)
    assert workers.cluster != hanging
    assert not alive(hanging)
    assert "no sign of life" in workers.log()
    problems = Problem.objects.using(ALIAS).filter(kind="worker")
    assert problems.count() == 1
    until(lambda: problems.get().solved_at, 10, "the trouble is over and marked so")


@BOTH
def test_a_group_that_is_killed_in_the_middle_of_a_batch_is_started_again(workers):
    workers.start()
    workers.add_chores(12, how="sleep:0.3")
    until(lambda: len(workers.settled()) >= 2, 15, "the batch is under way")
    os.killpg(workers.cluster, signal.SIGKILL)
    everything_is_settled_once(workers, 12)


def test_a_supervisor_that_is_killed_leaves_no_process_behind_and_its_successor_goes_on(workers):
    workers.start()
    workers.add_chores(12, how="sleep:0.3")
    until(lambda: len(workers.settled()) >= 2, 15, "the batch is under way")
    family = [workers.cluster, *children(workers.cluster), *workers.idle_workers]
    workers.kill_supervisor()
    until(lambda: not any(alive(pid) for pid in family), 5, "the whole family is gone")
    assert len(workers.settled()) < 12
    workers.start()
    everything_is_settled_once(workers, 12)


def test_sigterm_lets_running_work_finish(workers):
    workers.start()
    workers.add_chores(1, how="sleep:1.5")
    until(lambda: workers.lines("begun"), 15, "the chore is begun")
    group = workers.cluster
    workers.supervisor.send_signal(signal.SIGTERM)
    assert workers.supervisor.wait(timeout=15) == 0
    assert workers.settled() == each_once(1)
    assert not alive(group)


def test_sigterm_ends_a_cluster_that_no_longer_listens(workers):
    workers.env["STALE"] = "60"
    workers.start()
    until(lambda: Heartbeat.objects.using(ALIAS).filter(name="worker").exists(), 15, "a beat")
    family, victims = [workers.cluster, *children(workers.cluster)], workers.idle_workers
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    until(lambda: workers.idle_workers and not set(victims) & set(workers.idle_workers), 30, "others in their place")
    workers.supervisor.send_signal(signal.SIGTERM)
    assert workers.supervisor.wait(timeout=15) == 0
    assert not any(alive(pid) for pid in family)
    assert "did not stop within" in workers.log()


def test_due_chores_are_run_without_a_queue(workers):
    workers.add_chores(3)
    assert "3 jobs run" in workers.manage("parcelwise_worker", "--once", "--skip-checks")
    assert workers.settled() == each_once(3)


@BOTH
def test_eight_threads_claim_each_row_once(workers):
    workers.add_chores(150)
    taken: list[tuple[int, int]] = []

    def work() -> None:
        try:
            while batch := Chore.objects.using(ALIAS).claim(3):
                taken.extend((job.pk, job.attempts) for job in batch)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(work) for _ in range(8)]:
            done.result()
    assert sorted(taken) == [(pk, 1) for pk in sorted(Chore.objects.using(ALIAS).values_list("pk", flat=True))]


def test_four_processes_claim_each_row_once(workers):
    """Processes that all work off the same rows, as the workers of several machines do."""
    workers.add_chores(200, how="sleep:0.02")
    crowd = [
        subprocess.Popen(
            [sys.executable, "-m", "django", "parcelwise_worker", "--once", "--skip-checks"],
            env=workers.env,
            cwd=workers.folder,
            stdout=subprocess.DEVNULL,
        )
        for _ in range(4)
    ]
    assert [process.wait(timeout=60) for process in crowd] == [0] * 4
    assert workers.settled() == each_once(200)
    assert len({pid for _, _, pid in workers.lines("begun")}) > 1, "they did work at the same time"
    assert set(Chore.objects.using(ALIAS).values_list("attempts", flat=True)) == {1}
