"""The memory that somebody was erased, without knowing whom: keyed hashes of the names they had.

A copy of the data base tells nothing of them without the key. The keys are those of ``SEALED.KEYS``, ``SECRET_KEY``
with its fall-backs and ``PRIVACY.FORMER_KEYS``; the first makes tombstones, all find them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from parcelwise.conf import privacy, sealed
from parcelwise.models import Tombstone
from parcelwise.storable import storable

#: Digests asked for in one query.
BATCH = 500


class Stone(NamedTuple):
    """A name of somebody: ``scope`` says what kind (``email``), ``value`` is the name, unique within its scope."""

    scope: str
    value: str


def bury(stones: Iterable[Stone], at: datetime | None = None) -> int:
    """Remember that these were erased at ``at`` (default: now). Again is harmless and moves the moment."""
    key = _keys()[0]
    at = at or timezone.now()
    rows = [
        Tombstone(scope=stone.scope, digest=_digest(key, stone), key_id=_name(key), erased_at=at)
        for stone in sorted(set(stones))
    ]
    Tombstone.objects.bulk_create(
        rows, BATCH, update_conflicts=True, unique_fields=["digest"], update_fields=["erased_at"]
    )
    return len(rows)


def erased_among(stones: Iterable[Stone]) -> dict[Stone, datetime]:
    """Those of ``stones`` that were erased, with the moment: one query for each few hundred."""
    wanted = set(stones)
    if not wanted or not Tombstone.objects.exists():
        return {}
    by_digest = {_digest(key, stone): stone for key in _keys() for stone in wanted}
    found: dict[Stone, datetime] = {}
    digests = list(by_digest)
    for start in range(0, len(digests), BATCH):
        there = Tombstone.objects.filter(digest__in=digests[start : start + BATCH])
        for digest, erased_at in there.values_list("digest", "erased_at"):
            stone = by_digest[digest]
            found[stone] = max(erased_at, found.get(stone, erased_at))
    return found


def is_erased(scope: str, value: str) -> bool:
    """Whether somebody of this name was erased, at any time."""
    return bool(erased_among([Stone(scope, value)]))


def alias(stone: Stone) -> str:
    """A name to stand for this one, 40 letters that say nothing: the same each time, as long as the key is."""
    return _digest(_keys()[0], Stone("alias", f"{stone.scope}\x1f{stone.value}"))[:40]


def keys_known() -> set[str]:
    """``Tombstone.key_id`` of every key that the settings have."""
    return set(map(_name, _keys()))


def as_lines() -> Iterable[str]:
    """All tombstones as text, one a line, to be kept apart from the data base. Nobody can be read from it."""
    for stone in Tombstone.objects.order_by("pk").iterator():
        yield f"{stone.digest} {stone.key_id} {stone.erased_at.isoformat()} {stone.scope}"


def take_lines(lines: Iterable[str]) -> int:
    """Put tombstones that :func:`as_lines` wrote beside those that are there. Returns how many lines; ValueError."""
    rows = []
    for number, line in enumerate(filter(str.strip, lines), start=1):
        try:
            digest, key_id, moment, scope = line.strip().split(" ", 3)
            erased_at = datetime.fromisoformat(moment)
        except ValueError as error:
            raise ValueError(f"Line {number} is no tombstone.") from error
        if len(digest) != 64 or timezone.is_naive(erased_at):
            raise ValueError(f"Line {number} is no tombstone.")
        rows.append(Tombstone(scope=scope[:40], digest=digest, key_id=key_id[:8], erased_at=erased_at))
    Tombstone.objects.bulk_create(rows, BATCH, ignore_conflicts=True)
    return len(rows)


def _keys() -> Sequence[bytes]:
    secrets = (*sealed.KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *privacy.FORMER_KEYS)
    distinct = dict.fromkeys(str(secret) for secret in secrets if secret)
    return [hashlib.sha256(b"parcelwise.tombstone:" + secret.encode()).digest() for secret in distinct]


def _name(key: bytes) -> str:
    return hashlib.sha256(b"parcelwise.tombstone.id:" + key).hexdigest()[:8]


def _digest(key: bytes, stone: Stone) -> str:
    return hmac.new(key, storable(f"{stone.scope}\x1f{stone.value}").encode(), hashlib.sha256).hexdigest()
