"""Carriers: which gateway speaks for a parcel. Adapters are reached through this registry only."""

from __future__ import annotations

from fulfillment.carriers.base import Carrier
from fulfillment.conf import fulfillment as conf
from fulfillment.models import CarrierAccount, Shipment
from parcelwise.providers import Registry

#: Gateway name -> class; ``PARCELWISE["FULFILLMENT"]["CARRIERS"]`` adds to it and wins.
gateways = Registry(
    "carrier gateway",
    {"karrio": "fulfillment.carriers.karrio.Karrio", "manual": "fulfillment.carriers.manual.Manual"},
    lambda: conf.CARRIERS,
)


def account_for(shipment: Shipment) -> CarrierAccount | None:
    """The active account of the parcel's carrier: the store's own before the one for every store."""
    found = CarrierAccount.objects.filter(carrier=shipment.carrier, is_active=True)
    return found.filter(store=shipment.order.store_id).first() or found.filter(store=None).first()


def gateway_for(account: CarrierAccount) -> Carrier:
    """The gateway of ``account``; Misconfigured when there is none of that name."""
    carrier: Carrier = gateways.load(account.gateway)(account)
    return carrier
