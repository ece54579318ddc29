"""Couriers' devices: a key for each, shown once, withdrawn at any moment."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from fulfillment.conf import gps as conf
from fulfillment.models import Courier, CourierDevice
from parcelwise import links

#: What links to a courier's page are signed for.
PURPOSE = "courier"
#: What a key begins with, so that one in the wrong place is recognised.
PREFIX = "pwc"
MINUTE = timedelta(minutes=1)
#: Compared with where there is no device, so that a wrong name takes as long as a wrong secret.
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


def issue_key(courier: Courier, name: str, actor: str) -> tuple[CourierDevice, str]:
    """A new device of ``courier`` and its key, which is not kept and cannot be shown again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    device = CourierDevice.objects.create(
        courier=courier, name=name[:80], key_id=key_id, key_hash=_hash(secret), issued_by=actor[:150]
    )
    return device, f"{PREFIX}_{key_id}_{secret}"


def withdraw(device: CourierDevice) -> bool:
    """From now on the key and the links of ``device`` open nothing. False: they were withdrawn before."""
    mine = CourierDevice.objects.filter(pk=device.pk, withdrawn_at=None)
    return bool(mine.update(withdrawn_at=timezone.now()))


def device_of_key(key: str) -> CourierDevice | None:
    """Whose key it is; None for one that is wrong, withdrawn, or of a courier who does not work here any more."""
    prefix, _first, rest = key.partition("_")
    key_id, _second, secret = rest.partition("_")
    device = _usable(key_id) if prefix == PREFIX else None
    right = hmac.compare_digest(_hash(secret), device.key_hash if device else _NOBODY)
    return device if right and device else None


def link_token(device: CourierDevice) -> str:
    """For the address of the courier's page on that device."""
    return links.sign(PURPOSE, device.key_id)


def device_of_token(token: str) -> CourierDevice | None:
    """Whose page it is; BadLink for a forged or old token, None for a withdrawn device."""
    return _usable(links.read(PURPOSE, token))


def take_allowance(device: CourierDevice, pings: int, now: datetime) -> float | None:
    """Count ``pings`` against the device's minute, in one UPDATE. None: go on; else seconds to wait."""
    mine = CourierDevice.objects.filter(pk=device.pk)
    over = Q(limit_began_at=None) | Q(limit_began_at__lte=now - MINUTE)
    room = over | Q(limit_used__lte=conf.PINGS_PER_MINUTE - pings)
    fits = pings <= conf.PINGS_PER_MINUTE
    taken = fits and mine.filter(room).update(
        limit_used=Case(When(over, then=Value(pings)), default=F("limit_used") + pings),
        limit_began_at=Case(When(over, then=Value(now)), default=F("limit_began_at")),
        last_seen_at=now,
    )
    if taken:
        return None
    began = mine.values_list("limit_began_at", flat=True).first() or now
    return max(1.0, (began + MINUTE - now).total_seconds())


def _usable(key_id: str) -> CourierDevice | None:
    found = CourierDevice.objects.filter(key_id=key_id, withdrawn_at=None, courier__is_active=True)
    return found.select_related("courier").first() if key_id.isalnum() else None


def _hash(secret: str) -> str:
    # The secret is 256 random bits: there is nothing to guess that a slow hash would slow down.
    return hashlib.sha256(secret.encode()).hexdigest()
