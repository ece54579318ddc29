"""Asking a carrier about one number, now and without keeping anything: no parcel is needed, and none is changed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from django.utils import timezone

from fulfillment.carriers import account_for, gateway_for
from fulfillment.carriers.base import TRACK, Asked
from fulfillment.carriers.links import TRACKING_PAGES, tracking_page
from fulfillment.carriers.names import carrier_name, carrier_slug, is_known, known_slugs
from fulfillment.carriers.recognise import FORMATS, recognise
from fulfillment.carriers.recognise.reading import plain
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from fulfillment.fold import ParcelState, fingerprint, fold
from fulfillment.models import CarrierAccount, Order, Shipment, Store
from fulfillment.services import carrier_limits
from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater

logger = logging.getLogger("parcelwise.fulfillment")


class UnknownCarrier(GiveUp):
    """No carrier of that name."""


class OddNumber(GiveUp):
    """Not a number of that carrier, by all that is known of its formats."""


class NoAccount(Misconfigured):
    """Nobody can be asked: there is no account, or only one that is switched off or asks nobody."""


class UnknownNumber(GiveUp):
    """The carrier was asked and does not know the number, or not yet."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a carrier said of a number, and over which account it was asked. ``state`` follows from its scans."""

    carrier: str
    number: str
    account: CarrierAccount
    update: TrackingUpdate
    state: ParcelState


def ask_once(carrier: str, number: str, *, store: Store | None = None, anyway: bool = False) -> Told:
    """Ask for ``number`` once. ``anyway``: whatever it looks like.

    Raises the four errors above, RetryLater (the carrier does not answer now), GiveUp (it refused) and Misconfigured
    (credentials).
    """
    slug = known_carrier(carrier)
    bare = _checked_number(slug, number, anyway)
    account = _account(slug, store)
    gateway = gateway_for(account)
    if TRACK not in gateway.can:
        raise NoAccount(f"{carrier_name(slug)} is followed by hand: its account asks nobody.{_page(account, bare)}")
    allowed, next_at = carrier_limits.admit(account, 1)
    if not allowed:
        after = max((next_at - timezone.now()).total_seconds(), 1)
        raise RetryLater(f"The limit of the account is reached. Ask again in {after:.0f} s.", after=after)
    try:
        (answer,) = gateway.track_parcels([Asked(bare, slug)])
    except ParcelwiseError:
        raise
    except Exception as error:
        logger.exception("the gateway %s stumbled", account.gateway)
        raise RetryLater(f"The gateway {account.gateway} stumbled ({type(error).__name__}); see the log.") from error
    if isinstance(answer, TrackingFailure):
        raise _error(answer)
    return Told(slug, bare, account, answer, fold(_Event.of(scan) for scan in answer.scans))


def known_carrier(carrier: str) -> str:
    """Our slug for what somebody called a carrier; UnknownCarrier, with the nearest names, when there is none."""
    slug = carrier_slug(carrier)
    accounts = set(CarrierAccount.objects.values_list("carrier", flat=True))
    if slug and (is_known(slug) or slug in accounts or slug in TRACKING_PAGES):
        return slug
    near = get_close_matches(slug, {*known_slugs(), *accounts}, n=3)
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UnknownCarrier(f"There is no carrier “{carrier[:50]}” here.{meant}")


def _checked_number(slug: str, number: str, anyway: bool) -> str:
    """``number`` without its blanks, if the carrier has such numbers."""
    typed = "".join(number.split()).upper()
    if not plain(typed):
        raise OddNumber("A tracking number has letters and digits only, and at most 80 of them.")
    family = slug.partition("-")[0]
    candidates = recognise(number)
    if anyway or {slug, family} & {each.carrier for each in candidates}:
        return typed
    if not {slug, family} & {each.carrier for each in FORMATS}:
        return typed  # no format of theirs is known here
    others = ", ".join(carrier_name(each.carrier) for each in candidates)
    hint = f" It may be a number of {others}." if others else " No carrier that is known here has such numbers."
    raise OddNumber(f"{typed[:80]} is no number of {carrier_name(slug)}: its form or check digit is wrong.{hint}")


def _account(slug: str, store: Store | None) -> CarrierAccount:
    """The account over which a parcel of ``store`` is asked for; without a store the only one that there is."""
    active = CarrierAccount.objects.filter(is_active=True)
    stores = [store.pk] if store else [None, *active.exclude(store=None).values_list("store", flat=True).distinct()]
    found: dict[int, CarrierAccount] = {}
    for pk in stores:
        order = Order() if pk is None else Order(store_id=pk)
        account = account_for(Shipment(carrier=slug, order=order))
        if account is not None:
            found[account.pk] = account
        if found and pk is None:
            break  # the one for every store
    if len(found) == 1:
        return next(iter(found.values()))
    name = carrier_name(slug)
    if found:
        slugs = ", ".join(sorted(account.store.slug for account in found.values() if account.store))
        raise NoAccount(f"Several stores have an account for {name}. Name one of them: {slugs}.")
    if CarrierAccount.objects.filter(carrier=slug, is_active=False).exists():
        raise NoAccount(f"The account with {name} is switched off. Switch it on in the admin.")
    raise NoAccount(f"There is no account with {name}, nor one that asks it. Add a carrier account in the admin.")


def _page(account: CarrierAccount, number: str) -> str:
    page = tracking_page(account.carrier, number, account.link_template)
    return f" Look at {page}" if page else ""


def _error(failure: TrackingFailure) -> Exception:
    if failure.unknown_number:
        return UnknownNumber(failure.sentence)
    if failure.permanent:
        return GiveUp(failure.sentence)
    return RetryLater(failure.sentence, after=failure.after)


@dataclass(slots=True)
class _Event:
    """A scan as the fold takes it."""

    occurred_at: datetime
    status: str
    reason: str
    fingerprint: str

    @classmethod
    def of(cls, scan: Scan) -> _Event:
        return cls(scan.occurred_at, scan.status, scan.reason, fingerprint(scan))
