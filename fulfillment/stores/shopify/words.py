"""Shopify's words and ours, as tables. A word that is in none of them is unknown, never guessed at."""

from __future__ import annotations

from collections.abc import Mapping

from fulfillment.statuses import PaymentStatus, ShipmentStatus, StoreReturnStatus

#: FulfillmentEventStatus -> ours.
EVENT: Mapping[str, str] = {
    "LABEL_PURCHASED": ShipmentStatus.PENDING,
    "LABEL_PRINTED": ShipmentStatus.PENDING,
    "CONFIRMED": ShipmentStatus.PENDING,
    "CARRIER_PICKED_UP": ShipmentStatus.PICKED_UP,
    "IN_TRANSIT": ShipmentStatus.IN_TRANSIT,
    "OUT_FOR_DELIVERY": ShipmentStatus.OUT_FOR_DELIVERY,
    "READY_FOR_PICKUP": ShipmentStatus.READY_FOR_PICKUP,
    "DELAYED": ShipmentStatus.DELIVERY_DELAYED,
    "ATTEMPTED_DELIVERY": ShipmentStatus.DELIVERY_FAILED,
    "DELIVERED": ShipmentStatus.DELIVERED,
    "FAILURE": ShipmentStatus.DELIVERY_FAILED,
}
#: Ours -> FulfillmentEventStatus; a status that is not here has no word at Shopify's.
EVENT_OF: Mapping[str, str] = {
    ShipmentStatus.PENDING: "LABEL_PRINTED",
    ShipmentStatus.PICKED_UP: "CARRIER_PICKED_UP",
    ShipmentStatus.IN_TRANSIT: "IN_TRANSIT",
    ShipmentStatus.OUT_FOR_DELIVERY: "OUT_FOR_DELIVERY",
    ShipmentStatus.READY_FOR_PICKUP: "READY_FOR_PICKUP",
    ShipmentStatus.DELIVERED: "DELIVERED",
    ShipmentStatus.DELIVERY_DELAYED: "DELAYED",
    ShipmentStatus.DELIVERY_FAILED: "ATTEMPTED_DELIVERY",
    ShipmentStatus.ON_HOLD: "DELAYED",
    ShipmentStatus.RETURN_TO_SENDER: "FAILURE",
}
#: FulfillmentStatus of fulfilments that never left: the merchant took them back, or the warehouse could not.
CANCELLED_PARCELS = frozenset({"CANCELLED", "ERROR", "FAILURE"})

#: OrderDisplayFinancialStatus -> ours. An authorization that expired brings no money any more.
PAYMENT: Mapping[str, str] = {
    "AUTHORIZED": PaymentStatus.AUTHORIZED,
    "EXPIRED": PaymentStatus.VOIDED,
    "PAID": PaymentStatus.PAID,
    "PARTIALLY_PAID": PaymentStatus.PARTIALLY_PAID,
    "PARTIALLY_REFUNDED": PaymentStatus.PARTIALLY_REFUNDED,
    "PENDING": PaymentStatus.PENDING,
    "REFUNDED": PaymentStatus.REFUNDED,
    "VOIDED": PaymentStatus.VOIDED,
}
#: ReturnStatus -> ours.
RETURN: Mapping[str, str] = {
    "REQUESTED": StoreReturnStatus.REQUESTED,
    "OPEN": StoreReturnStatus.OPEN,
    "DECLINED": StoreReturnStatus.DECLINED,
    "CLOSED": StoreReturnStatus.CLOSED,
    "CANCELED": StoreReturnStatus.CANCELLED,
}
#: RefundLineItemRestockType -> ours. LEGACY_RESTOCK does not say whether the pieces had left.
RESTOCK: Mapping[str, str] = {
    "CANCEL": "cancel",
    "RETURN": "return",
    "NO_RESTOCK": "no_restock",
}
#: States of consent to marketing -> ours; the others say that nobody was asked, or cannot be.
CONSENT: Mapping[str, str] = {
    "SUBSCRIBED": "subscribed",
    "UNSUBSCRIBED": "unsubscribed",
    "PENDING": "pending",
}
#: Grams of one WeightUnit.
GRAMS: Mapping[str, str] = {
    "GRAMS": "1",
    "KILOGRAMS": "1000",
    "OUNCES": "28.349523125",
    "POUNDS": "453.59237",
}
