"""Whether a carrier account works: written down once per answer, and asked before every batch.

An account in trouble is left alone for a while, then tried with a few numbers; when it works again, the parcels that
waited for it are due at once.
"""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.models import CarrierAccount, TrackingPoll
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.jobs import JobQuerySet, JobState
from parcelwise.models import Problem
from parcelwise.panels import reference
from parcelwise.storable import storable

#: Seconds for which an account that failed is not tried again.
COOL_DOWN = 60.0
#: The same for credentials that were refused: more tries may lock the account.
COOL_DOWN_CREDENTIALS = 900.0


def is_in_trouble(account: CarrierAccount) -> bool:
    """Whether the last thing that is known of the account is that it failed."""
    if account.last_error_at is None:
        return False
    return account.last_ok_at is None or account.last_ok_at < account.last_error_at


def pause(account: CarrierAccount) -> float | None:
    """Seconds for which the account should be left alone, or None when it may be asked."""
    if not is_in_trouble(account) or account.paused_until is None:
        return None
    left = (account.paused_until - timezone.now()).total_seconds()
    return left if left > 0 else None


def works(account: CarrierAccount) -> None:
    """The account has answered. If it had trouble, staff see that it is over and its parcels are due at once."""
    had_trouble = is_in_trouble(account)
    account.last_ok_at, account.last_error, account.paused_until = timezone.now(), "", None
    account.save(update_fields=["last_ok_at", "last_error", "paused_until"])
    if had_trouble:
        Problem.objects.solve("carrier", f"account:{account.pk}")
        _waiting_for(account).update(not_before=account.last_ok_at)


def failed(account: CarrierAccount, error: Exception) -> RetryLater:
    """The account as a whole did not answer; returns what its parcels are told."""
    now, sentence = timezone.now(), storable(f"{account.carrier.upper()}: {error}")
    least = COOL_DOWN_CREDENTIALS if isinstance(error, Misconfigured) else COOL_DOWN
    after = max(getattr(error, "after", None) or 0.0, least)
    account.last_error, account.last_error_at, account.paused_until = sentence, now, now + timedelta(seconds=after)
    account.save(update_fields=["last_error", "last_error_at", "paused_until"])
    Problem.objects.note(
        "carrier",
        f"account:{account.pk}",
        _("The account of %(carrier)s does not work, its parcels wait: %(error)s")
        % {"carrier": account.carrier.upper(), "error": error},
        subject=reference(account),
        raw=getattr(error, "raw", ""),
    )
    return RetryLater(sentence, after=after)


def try_again(account: CarrierAccount) -> None:
    """Ask the account again now, whatever it said last (its credentials were changed)."""
    CarrierAccount.objects.filter(pk=account.pk).update(paused_until=None)
    _waiting_for(account).update(not_before=timezone.now())


def _waiting_for(account: CarrierAccount) -> JobQuerySet:
    found: JobQuerySet = TrackingPoll.objects.filter(
        state=JobState.WAITING, attempts__gt=0, shipment__carrier=account.carrier
    )
    return found if account.store_id is None else found.filter(shipment__order__store=account.store_id)
