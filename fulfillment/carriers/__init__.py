"""Carriers: which gateway speaks for a parcel. Adapters are reached through this registry only."""

from __future__ import annotations

from django.db.models import F, Q

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
    found = CarrierAccount.objects.filter(
        Q(carrier=shipment.carrier) | Q(carrier__in=AGGREGATORS, gateway=F("carrier")),
        Q(store=store) | Q(store=None),
        is_active=True,
    )
    ranked = sorted(found, key=lambda account: (account.carrier != shipment.carrier, account.store_id is None))
    return next((account for account in ranked if _covers(account, shipment.carrier)), None)


def _covers(account: CarrierAccount, carrier: str) -> bool:
    return account.carrier == carrier or gateway_for(account).covers(carrier)


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
