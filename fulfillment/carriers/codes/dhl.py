"""DHL. Status codes: "Shipment Tracking - Unified API", developer.dhl.com.

The codes are coarse, so whole sentences that DHL uses are looked up first: exactly, in lower case, without a full stop
and without what follows it. A code that is known but coarse (``transit``) says what DHL itself says.
"""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

#: ``unknown`` is not here: DHL does not know, and so do we. ``failure`` may mean any trouble, so it is no attempt.
BY_CODE: dict[str, ShipmentStatus] = {
    "pre-transit": _S.PENDING,
    "transit": _S.IN_TRANSIT,
    "delivered": _S.DELIVERED,
    "failure": _S.ON_HOLD,
}

BY_WORDS: dict[str, ShipmentStatus] = {
    "label created": _S.PENDING,
    "the shipment has been picked up": _S.PICKED_UP,
    "pick-up was successful": _S.PICKED_UP,
    "the shipment has been posted by the sender at the retail outlet": _S.PICKED_UP,
    "the shipment has been loaded onto the delivery vehicle": _S.OUT_FOR_DELIVERY,
    "die sendung wurde in das zustellfahrzeug geladen": _S.OUT_FOR_DELIVERY,
    "out for delivery": _S.OUT_FOR_DELIVERY,
    "being delivered": _S.OUT_FOR_DELIVERY,
    "the shipment is ready for pick-up": _S.READY_FOR_PICKUP,
    "the recipient was not available": _S.DELIVERY_FAILED,
    "the recipient refused the shipment": _S.DELIVERY_FAILED,
    "the delivery of the shipment is delayed": _S.DELIVERY_DELAYED,
    "the shipment is delayed due to adverse weather conditions": _S.DELIVERY_DELAYED,
    "the shipment is being held by customs": _S.ON_HOLD,
    "the shipment is being returned to the sender": _S.RETURN_TO_SENDER,
    "die sendung wird an den absender zurückgesandt": _S.RETURN_TO_SENDER,
    "the shipment has been cancelled": _S.CANCELLED,
    "close bag": _S.IN_TRANSIT,
}

REASON: dict[str, Reason] = {
    "the recipient was not available": Reason.CONSIGNEE_NOT_AVAILABLE,
    "the recipient refused the shipment": Reason.CONSIGNEE_REFUSED,
    "the address is incomplete": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "the shipment is delayed due to adverse weather conditions": Reason.WEATHER_DELAY,
    "the shipment was damaged": Reason.CARRIER_DAMAGED_PARCEL,
    "the shipment is being held by customs": Reason.CUSTOMS_DELAY,
}
