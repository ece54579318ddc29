"""Asking one account for its parcels: within its limit, past its circuit breaker, and none harmed by another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from itertools import islice

from django.db.models import F
from django.utils import timezone

from fulfillment.carriers import gateway_for
from fulfillment.carriers.base import TRACK, Asked, Carrier
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment, TrackingPoll
from fulfillment.services import carrier_health, carrier_limits
from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater
from parcelwise.jobs import Outcome, renew_all

logger = logging.getLogger("parcelwise.fulfillment")

#: Numbers asked for at a time; their rows are settled before the next are asked for.
CHUNK = 10
#: Numbers that try out whether an account that had trouble works again.
PROBE = 2

Answer = TrackingUpdate | TrackingFailure
Pair = tuple[TrackingPoll, Outcome]
Settle = Callable[[Shipment, Answer], Outcome]


class Nonsense(RetryLater):
    """A gateway raised what it must not raise, or returned what is no answer."""


def ask_account(account: CarrierAccount, jobs: Iterable[TrackingPoll], settle: Settle) -> Iterator[Pair]:
    """Ask for the parcels of ``jobs`` chunk by chunk; ``settle`` puts each answer down."""
    waiting = iter(jobs)
    if (pause := carrier_health.pause(account)) is not None:
        # Somebody has just tried in vain: not every batch has to find out for itself.
        yield from ((job, RetryLater(account.last_error, after=pause)) for job in waiting)
        return
    size = PROBE if carrier_health.is_in_trouble(account) else CHUNK
    while chunk := list(islice(waiting, size)):
        # The lease covers one chunk; a row whose lease ran out meanwhile belongs to another worker.
        chunk = renew_all(chunk)
        allowed, next_at = carrier_limits.admit(account, len(chunk)) if chunk else (0, timezone.now())
        trouble = yield from _ask_chunk(account, chunk[:allowed], settle)
        if trouble:
            yield from ((job, trouble) for job in (*chunk[allowed:], *waiting))
            return
        if allowed < len(chunk):
            later = carrier_limits.next_window(next_at)
            yield from ((job, later()) for job in (*chunk[allowed:], *waiting))
            return
        size = CHUNK


def _ask_chunk(
    account: CarrierAccount, jobs: Sequence[TrackingPoll], settle: Settle
) -> Generator[Pair, None, RetryLater | None]:
    """Ask for one chunk. Returns (to ``yield from``) what is wrong with the account, or None."""
    if not jobs:
        return None
    now = timezone.now()
    TrackingPoll.objects.filter(pk__in=[job.pk for job in jobs]).update(last_asked_at=now, asked=F("asked") + 1)
    try:
        gateway = gateway_for(account)
        if TRACK not in gateway.can:
            yield from ((job, None) for job in jobs)
            return None
        answers = _answers(gateway, [Asked(*job.shipment.asked_as) for job in jobs])
    except Exception as error:
        if not isinstance(error, ParcelwiseError):
            logger.exception("the gateway %s failed on %s", account.gateway, account)
        trouble = carrier_health.failed(account, error, weight=len(jobs))
        if carrier_health.is_in_trouble(account):
            yield from ((job, trouble) for job in jobs)
            return trouble
        # It may be this parcel's own fault: staff see it there, and the others are asked for.
        raw = str(getattr(error, "raw", ""))
        for job in jobs:
            yield job, settle(job.shipment, TrackingFailure(job.shipment.tracking_number, str(trouble), raw=raw))
        return None
    if any(isinstance(answer, TrackingUpdate) or answer.unknown_number for answer in answers):
        carrier_health.works(account)
    for job, answer in zip(jobs, answers, strict=True):
        yield job, settle(job.shipment, answer)
    return None


def _answers(gateway: Carrier, asked: Sequence[Asked]) -> list[Answer]:
    """One answer for each parcel. A gateway that stumbles over one of them is asked for each alone."""
    try:
        return _checked(gateway.track_parcels(asked), asked)
    except (RetryLater, GiveUp, Misconfigured) as trouble:
        if not isinstance(trouble, Nonsense) or len(asked) == 1:
            raise
    except Exception as error:
        logger.exception("the gateway %s stumbled", gateway.account.gateway)
        if len(asked) == 1:
            raise Nonsense(_stumbled(gateway, error)) from error
    return _alone(gateway, asked)


def _alone(gateway: Carrier, asked: Sequence[Asked]) -> list[Answer]:
    answers: list[Answer] = []
    troubles: list[Exception] = []
    for one in asked:
        try:
            answers += _checked(gateway.track_parcels([one]), [one])
        except Misconfigured:
            raise
        except Exception as error:
            troubles.append(error)
            sentence = str(error) if isinstance(error, ParcelwiseError) else _stumbled(gateway, error)
            answers.append(TrackingFailure(one.number, sentence, raw=getattr(error, "raw", "")))
    if len(troubles) == len(asked):
        raise Nonsense(answers[0].sentence if isinstance(answers[0], TrackingFailure) else str(troubles[0]))
    return answers


def _checked(answers: object, asked: Sequence[Asked]) -> list[Answer]:
    """``answers`` if they are what a gateway must return; Nonsense otherwise."""
    if not isinstance(answers, list | tuple) or len(answers) != len(asked):
        raise Nonsense("The gateway did not return one answer for each parcel.")
    if not all(isinstance(answer, TrackingUpdate | TrackingFailure) for answer in answers):
        raise Nonsense("The gateway returned something that is no answer.")
    return list(answers)


def _stumbled(gateway: Carrier, error: Exception) -> str:
    return f"The gateway of {gateway.account.carrier.upper()} failed on it: {type(error).__name__}: {error}"
