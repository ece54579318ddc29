from fulfillment.models.access import ApiAccess
from fulfillment.models.carrier_code import CarrierCode
from fulfillment.models.forecast import DelayEpisode, Forecast, LaneStatistics
from fulfillment.models.gps import (
    Courier,
    CourierDevice,
    CourierPosition,
    CourierRun,
    ProofOfDelivery,
    RoutingService,
    RunStop,
    SpeedStatistics,
)
from fulfillment.models.inbox import ImportRun, InboxEvent, Outcome, StoreRun, StoreSync, Verdict
from fulfillment.models.leg import Consignment, ShipmentNumber
from fulfillment.models.money_back import Refund, RefundLine, StoreReturn, StoreReturnLine
from fulfillment.models.order import Customer, Order, OrderLine
from fulfillment.models.polling import CarrierCalls, ScanProfile
from fulfillment.models.shipment import Shipment, ShipmentChange, ShipmentLine, TrackingEvent, TrackingPoll
from fulfillment.models.store import CarrierAccount, Store
from fulfillment.models.trouble import ExceptionChange, ExceptionNote, ShipmentException, SilenceStatistics
from fulfillment.models.write import StoreWrite, WriteKind

__all__ = [
    "ApiAccess",
    "CarrierAccount",
    "CarrierCalls",
    "CarrierCode",
    "Consignment",
    "Courier",
    "CourierDevice",
    "CourierPosition",
    "CourierRun",
    "Customer",
    "DelayEpisode",
    "ExceptionChange",
    "ExceptionNote",
    "Forecast",
    "ImportRun",
    "InboxEvent",
    "LaneStatistics",
    "Order",
    "OrderLine",
    "Outcome",
    "ProofOfDelivery",
    "Refund",
    "RefundLine",
    "RoutingService",
    "RunStop",
    "ScanProfile",
    "Shipment",
    "ShipmentChange",
    "ShipmentException",
    "ShipmentLine",
    "ShipmentNumber",
    "SilenceStatistics",
    "SpeedStatistics",
    "Store",
    "StoreReturn",
    "StoreReturnLine",
    "StoreRun",
    "StoreSync",
    "StoreWrite",
    "TrackingEvent",
    "TrackingPoll",
    "Verdict",
    "WriteKind",
]
