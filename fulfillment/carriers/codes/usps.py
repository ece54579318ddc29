"""USPS. Event codes: Publication 199, "Intelligent Mail package barcode", appendix of event codes; and those seen in
answers of Tracking API v3."""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

BY_EVENT: dict[str, ShipmentStatus] = {
    "GX": _S.PENDING,  # shipping label created, USPS awaiting item
    "MA": _S.PENDING,  # manifest acknowledgement
    "GC": _S.PENDING,  # pre-shipment
    "03": _S.PICKED_UP,  # acceptance
    "TM": _S.PICKED_UP,  # shipment acceptance
    "PA": _S.PICKED_UP,  # passive acceptance
    "OA": _S.PICKED_UP,  # origin acceptance
    "80": _S.PICKED_UP,  # picked up by shipping partner
    "06": _S.IN_TRANSIT,  # forwarded
    "07": _S.IN_TRANSIT,  # arrived at post office
    "08": _S.IN_TRANSIT,  # missent
    "10": _S.IN_TRANSIT,  # processed
    "15": _S.IN_TRANSIT,  # mis-shipped
    "19": _S.IN_TRANSIT,
    "41": _S.IN_TRANSIT,  # received at opening unit
    "42": _S.IN_TRANSIT,  # handed to shipping partner
    "81": _S.IN_TRANSIT,  # arrived at shipping partner facility
    "82": _S.IN_TRANSIT,  # departed shipping partner facility
    "A1": _S.IN_TRANSIT,  # arrived at regional facility
    "EF": _S.IN_TRANSIT,  # departed sort facility
    "NT": _S.IN_TRANSIT,  # in transit to next facility
    "PC": _S.IN_TRANSIT,  # sorting complete
    "SF": _S.IN_TRANSIT,  # departed post office
    "T1": _S.IN_TRANSIT,  # departed regional facility
    "TL": _S.IN_TRANSIT,  # in transit to next facility
    "OF": _S.OUT_FOR_DELIVERY,
    "01": _S.DELIVERED,
    "17": _S.DELIVERED,  # picked up by agent
    "43": _S.DELIVERED,  # picked up at the post office
    "14": _S.READY_FOR_PICKUP,  # arrived at pickup point
    "16": _S.READY_FOR_PICKUP,
    "02": _S.DELIVERY_FAILED,  # attempted, notice left
    "04": _S.DELIVERY_FAILED,  # refused
    "30": _S.DELIVERY_FAILED,  # no access to delivery location
    "51": _S.DELIVERY_FAILED,  # business closed
    "52": _S.DELIVERY_FAILED,  # notice left
    "53": _S.DELIVERY_FAILED,  # receptacle blocked
    "54": _S.DELIVERY_FAILED,  # receptacle full
    "55": _S.DELIVERY_FAILED,  # no secure location
    "56": _S.DELIVERY_FAILED,  # no authorized recipient
    "05": _S.ON_HOLD,  # undeliverable as addressed
    "11": _S.ON_HOLD,  # dead letter
    "71": _S.DELIVERY_DELAYED,  # rescheduled to next delivery day
    "DX": _S.DELIVERY_DELAYED,  # delivery status not updated
    "09": _S.RETURN_TO_SENDER,
    "21": _S.RETURN_TO_SENDER,
    "22": _S.RETURN_TO_SENDER,
    "23": _S.RETURN_TO_SENDER,
    "24": _S.RETURN_TO_SENDER,
    "25": _S.RETURN_TO_SENDER,
    "26": _S.RETURN_TO_SENDER,
    "27": _S.RETURN_TO_SENDER,
    "28": _S.RETURN_TO_SENDER,
    "29": _S.RETURN_TO_SENDER,
    "31": _S.RETURN_TO_SENDER,
    "44": _S.RETURN_TO_SENDER,  # customer recall
}

REASON: dict[str, Reason] = {
    "02": Reason.CONSIGNEE_NOT_AVAILABLE,
    "52": Reason.CONSIGNEE_NOT_AVAILABLE,
    "56": Reason.CONSIGNEE_NOT_AVAILABLE,
    "04": Reason.CONSIGNEE_REFUSED,
    "05": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "21": Reason.CONSIGNEE_INCORRECT_ADDRESS,  # no such number
    "22": Reason.CONSIGNEE_INCORRECT_ADDRESS,  # insufficient address
    "23": Reason.CONSIGNEE_INCORRECT_ADDRESS,  # moved, left no address
    "25": Reason.CONSIGNEE_INCORRECT_ADDRESS,  # addressee unknown
    "26": Reason.CONSIGNEE_INCORRECT_ADDRESS,  # vacant
    "27": Reason.CONSIGNEE_NOT_AVAILABLE,  # unclaimed
    "31": Reason.CONSIGNEE_NOT_AVAILABLE,  # not picked up
    "08": Reason.CARRIER_SORTING_ERROR,
    "15": Reason.CARRIER_SORTING_ERROR,
    "11": Reason.CARRIER_PARCEL_LOST,
    "30": Reason.CONSIGNEE_ACCESS_RESTRICTED,
    "53": Reason.CONSIGNEE_ACCESS_RESTRICTED,
    "54": Reason.CONSIGNEE_ACCESS_RESTRICTED,
    "55": Reason.CONSIGNEE_SAFE_PLACE_UNAVAILABLE,
    "51": Reason.CONSIGNEE_BUSINESS_CLOSED,
    "44": Reason.RETAILER_CANCELLED,
}
