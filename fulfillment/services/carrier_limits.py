"""How many parcels an account may be asked for in a minute, counted in its row for all workers together."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from fulfillment.models import CarrierAccount

WINDOW = timedelta(minutes=1)


def admit(account: CarrierAccount, wanted: int) -> tuple[int, datetime]:
    """How many of ``wanted`` parcels may be asked for now, taken off the minute; and when the next may be."""
    now, limit = timezone.now(), account.limit_per_minute
    if not limit:
        return wanted, now
    rows = CarrierAccount.objects.filter(pk=account.pk)
    rows.filter(limit_began_at=None).update(limit_began_at=now, limit_used=0)
    rows.filter(limit_began_at__lte=now - WINDOW).update(limit_began_at=now, limit_used=0)
    for size in range(min(wanted, limit), 0, -1):
        # The guard decides between workers; whoever finds the minute full takes less.
        if rows.filter(limit_used__lte=limit - size).update(limit_used=F("limit_used") + size):
            return size, now
    began = rows.values_list("limit_began_at", flat=True).get()
    return 0, (began or now) + WINDOW


def next_window(begins: datetime) -> Callable[[], datetime]:
    """When each of the parcels over the limit comes again: spread over the minute that begins then."""
    return lambda: begins + WINDOW * random.random()
