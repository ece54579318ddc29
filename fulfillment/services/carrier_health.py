"""Whether a carrier account works: a circuit breaker in its row, asked before every batch by every worker.

An account in trouble is left alone for a while, then tried by one worker with a few numbers; when it works again, the
parcels that waited for it are due at once.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers.transport import RateLimited
from fulfillment.models import CarrierAccount, TrackingPoll
from fulfillment.services.account_parcels import polls_of
from parcelwise.circuit import CircuitState, Policy
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.panels import reference
from parcelwise.storable import storable

#: Two failures in a row open the circuit for a minute, tries in vain for up to a quarter of an hour.
POLICY = Policy(failures=2, pause=60.0, longest=900.0)
#: Refused credentials open it at once and for so long: more tries may lock the account.
CREDENTIALS = Policy(failures=1, pause=900.0, longest=3600.0)
#: Seconds for which the others leave an account alone while one worker tries it out.
TRYING = 120.0


def is_in_trouble(account: CarrierAccount) -> bool:
    """Whether the account's circuit is not closed."""
    return account.opened_at is not None


def pause(account: CarrierAccount) -> float | None:
    """Seconds for which the account should be left alone, or None when it may be asked by who calls this.

    Of all workers that find a pause over, one gets None and tries the account out.
    """
    now, circuit = timezone.now(), account.circuit
    if circuit.state(now) == CircuitState.CLOSED:
        return None
    if (wait := circuit.wait(now)) is not None:
        return wait
    held = circuit.held(now + timedelta(seconds=TRYING))
    mine = CarrierAccount.objects.filter(pk=account.pk, paused_until=account.paused_until, failures=account.failures)
    if not mine.update(paused_until=held.next_try):
        return TRYING
    account.circuit = held
    return None


def works(account: CarrierAccount) -> None:
    """The account has answered. If it had trouble, staff see that it is over and its parcels are due at once."""
    had_trouble = is_in_trouble(account)
    account.circuit = account.circuit.worked()
    account.last_ok_at, account.last_error = timezone.now(), ""
    account.save(update_fields=["last_ok_at", "last_error", *CarrierAccount.CIRCUIT])
    if had_trouble:
        Problem.objects.solve("carrier", f"account:{account.pk}")
        _waiting_for(account).update(not_before=account.last_ok_at)


def failed(account: CarrierAccount, error: Exception, *, weight: int = POLICY.failures) -> RetryLater:
    """The account as a whole did not answer ``weight`` calls; returns what its parcels are told.

    One call that failed may be the fault of its parcel: only when the next fails too, the account is left alone.
    """
    now, sentence = timezone.now(), storable(f"{account.carrier.upper()}: {error}")
    locked_out, after = isinstance(error, Misconfigured), getattr(error, "after", None)
    with transaction.atomic():
        # What another worker has learned meanwhile counts too.
        account.circuit = CarrierAccount.objects.select_for_update().get(pk=account.pk).circuit
        account.circuit = account.circuit.failed(
            now,
            CREDENTIALS if locked_out else POLICY,
            weight=weight,
            at_once=locked_out or isinstance(error, RateLimited) or after is not None,
            after=after,
        )
        account.last_error, account.last_error_at = sentence, now
        account.save(update_fields=["last_error", "last_error_at", *CarrierAccount.CIRCUIT])
    if not is_in_trouble(account):
        return RetryLater(sentence)
    Problem.objects.note(
        "carrier",
        f"account:{account.pk}",
        _("The account of %(carrier)s does not work, its parcels wait: %(error)s")
        % {"carrier": account.carrier.upper(), "error": error},
        subject=reference(account),
        raw=getattr(error, "raw", ""),
    )
    return RetryLater(sentence, after=account.circuit.wait(now))


def try_again(account: CarrierAccount) -> None:
    """Ask the account again now, whatever it said last (its credentials were changed)."""
    CarrierAccount.objects.filter(pk=account.pk).update(paused_until=None)
    account.paused_until = None
    _waiting_for(account).update(not_before=timezone.now())


def _waiting_for(account: CarrierAccount) -> QuerySet[TrackingPoll]:
    return polls_of(account).filter(state=JobState.WAITING, attempts__gt=0)
