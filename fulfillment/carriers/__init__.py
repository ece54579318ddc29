"""Carriers: which gateway speaks for a parcel. Adapters are reached through this registry only."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from fulfillment.carriers.base import Carrier
from fulfillment.carriers.pushes.base import Pushes
from fulfillment.conf import fulfillment as conf
from fulfillment.models import CarrierAccount, Shipment
from parcelwise.providers import Registry

#: Gateway name -> class; ``PARCELWISE["FULFILLMENT"]["CARRIERS"]`` adds to it and wins.
gateways = Registry(
    "carrier gateway",
    {
        "karrio": "fulfillment.carriers.karrio.Karrio",
        "manual": "fulfillment.carriers.manual.Manual",
        "json": "fulfillment.carriers.described.Described",
        "easypost": "fulfillment.carriers.easypost.EasyPost",
        "shippo": "fulfillment.carriers.shippo.Shippo",
        "aftership": "fulfillment.carriers.aftership.AfterShip",
    },
    lambda: conf.CARRIERS,
)


#: Gateways that ask many carriers. An account whose carrier is one of these is for all carriers without their own.
AGGREGATORS = ("easypost", "aftership", "shippo")


def account_for(shipment: Shipment) -> CarrierAccount | None:
    """The active account of the parcel's carrier, else of an aggregator: the store's own before the general one."""
    store = shipment.order.store_id
    return choose(active_accounts(shipment.carrier).filter(Q(store=store) | Q(store=None)), shipment.carrier, store)


def active_accounts(carrier: str | None = None) -> QuerySet[CarrierAccount]:
    """Active accounts over which parcels of ``carrier`` may be asked for, or of any; in the order of their names."""
    general = Q(carrier__in=AGGREGATORS, gateway=F("carrier"))
    found = CarrierAccount.objects.filter(is_active=True).order_by("carrier", "pk")
    return found.filter(Q(carrier=carrier) | general) if carrier is not None else found


def choose(accounts: Iterable[CarrierAccount], carrier: str, store: int | None) -> CarrierAccount | None:
    """The one of :func:`active_accounts` ``accounts`` over which parcels of ``carrier`` in the store are asked for."""
    found = [account for account in accounts if account.store_id in (None, store)]
    ranked = sorted(found, key=lambda account: (account.carrier != carrier, account.store_id is None))
    return next((account for account in ranked if account.carrier == carrier or covers(account, carrier)), None)


def is_general(account: CarrierAccount) -> bool:
    """Whether the account is an aggregator's, for carriers that have no account of their own."""
    return account.carrier in AGGREGATORS and account.gateway == account.carrier


def covers(account: CarrierAccount, carrier: str) -> bool:
    """Whether a general account can ask for parcels of ``carrier``."""
    known = covered(account)
    return known is None or carrier in known


def covered(account: CarrierAccount) -> frozenset[str] | None:
    """Carriers of which a general account can ask for parcels; None: of any."""
    return gateway_for(account).covered() if is_general(account) else frozenset()


def pushes_of(gateway: str) -> Pushes | None:
    """How what ``gateway`` pushes is recognised and read; None when there is no such gateway or it pushes nothing."""
    if gateway not in gateways:
        return None
    pushes: Pushes | None = gateways.load(gateway).pushes
    return pushes


def gateway_for(account: CarrierAccount) -> Carrier:
    """The gateway of ``account``; Misconfigured when there is none of that name."""
    carrier: Carrier = gateways.load(account.gateway)(account)
    return carrier
