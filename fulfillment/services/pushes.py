"""What carriers push: put down like an answer when it is one, and a reason to ask when it is only a hint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from django.db.models import Q
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from fulfillment.carriers import AGGREGATORS, account_for, pushes_of
from fulfillment.carriers.base import HOOK_SECRET
from fulfillment.carriers.pushes.base import Pushed
from fulfillment.conf import fulfillment as conf
from fulfillment.facts import TrackingUpdate
from fulfillment.models import CarrierAccount, Outcome, Shipment, ShipmentNumber, TrackingPoll
from fulfillment.services import legs, pushing, tracking
from fulfillment.stores.credentials import succeed
from parcelwise.background import wake
from parcelwise.conf import links
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from parcelwise.sealed import Locked

#: What a push about several parcels is shown as: the first of these that one of them came to.
_WEIGHT = (Outcome.RECORDED, Outcome.FETCHING, Outcome.UNCHANGED, Outcome.NO_PARCEL, Outcome.IGNORED)
#: Parcels with one number that are looked at; carriers use numbers again.
_SAME_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a push: for its row in the inbox."""

    outcome: Outcome
    subject: str = ""
    detail: str = ""


def take(account: CarrierAccount, topic: str, body: bytes, sent_at: datetime | None) -> Heard:
    """Work off one push. Twice is once, and in any order. GiveUp when its body makes no sense."""
    pushes = pushes_of(account.gateway)
    if pushes is None:
        raise GiveUp(f"The gateway {account.gateway} pushes nothing any more.")
    if topic and topic not in pushes.topics:
        return Heard(Outcome.UNKNOWN)
    heard = [_take(account, one, sent_at) for one in pushes.read(body)] or [Heard(Outcome.IGNORED)]
    return min(heard, key=lambda one: _WEIGHT.index(one.outcome))


def address(account: CarrierAccount) -> str:
    """Where the account's pushes go; empty when it pushes nothing or our own address is not known."""
    if pushes_of(account.gateway) is None:
        return ""
    if conf.HOOK_URL:
        return urljoin(conf.HOOK_URL.rstrip("/") + "/", f"{account.gateway}/{account.uuid}/")
    try:
        path = reverse("parcelwise_hooks:receive", args=[account.gateway, account.uuid])
    except NoReverseMatch:
        return ""
    return links.BASE_URL.rstrip("/") + path if links.BASE_URL else ""


def is_expected(account: CarrierAccount) -> bool:
    """Whether there is a secret with which the account's pushes can be told from forged ones."""
    stored: Any = account.credentials
    return not isinstance(stored, Locked) and bool(stored.get(HOOK_SECRET))


def succeed_secret(account: CarrierAccount) -> None:
    """Call it before an account with other credentials is saved: the former hook secret stays good for an hour."""
    former: Any = CarrierAccount.objects.values_list("credentials", flat=True).filter(pk=account.pk).first()
    held: Any = account
    new = held.credentials
    if isinstance(former, Locked) or isinstance(new, Locked) or not former:
        return
    held.credentials = succeed(former, new, timezone.now(), (HOOK_SECRET,))


def _take(account: CarrierAccount, pushed: Pushed, sent_at: datetime | None) -> Heard:
    number = pushed.number.replace(" ", "")[:80]
    parcels = _parcels(account, number, pushed) if number else []
    if not parcels:
        # Nothing is lost: a parcel is asked for as soon as it is recorded.
        return Heard(Outcome.NO_PARCEL, number, f"No parcel that is followed here has the number {number or '?'}.")
    outcomes = [_put_down(account, parcel, pushed, sent_at) for parcel in parcels]
    return Heard(min(outcomes, key=_WEIGHT.index), number)


def _parcels(account: CarrierAccount, number: str, pushed: Pushed) -> list[Shipment]:
    """The parcels that the push can be about: of the account's store and carrier, and of the carrier it names.

    A hint may come over any account of its gateway: a Karrio server has one address for all its carriers.
    """
    named = Q(tracking_number=number)
    legs_named = ShipmentNumber.objects.filter(number=number).order_by("-pk")
    if account.store_id is not None:
        legs_named = legs_named.filter(shipment__order__store=account.store_id)
    if further := list(legs_named.values_list("shipment", flat=True)[:_SAME_NUMBER]):
        named |= Q(pk__in=further)
    found = Shipment.objects.filter(named, order__is_history=False).select_related("order__store")
    if account.store_id is not None:
        found = found.filter(order__store=account.store_id)
    if account.carrier not in AGGREGATORS and pushed.answer is not None:
        found = found.filter(Q(carrier=account.carrier) | _leg_of(account.carrier, further))
    elif pushed.carrier:
        found = found.filter(Q(carrier=pushed.carrier) | Q(carrier="") | _leg_of(pushed.carrier, further))
    return list(found.order_by("-pk")[:_SAME_NUMBER])


def _leg_of(carrier: str, further: list[int]) -> Q:
    """Parcels that another carrier has under the number by now."""
    return Q(pk__in=further, numbers__carrier__in=(carrier, "")) if further else Q(pk__in=())


def _put_down(account: CarrierAccount, parcel: Shipment, pushed: Pushed, sent_at: datetime | None) -> Outcome:
    answer = pushed.answer
    leg = legs.of_number(parcel, pushed.number.replace(" ", "")[:80])
    asked = legs.account_of(parcel, leg) if leg else account_for(parcel)
    pushing.heard(account, parcel)
    # What another source than the one that is asked says of the same events would be there twice.
    if not isinstance(answer, TrackingUpdate) or asked is None or asked.pk != account.pk:
        return _ask(parcel)
    before = _known(parcel)
    stated = answer.stated_at or sent_at
    # A promise without a time cannot be told from one that was taken back since.
    tracking.take(
        parcel,
        replace(answer, stated_at=stated, estimated_delivery=answer.estimated_delivery if stated else None),
        leg=leg,
    )
    if leg:
        legs.note_answer(leg, bool(answer.scans))
    if answer.unreadable or stated is None:
        return _ask(parcel)
    tracking.rest(parcel, account)
    return Outcome.RECORDED if _known(parcel) != before else Outcome.UNCHANGED


def _known(parcel: Shipment) -> tuple[object, ...]:
    return parcel.status, parcel.carrier_estimate, parcel.events.count()


def _ask(parcel: Shipment) -> Outcome:
    """Have the parcel asked for now. Nothing to do for one that nobody can be asked about."""
    waiting = TrackingPoll.objects.filter(shipment=parcel, state=JobState.WAITING)
    if not waiting.update(not_before=timezone.now()):
        return Outcome.IGNORED
    wake()
    return Outcome.FETCHING
