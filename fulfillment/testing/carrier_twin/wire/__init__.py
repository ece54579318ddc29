"""The carriers' wire formats, one module each."""

from fulfillment.testing.carrier_twin.wire.base import Answer, Request, Tokens, Wire
from fulfillment.testing.carrier_twin.wire.dhl import DHLWire
from fulfillment.testing.carrier_twin.wire.fedex import FedExWire
from fulfillment.testing.carrier_twin.wire.ups import UPSWire
from fulfillment.testing.carrier_twin.wire.usps import USPSWire

WIRES: tuple[type[Wire], ...] = (UPSWire, FedExWire, USPSWire, DHLWire)

__all__ = ["WIRES", "Answer", "Request", "Tokens", "Wire"]
