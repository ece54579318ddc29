"""The aggregators' wire formats, one module each."""

from fulfillment.testing.aggregator_twin.wire.aftership import AfterShipWire
from fulfillment.testing.aggregator_twin.wire.base import AggregatorWire
from fulfillment.testing.aggregator_twin.wire.easypost import EasyPostWire
from fulfillment.testing.aggregator_twin.wire.shippo import ShippoWire

WIRES: tuple[type[AggregatorWire], ...] = (EasyPostWire, ShippoWire, AfterShipWire)

__all__ = ["WIRES", "AggregatorWire"]
