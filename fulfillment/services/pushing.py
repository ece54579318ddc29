"""Whether pushes can be relied on: a parcel rests on them once one came about it, as long as they go on coming.

A hook secret proves nothing: the address may be mistyped, the parcel not subscribed, the aggregator's own line down. So
each push is noted, and so is news that asking brought and no push had told.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers import AGGREGATORS
from fulfillment.carriers.names import carrier_name
from fulfillment.conf import fulfillment as conf
from fulfillment.models import CarrierAccount, Shipment, TrackingEvent, TrackingPoll
from fulfillment.services.account_parcels import polls_of
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.panels import reference

#: News that is younger may still be pushed.
GRACE = timedelta(minutes=30)
#: News in a row that no push had told until an account's pushes count as stopped.
MISSES = 3
#: Parcels that rested on pushes are asked for in so many groups, one each five minutes.
GROUPS = 12


def heard(account: CarrierAccount, shipment: Shipment) -> None:
    """A push of the account was about the parcel."""
    now = timezone.now()
    TrackingPoll.objects.filter(shipment=shipment).update(pushed_at=now)
    # One write a minute is enough to know that they come.
    stale = Q(pushed_at=None) | Q(pushed_at__lt=now - timedelta(minutes=1)) | Q(push_misses__gt=0)
    if CarrierAccount.objects.filter(stale, pk=account.pk).update(pushed_at=now, push_misses=0):
        Problem.objects.solve("carrier", f"pushes:{account.pk}")


def rests(account: CarrierAccount, shipment: Shipment, now: datetime) -> bool:
    """Whether the parcel can wait to be told of its news."""
    if Shipment.poll.is_cached(shipment) and shipment.poll.pushed_at is None:
        return False  # as most are: no question for it
    told = TrackingPoll.objects.filter(shipment=shipment).exclude(pushed_at=None)
    come = _tellers(account).filter(
        pushed_at__gt=now - timedelta(minutes=conf.POLL_PUSHED_MINUTES), push_misses__lt=MISSES
    )
    return told.exists() and come.exists()


def asked(account: CarrierAccount, shipment: Shipment, began: datetime) -> None:
    """The parcel was asked for at ``began``: see whether that brought what a push should have told before."""
    job = shipment.poll if Shipment.poll.is_cached(shipment) else None
    if job is None or job.pushed_at is None:
        return
    fresh = TrackingEvent.objects.filter(shipment=shipment, source="carrier", recorded_at__gte=began)
    late = fresh.filter(occurred_at__gt=job.pushed_at, occurred_at__lt=began - GRACE).order_by("occurred_at")
    first = late.values_list("occurred_at", flat=True).first()
    # A hint may have come since the parcel was claimed; one that came after the news told of it.
    if first and TrackingPoll.objects.filter(pk=job.pk, pushed_at__lt=first).update(pushed_at=None):
        _miss(account)


def _tellers(account: CarrierAccount) -> QuerySet[CarrierAccount]:
    """Accounts that may be told of its parcels: a Karrio server has one address for all its carriers."""
    if account.gateway in AGGREGATORS:
        return CarrierAccount.objects.filter(pk=account.pk)
    return CarrierAccount.objects.filter(gateway=account.gateway, is_active=True)


def _miss(account: CarrierAccount) -> None:
    """Count it; at the last one that is borne, all parcels that rest are asked for again."""
    with transaction.atomic():
        tellers = list(_tellers(account).exclude(pushed_at=None).select_for_update().order_by("pk"))
        for teller in tellers:
            teller.push_misses += 1
            teller.save(update_fields=["push_misses"])
    for stopped in tellers:
        if stopped.push_misses != MISSES:
            continue
        Problem.objects.note(
            "carrier",
            f"pushes:{stopped.pk}",
            _("%(name)s pushes no more: asking brought news that it had not told. Its parcels are asked for again.")
            % {"name": carrier_name(stopped.carrier)},
            subject=reference(stopped),
        )
        _rouse(account)


def _rouse(account: CarrierAccount) -> None:
    """Have the account's parcels that rest asked for within the hour."""
    resting, now = polls_of(account).filter(state=JobState.WAITING).exclude(pushed_at=None), timezone.now()
    for group in range(GROUPS):
        due = now + timedelta(minutes=5 * group)
        part = resting.annotate(part=F("pk") % GROUPS).filter(part=group, not_before__gt=due)
        TrackingPoll.objects.filter(pk__in=part.values("pk")).update(not_before=due)
    resting.update(pushed_at=None)
