"""Which orders bulk statements may write: those in which nothing has to be weighed or told to staff."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from fulfillment.facts import OrderData, Raw, Scan
from fulfillment.fold import fingerprint
from fulfillment.imports.assemble import Assembled
from fulfillment.services import scans
from fulfillment.statuses import Reason, ShipmentStatus

#: How JSON writes what not every data base takes. Whoever is caught by mistake loses nothing but time.
_NOT_STORABLE = re.compile(r"\\u0000|\\ud[89a-f]|NaN|Infinity")
_STATUSES = frozenset(ShipmentStatus.values) - {ShipmentStatus.UNKNOWN.value}
_REASONS = frozenset(Reason.values) | {""}


def is_plain(one: Assembled, now: datetime) -> bool:
    """Whether no id stands twice in the order, no login is named in it and no scan is odd."""
    order = one.order
    if order.customer.user_id is not None or not all(_are_once(keys) for keys in _keys(order)):
        return False
    begin, end = order.placed_at - scans.RECYCLED, now + scans.FUTURE
    return all(_are_plain(told, begin, end) for told in one.scans.values())


def is_storable(stated: str, raw: Raw) -> bool:
    """Whether every data base takes the texts and numbers of an order: ``stated`` as JSON in ASCII, and ``raw``."""
    try:
        return not (_NOT_STORABLE.search(stated) or _NOT_STORABLE.search(json.dumps(raw)))
    except (TypeError, ValueError, RecursionError):
        return False


def _keys(order: OrderData) -> Iterable[list[str]]:
    yield [line.external_id for line in order.lines]
    yield [parcel.external_id for parcel in order.parcels]
    yield [refund.external_id for refund in order.refunds or ()]
    yield [each.external_id for each in order.returns or ()]
    for each in order.returns or ():
        yield [line.external_id for line in each.lines]


def _are_once(keys: Sequence[str]) -> bool:
    return len(keys) == len(set(keys))


def _are_plain(told: Sequence[Scan], begin: datetime, end: datetime) -> bool:
    """Whether :mod:`fulfillment.services.scans` would take all of them, as they are."""
    return (
        len(told) <= scans.MOST_SCANS
        and _are_once([fingerprint(scan) for scan in told])
        and all(begin <= scan.occurred_at <= end and _is_plain(scan) for scan in told)
    )


def _is_plain(scan: Scan) -> bool:
    if scan.status not in _STATUSES or scan.reason not in _REASONS:
        return False
    if not all(math.isfinite(degrees or 0.0) for degrees in (scan.latitude, scan.longitude)):
        return False
    return not scan.raw or len(json.dumps(scan.raw, default=repr)) <= scans.RAW_LIMIT
