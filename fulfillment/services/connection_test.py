"""The connection test: one table of what works and what does not, each cross with its remedy."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone

from fulfillment.models import Store
from fulfillment.services import hooks, store_line, track_page
from fulfillment.stores import platform_of
from fulfillment.stores.base import Tick
from parcelwise.errors import ParcelwiseError
from parcelwise.outbound import request
from parcelwise.outbound.redaction import MASK
from parcelwise.sealed import Locked
from parcelwise.storable import one_line

logger = logging.getLogger("parcelwise.fulfillment")

#: Seconds for a call to our own address. A server with a single process cannot answer itself.
_OURSELVES = 5.0
_HERE = "Our address for webhooks"


def run(store: Store) -> list[Tick]:
    """Test the connection and keep the result with the store."""
    ticks = [_fit_to_show(store, tick) for tick in _ticks(store)]
    store.checks, store.checked_at = as_json(ticks), timezone.now()
    Store.objects.filter(pk=store.pk).update(checks=store.checks, checked_at=store.checked_at)
    if works(ticks) and (store.failures or store.line_error):
        store_line.works(store)
    return ticks


def works(ticks: Sequence[Tick]) -> bool:
    """Whether all that the store cannot do without is good."""
    return bool(ticks) and all(tick.good or tick.minor for tick in ticks)


def as_json(ticks: Sequence[Tick]) -> list[dict[str, Any]]:
    return [asdict(tick) for tick in ticks]


def stored(store: Store) -> list[Tick]:
    """The result of the last test."""
    names = Tick.__dataclass_fields__
    return [Tick(**{name: value for name, value in one.items() if name in names}) for one in store.checks]


def _ticks(store: Store) -> Iterator[Tick]:
    if isinstance(store.credentials, Locked):
        yield Tick("Credentials", False, "The key that sealed them is missing from the settings.", "Type them again.")
        return
    url, here = _own_address(store)
    try:
        yield from platform_of(store).check(url)
    except ParcelwiseError as error:
        yield Tick("Connection", False, str(error), "Mend what the sentence names, then test again.")
    except Exception as error:  # a platform's code of somebody else: its fault must not hide what was found so far
        logger.exception("the connection test of %s failed", store.slug)
        name = type(error).__name__
        yield Tick("Connection test", False, f"The test itself failed: {name}.", "The server's log says more.")
    yield here
    yield from track_page.ticks(store)


def _own_address(store: Store) -> tuple[str, Tick]:
    """Where the platform is to send its deliveries, and whether something of ours answers there."""
    try:
        url = hooks.hook_url(store)
    except ParcelwiseError as error:
        remedy = "Until then changes are found by asking, every few minutes to an hour, rather than at once."
        return "", Tick(_HERE, False, str(error), remedy, minor=True)
    if urlsplit(url).scheme != "https" and not store.url.startswith("http://"):
        remedy = 'Put a server with a certificate in front, and its address into PARCELWISE["LINKS"]["BASE_URL"].'
        return url, Tick(_HERE, False, f"{url} is not https: platforms call nothing else.", remedy, minor=True)
    return url, _answers(url)


def _answers(url: str) -> Tick:
    from_outside = "Open the address in a browser outside of your network: it must answer with status 405."
    try:
        # The address comes from the operator's settings.
        answer = request("GET", url, deadline=_OURSELVES, retries=0, expect=range(200, 600), allow_private=True)
    except ParcelwiseError as error:
        remedy = f"{from_outside} If it does, all is well: not every server reaches itself by its public address."
        return Tick(_HERE, False, str(error), remedy, minor=True)
    if answer.status == 405:  # Method not allowed: the door is there, and takes deliveries only.
        return Tick(_HERE, True, url)
    found = f"{url} answers with status {answer.status}, which is not our door."
    return Tick(_HERE, False, found, "Something in front of this site does not let the address through.", minor=True)


def _fit_to_show(store: Store, tick: Tick) -> Tick:
    """The tick without any credential that another side repeated, in lines that fit."""
    return replace(tick, found=_hide(store, tick.found), remedy=_hide(store, tick.remedy))


def _hide(store: Store, text: str) -> str:
    stored: Any = store.credentials
    if not isinstance(stored, Locked):
        for value in stored.values():
            if isinstance(value, str) and len(value) >= 6:
                text = text.replace(value, MASK)
    return one_line(text)[:500]
