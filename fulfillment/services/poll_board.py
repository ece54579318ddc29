"""What the planner page shows: how many parcels are due when, what accounts use of their limits, what is behind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from fulfillment.carriers import active_accounts, choose
from fulfillment.carriers.names import carrier_name
from fulfillment.models import CarrierAccount, CarrierCalls, TrackingPoll
from fulfillment.services import poll_budget
from parcelwise.jobs import JobState

#: Hours that are looked ahead and back.
HOURS = 24
#: A poll is behind when it is due for so long.
BEHIND = timedelta(minutes=15)

WAITING = Q(state=JobState.WAITING)


@dataclass(frozen=True, slots=True)
class Hour:
    begins: datetime
    count: int


@dataclass(frozen=True, slots=True)
class AccountUse:
    """One account: parcels that are followed, asks of this hour, of the day and of its busiest hour, and the limit."""

    account: CarrierAccount
    parcels: int
    this_hour: int
    day: int
    busiest: int
    limit: float | None
    pressure: float
    behind: int

    @property
    def name(self) -> str:
        """The carrier as people write it, and the store where it is one store's own."""
        carrier, store = carrier_name(self.account.carrier), self.account.store
        return f"{carrier} ({store.name})" if store else carrier


@dataclass(frozen=True, slots=True)
class Board:
    parcels: int
    due_now: int
    behind: int
    oldest: datetime | None
    asked_day: int
    dead: int
    ahead: list[Hour]
    back: list[Hour]
    accounts: list[AccountUse]


def board(now: datetime | None = None) -> Board:
    """The board at ``now``, in a number of queries that does not grow with the parcels."""
    now = now or timezone.now()
    counts = TrackingPoll.objects.aggregate(
        parcels=Count("pk", filter=Q(state__in=(JobState.WAITING, JobState.RUNNING))),
        due=Count("pk", filter=WAITING & Q(not_before__lte=now)),
        behind=Count("pk", filter=WAITING & Q(not_before__lte=now - BEHIND)),
        oldest=Min("not_before", filter=WAITING & Q(not_before__lte=now)),
        dead=Count("pk", filter=Q(state=JobState.DEAD)),
    )
    back = _asked_back(now)
    return Board(
        parcels=counts["parcels"],
        due_now=counts["due"],
        behind=counts["behind"],
        oldest=counts["oldest"],
        asked_day=sum(hour.count for hour in back),
        dead=counts["dead"],
        ahead=_due_ahead(now),
        back=back,
        accounts=_accounts(now),
    )


def upcoming(search: str = "", limit: int = 25) -> list[TrackingPoll]:
    """The polls that are asked next, or those of the parcels with a tracking or order number like ``search``."""
    found: QuerySet[TrackingPoll] = TrackingPoll.objects.select_related("shipment__order")
    if search:
        word = search.replace(" ", "")
        named = Q(shipment__tracking_number__iexact=word) | Q(shipment__order__number__iexact=search.strip())
        return list(found.filter(named).order_by("not_before", "pk")[:limit])
    return list(found.filter(WAITING).order_by("not_before", "pk")[:limit])


def _due_ahead(now: datetime) -> list[Hour]:
    first = _hour(now)
    rows = (
        TrackingPoll.objects.filter(WAITING, not_before__gt=now, not_before__lt=first + timedelta(hours=HOURS))
        .order_by()
        .annotate(begins=TruncHour("not_before"))
        .values_list("begins")
        .annotate(Count("pk"))
    )
    return _filled(first, dict(rows))


def _asked_back(now: datetime) -> list[Hour]:
    first = _utc_hour(now) - timedelta(hours=HOURS - 1)
    rows = CarrierCalls.objects.filter(hour__gte=first).order_by().values_list("hour").annotate(Sum("asked"))
    return _filled(first, dict(rows))


def _filled(first: datetime, counts: dict[datetime, int]) -> list[Hour]:
    hours = (first + timedelta(hours=number) for number in range(HOURS))
    return [Hour(hour, counts.get(hour, 0)) for hour in hours]


def _hour(moment: datetime) -> datetime:
    # In the current zone: hours of a zone that is off by half an hour begin at the half of others.
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)


def _accounts(now: datetime) -> list[AccountUse]:
    hour = _utc_hour(now)
    asked: dict[int, dict[datetime, int]] = defaultdict(dict)
    for pk, at, count in CarrierCalls.objects.filter(hour__gt=hour - timedelta(hours=HOURS)).values_list(
        "account_id", "hour", "asked"
    ):
        asked[pk][at] = count
    rows = (
        TrackingPoll.objects.filter(state__in=(JobState.WAITING, JobState.RUNNING))
        .order_by()
        .values_list("shipment__carrier", "shipment__order__store")
        .annotate(parcels=Count("pk"), behind=Count("pk", filter=WAITING & Q(not_before__lte=now - BEHIND)))
    )
    accounts = list(active_accounts().select_related("store"))
    followed: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for carrier, store, count, behind in rows:
        if account := choose(accounts, carrier, store):
            parcels, late = followed[account.pk]
            followed[account.pk] = (parcels + count, late + behind)
    return [_use(account, asked[account.pk], hour, followed[account.pk]) for account in accounts]


def _use(account: CarrierAccount, asked: dict[datetime, int], hour: datetime, followed: tuple[int, int]) -> AccountUse:
    return AccountUse(
        account=account,
        parcels=followed[0],
        this_hour=asked.get(hour, 0),
        day=sum(asked.values()),
        busiest=max(asked.values(), default=0),
        limit=poll_budget.per_hour(account),
        pressure=poll_budget.pressure(account),
        behind=followed[1],
    )


def _utc_hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
