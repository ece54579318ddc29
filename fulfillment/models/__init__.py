from fulfillment.models.forecast import DelayEpisode, Forecast, LaneStatistics
from fulfillment.models.inbox import ImportRun, StoreSync
from fulfillment.models.order import Customer, Order, OrderLine
from fulfillment.models.shipment import Shipment, ShipmentChange, ShipmentLine, TrackingEvent, TrackingPoll
from fulfillment.models.store import CarrierAccount, Store

__all__ = [
    "CarrierAccount",
    "Customer",
    "DelayEpisode",
    "Forecast",
    "ImportRun",
    "LaneStatistics",
    "Order",
    "OrderLine",
    "Shipment",
    "ShipmentChange",
    "ShipmentLine",
    "Store",
    "StoreSync",
    "TrackingEvent",
    "TrackingPoll",
]
