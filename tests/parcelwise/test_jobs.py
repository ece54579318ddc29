from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from parcelwise import background, jobs
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.jobs import JobState, renew_all, run_batch
from parcelwise.testing import run_jobs
from tests.testapp.models import Chore, Errand

pytestmark = pytest.mark.django_db


@pytest.fixture
def jobs_settings(settings):
    def change(**values):
        settings.PARCELWISE = {**settings.PARCELWISE, "JOBS": {**settings.PARCELWISE["JOBS"], **values}}

    return change


def a_chore(how: str = "done", **columns) -> Chore:
    return Chore.objects.create(name="chore", how=how, **columns)


def a_worker_dies_with(*chores: Chore) -> None:
    """The rows are claimed, their worker is gone and the lease has run out."""
    assert Chore.objects.claim(len(chores))
    Chore.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))


def seconds_from_now(moment) -> float:
    return (moment - timezone.now()).total_seconds()


def test_a_due_chore_is_done():
    chore = a_chore()
    assert run_jobs() == 1
    chore.refresh_from_db()
    assert (chore.state, chore.attempts) == (JobState.DONE, 1)
    assert chore.finished_at is not None
    assert run_jobs() == 0


def test_a_chore_is_not_begun_before_its_time():
    a_chore(not_before=timezone.now() + timedelta(minutes=1))
    assert run_jobs() == 0


def test_a_claimed_row_is_nobody_elses():
    a_chore()
    mine = Chore.objects.claim(10)
    assert len(mine) == 1
    assert Chore.objects.claim(10) == []


def test_a_row_whose_lease_ran_out_is_taken_over_and_its_old_worker_cannot_settle_it():
    chore = a_chore()
    (slow,) = Chore.objects.claim(1)
    Chore.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    (taken_over,) = Chore.objects.claim(1)
    assert taken_over.attempts == 2
    assert slow.finish() is False
    assert slow.renew() is False
    assert slow.settle(RetryLater("too late")) is False
    chore.refresh_from_db()
    assert (chore.state, chore.lease_token) == (JobState.RUNNING, taken_over.lease_token)
    assert taken_over.finish() is True


def test_the_attempt_is_counted_before_the_work():
    a_chore()
    (claimed,) = Chore.objects.claim(1)
    assert claimed.attempts == 1
    assert Chore.objects.get().attempts == 1


def test_a_row_that_kills_its_worker_each_time_goes_to_the_dead_letters(jobs_settings):
    jobs_settings(MAX_ATTEMPTS=3)
    chore = a_chore()
    for _ in range(3):
        a_worker_dies_with(chore)
    assert Chore.objects.claim(10) == []
    chore.refresh_from_db()
    assert chore.state == JobState.DEAD
    assert "died 3 times" in chore.last_error


def test_a_row_that_kills_its_worker_does_not_use_up_the_attempts_of_its_batch(jobs_settings):
    jobs_settings(MAX_ATTEMPTS=2)
    batch = [a_chore() for _ in range(5)]
    a_worker_dies_with(*batch)
    assert [len(Chore.objects.claim(20)) for _ in range(6)] == [1, 1, 1, 1, 1, 0]


def test_worn_out_rows_do_not_hide_the_others(jobs_settings):
    jobs_settings(MAX_ATTEMPTS=1)
    worn = a_chore()
    a_worker_dies_with(worn)
    fresh = a_chore()
    assert [job.pk for job in Chore.objects.claim(10)] == [fresh.pk]
    worn.refresh_from_db()
    assert worn.state == JobState.DEAD


def test_the_pause_doubles_with_each_attempt_up_to_the_cap(jobs_settings):
    jobs_settings(BACKOFF=10.0, BACKOFF_CAP=60.0)
    chore = a_chore("retry")
    pauses = []
    for _ in range(5):
        Chore.objects.update(not_before=timezone.now())
        run_batch(Chore)
        chore.refresh_from_db()
        pauses.append(seconds_from_now(chore.not_before))
    for pause, middle in zip(pauses, [10, 20, 40, 60, 60], strict=True):
        assert 0.75 * middle - 2 <= pause <= 1.25 * middle
    assert chore.last_error == "The other side is busy."
    assert chore.last_traceback == ""


def test_a_very_patient_job_does_not_overflow():
    chore = a_chore()
    Chore.objects.claim(1)
    Chore.objects.update(attempts=5000)
    chore.refresh_from_db()
    type(chore).max_attempts = 9999
    try:
        assert chore.retry_later(RetryLater("busy"))
    finally:
        type(chore).max_attempts = None


def test_the_other_sides_pause_is_kept_but_not_for_ever(jobs_settings):
    jobs_settings(BACKOFF=1.0, BACKOFF_CAP=7200.0)
    polite, absurd = a_chore("retry:3600"), a_chore("retry:1e12")
    run_jobs()
    polite.refresh_from_db()
    absurd.refresh_from_db()
    assert 3590 < seconds_from_now(polite.not_before) <= 3600
    assert 7190 < seconds_from_now(absurd.not_before) <= 7200


@pytest.mark.parametrize(
    ("how", "sentence"), [("give up", "The other side refused."), ("misconfigured", "The key is missing.")]
)
def test_what_can_never_work_goes_to_the_dead_letters_at_once(how, sentence):
    chore = a_chore(how)
    run_jobs()
    chore.refresh_from_db()
    assert (chore.state, chore.attempts, chore.last_error) == (JobState.DEAD, 1, sentence)


def test_used_up_attempts_end_in_the_dead_letters(jobs_settings):
    jobs_settings(MAX_ATTEMPTS=2)
    chore = a_chore("retry")
    for _ in range(2):
        Chore.objects.update(not_before=timezone.now())
        run_batch(Chore)
    chore.refresh_from_db()
    assert (chore.state, chore.attempts) == (JobState.DEAD, 2)


def test_an_unexpected_error_waits_with_its_traceback_even_when_its_text_cannot_be_stored():
    chore = a_chore("break")
    run_jobs()
    chore.refresh_from_db()
    assert chore.state == JobState.WAITING
    assert chore.last_error.startswith("ZeroDivisionError: broken \ufffd ? input")
    assert "_break" in chore.last_traceback
    assert "\x00" not in chore.last_traceback


def test_a_recurring_chore_waits_for_its_next_time_and_forgets_its_attempts():
    chore = a_chore("recur:60", attempts=5, last_error="it failed before")
    run_jobs()
    chore.refresh_from_db()
    assert (chore.state, chore.attempts, chore.last_error) == (JobState.WAITING, 0, "")
    assert 58 < seconds_from_now(chore.not_before) <= 60


def test_a_runner_that_breaks_half_way_keeps_what_it_settled_and_the_rest_waits():
    for name in ("first", "break", "last"):
        Errand.objects.create(name=name)
    run_jobs()
    assert dict(Errand.objects.values_list("name", "state")) == {
        "first": JobState.DONE,
        "break": JobState.WAITING,
        "last": JobState.WAITING,
    }
    assert Errand.objects.get(name="last").last_error == "ValueError: the runner broke half way"


def test_a_row_that_its_runner_forgot_waits_and_does_not_hang():
    forgotten = Errand.objects.create(name="forget")
    run_jobs()
    forgotten.refresh_from_db()
    assert forgotten.state == JobState.WAITING
    assert "without a word" in forgotten.last_error


def test_a_runner_that_cannot_be_imported_does_not_stop_other_kinds(monkeypatch):
    monkeypatch.setattr(Chore, "runner", "tests.testapp.nowhere.do")
    chore, errand = a_chore(), Errand.objects.create(name="errand")
    run_jobs()
    chore.refresh_from_db()
    errand.refresh_from_db()
    assert chore.state == JobState.WAITING
    assert "nowhere" in chore.last_error
    assert errand.state == JobState.DONE


def test_rows_that_were_not_begun_within_the_budget_are_given_back_untouched():
    for _ in range(4):
        a_chore()
    assert run_batch(Chore, until=time.monotonic()) == 4
    states = sorted(Chore.objects.values_list("state", "attempts"))
    assert states == [(JobState.DONE, 1), *[(JobState.WAITING, 0)] * 3]


def test_progress_is_told_after_each_row():
    for _ in range(3):
        a_chore()
    told = []
    background.run_due(progress=lambda: told.append(Chore.objects.filter(state=JobState.DONE).count()))
    assert told == [1, 2, 3]


def test_a_batch_renews_what_is_still_its_own():
    for _ in range(3):
        a_chore()
    batch = Chore.objects.claim(3, lease=5)
    Chore.objects.filter(pk=batch[1].pk).update(state=JobState.CANCELLED)
    assert renew_all(batch, lease=500) == [batch[0], batch[2]]
    assert seconds_from_now(Chore.objects.get(pk=batch[0].pk).lease_until) > 400
    assert renew_all([]) == []


def test_staff_run_dead_letters_again_and_cancel_what_waits():
    dead, waiting, running = a_chore("give up"), a_chore(not_before=timezone.now() + timedelta(days=1)), a_chore()
    run_batch(Chore, limit=1)
    Chore.objects.claim(1)
    assert Chore.objects.filter(pk=dead.pk).revive() == 1
    assert Chore.objects.filter(pk__in=[waiting.pk, running.pk]).cancel() == 1
    dead.refresh_from_db()
    running.refresh_from_db()
    assert (dead.state, dead.attempts, dead.finished_at) == (JobState.WAITING, 0, None)
    assert running.state == JobState.RUNNING


def test_the_data_base_finds_due_rows_by_the_index():
    """SQLite ignores a partial index in a query with parameters, so this one has no condition."""
    plan = Chore.objects.filter(state=JobState.WAITING, not_before__lte=timezone.now()).order_by("not_before").explain()
    if connection.vendor == "sqlite":
        assert "USING INDEX pw_chore_due" in plan


def test_proxies_of_a_kind_are_not_worked_off_twice():
    assert len(jobs.kinds()) == len({kind._meta.db_table for kind in jobs.kinds()})


def test_sentences_name_the_kind_of_an_error_that_is_not_ours():
    assert jobs.sentence(GiveUp("No such order.")) == "No such order."
    assert jobs.sentence(KeyError("order")) == "KeyError: 'order'"
    assert jobs.sentence(ValueError()) == "ValueError: no further detail"


@pytest.mark.django_db(transaction=True)
def test_workers_at_the_same_time_claim_each_row_once():
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads share one connection's cache in memory; tests/faults does this with a file")
    Chore.objects.bulk_create(Chore(name=str(number)) for number in range(200))
    taken: list[int] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            while batch := Chore.objects.claim(7):
                taken.extend(job.pk for job in batch)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    assert len(taken) == 200
    assert len(set(taken)) == 200
