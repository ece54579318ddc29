"""Four carriers on loopback: an HTTP server that answers in their own wire formats and moves parcels along a clock.

It needs no data base and no further package, so that shops can test against it too::

    with CarrierTwin() as twin:
        twin.control.add_parcel("ups", origin=..., destination=..., seed=7)
        CarrierAccount.objects.create(**carrier_accounts(twin.url)["ups"])
"""

from fulfillment.testing.carrier_twin.control import TwinControl, carrier_accounts
from fulfillment.testing.carrier_twin.parcels import Happening, Parcel, Place, Step
from fulfillment.testing.carrier_twin.plans import believable_plan
from fulfillment.testing.carrier_twin.server import CarrierTwin
from fulfillment.testing.carrier_twin.tracking_numbers import tracking_number
from fulfillment.testing.twins.clock import TwinClock

__all__ = [
    "CarrierTwin",
    "Happening",
    "Parcel",
    "Place",
    "Step",
    "TwinClock",
    "TwinControl",
    "believable_plan",
    "carrier_accounts",
    "tracking_number",
]
