"""Whether a store's platform answers: a circuit breaker in the store's row, asked before every piece of work there.

A platform that is down costs each job the time of its retries, and every other store the worker's. So after a few calls
in a row that nobody answered, and a small question of our own that nobody answered either, its jobs are put off, none
loses an attempt, and one worker at a time asks again. A rate limit is an answer, and so are refused credentials.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from fulfillment.models import Store, StoreRun, StoreSync, StoreWrite
from fulfillment.stores import platform_of
from parcelwise.background import wake
from parcelwise.circuit import CircuitState, Policy
from parcelwise.errors import Misconfigured, ParcelwiseError, Postponed, Unanswered
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.outbound import at_most
from parcelwise.panels import reference
from parcelwise.storable import one_line, storable

logger = logging.getLogger("parcelwise.fulfillment")

#: Three calls in a row without an answer, and a question in vain, open the circuit for a minute, then for longer.
POLICY = Policy(failures=3, pause=60.0, longest=900.0)
#: Seconds for the question whether anybody is there, and for which the others wait for its answer.
PATIENCE, HELD = 5.0, 30.0
#: What waits for a platform.
JOBS = (StoreWrite, StoreSync, StoreRun)
#: What is written with the circuit.
_COLUMNS = ("unanswered_since", "line_error", *Store.CIRCUIT)


def is_down(store: Store) -> bool:
    """Whether the platform is left alone, but for a try now and then."""
    return store.opened_at is not None


def is_refused(store: Store) -> bool:
    """Whether the platform answers and does not take the credentials."""
    return bool(store.line_error) and store.unanswered_since is None


@contextmanager
def calling(store: Store) -> Iterator[None]:
    """Around work that asks the store's platform. Raises Postponed, before it begins, while the platform is down."""
    admit(store)
    try:
        yield
    except Exception as error:
        heard(store, error)
        raise
    heard(store)


def admit(store: Store) -> None:
    """Return when the platform may be asked; Postponed otherwise.

    Of all workers that find a pause over, one asks whether anybody is there; the others wait for what it finds.
    """
    now = timezone.now()
    if store.circuit.state(now) == CircuitState.CLOSED:
        return
    store.refresh_from_db(fields=_COLUMNS)
    circuit = store.circuit
    if circuit.state(now) == CircuitState.CLOSED:
        return
    if circuit.wait(now) is None and _hold(store, now) and _is_there(store):
        return
    raise Postponed(_sentence(store), until=store.paused_until or now + timedelta(seconds=HELD))


def heard(store: Store, error: Exception | None = None) -> None:
    """What came of asking. What says nothing about the line as a whole changes nothing."""
    if error is None:
        if store.failures or store.line_error:
            works(store)
    elif isinstance(error, Misconfigured):
        if not store.line_error:
            _look_refused(store)
    elif unanswered(error) and _count(store, error) >= POLICY.failures and not is_down(store):
        _is_there(store)


def unanswered(error: BaseException | None) -> bool:
    """Whether ``error``, or what it was raised from, is that nobody answered."""
    while error is not None:
        if isinstance(error, Unanswered):
            return True
        error = error.__cause__
    return False


def works(store: Store) -> None:
    """The platform has answered: what waited for it is due at once, and staff see that it is over."""
    with transaction.atomic():
        _lock(store)
        was_down, waited_until = is_down(store), store.paused_until
        store.circuit = store.circuit.worked()
        store.unanswered_since, store.line_error = None, ""
        store.save(update_fields=_COLUMNS)
        if was_down:
            _put_off(store, timezone.now(), not_before=waited_until)
    for key in ("unanswered", "refused"):
        Problem.objects.solve("store", f"{store.slug}:{key}")
    if was_down:
        wake()


def try_now(store: Store) -> bool:
    """Ask at once whether anybody is there (a button of staff's). True: yes, and what waited goes on."""
    store.refresh_from_db(fields=_COLUMNS)
    return _is_there(store)


def waiting(store: Store) -> dict[type, int]:
    """How many rows of each kind of work wait for the store's platform."""
    return {model: model.objects.filter(store=store, state=JobState.WAITING).count() for model in JOBS}


def _hold(store: Store, now: datetime) -> bool:
    """Keep the circuit open for the others while this worker asks; False when another was first."""
    held = store.circuit.held(now + timedelta(seconds=HELD))
    mine = Store.objects.filter(pk=store.pk, paused_until=store.paused_until, opened_at=store.opened_at)
    if not mine.update(paused_until=held.next_try):
        store.refresh_from_db(fields=_COLUMNS)
        return False
    before, store.circuit = store.paused_until, held
    _put_off(store, held.next_try or now, due_by=max(now, before or now))
    return True


def _is_there(store: Store) -> bool:
    """Ask something small, and write down what that says of the line."""
    try:
        with at_most(PATIENCE):
            platform_of(store).ping()
    except Exception as error:
        if unanswered(error):
            _open(store, error)
            return False
        if not isinstance(error, ParcelwiseError):
            logger.exception("the platform of %s failed on a ping", store.slug)
        works(store)  # whatever it says, somebody is there
        if isinstance(error, Misconfigured):
            _refuse(store, error)
        return True
    works(store)
    return True


def _count(store: Store, error: Exception) -> int:
    """One more call that was not answered. Returns how many they are in a row."""
    with transaction.atomic():
        _lock(store)
        if not is_down(store):  # while it is down, only a ping tells more
            store.failures += 1
            store.unanswered_since = store.unanswered_since or timezone.now()
            store.line_error = _fit(error)
            store.save(update_fields=_COLUMNS)
    return store.failures


def _open(store: Store, error: Exception) -> None:
    now = timezone.now()
    with transaction.atomic():
        _lock(store)
        # Of its own pause: who asks holds the line for a while, and the hold is over with the answer.
        store.circuit = store.circuit.held(now).failed(now, POLICY, at_once=True)
        store.unanswered_since = store.unanswered_since or now
        store.line_error = _fit(error)
        store.save(update_fields=_COLUMNS)
        until = store.paused_until or now
        _put_off(store, until, due_by=until)
    Problem.objects.note("store", f"{store.slug}:unanswered", _sentence(store), subject=reference(store))


def _look_refused(store: Store) -> None:
    """One piece of work may want more than the app was allowed; that all is refused is news of another kind."""
    try:
        with at_most(PATIENCE):
            platform_of(store).ping()
    except Misconfigured as error:
        _refuse(store, error)
    except Exception:
        return


def _refuse(store: Store, error: Exception) -> None:
    store.line_error = _fit(error)
    Store.objects.filter(pk=store.pk, unanswered_since=None).update(line_error=store.line_error)
    words = _("%(store)s answers, but does not let us in; type its credentials again. It said: %(error)s")
    said = words % {"store": store.name, "error": store.line_error}
    Problem.objects.note("store", f"{store.slug}:refused", said, subject=reference(store))


def _put_off(
    store: Store, until: datetime, *, due_by: datetime | None = None, not_before: datetime | None = None
) -> None:
    """Move what waits for the store in one go: thousands of rows are not claimed one by one to be put off."""
    for model in JOBS:
        rows = model.objects.filter(store=store, state=JobState.WAITING)
        if due_by:
            rows.filter(not_before__lt=due_by).update(not_before=until)
        elif not_before:
            rows.filter(not_before=not_before).update(not_before=until)


def _lock(store: Store) -> None:
    """What other workers have learned of the line meanwhile counts too."""
    fresh = Store.objects.select_for_update().only(*_COLUMNS).get(pk=store.pk)
    for name in _COLUMNS:
        setattr(store, name, getattr(fresh, name))


def _sentence(store: Store) -> str:
    since, until = store.unanswered_since or timezone.now(), store.paused_until
    words = _("%(store)s has not answered since %(since)s: %(error)s")
    said = words % {"store": store.name, "since": clock(since), "error": store.line_error}
    return f"{said} " + _("It is tried again at %(time)s.") % {"time": clock(until)} if until else said


def clock(moment: datetime) -> str:
    """The time of day, with the day when it is another one."""
    local = timezone.localtime(moment)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j M H:i")


def _fit(error: Exception) -> str:
    return one_line(storable(str(error)))[:500] or type(error).__name__
