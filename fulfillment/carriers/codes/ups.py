"""UPS. Status codes and types: "Tracking API, package status codes", developer.ups.com.

Of the three things UPS says of a scan, the three-digit ``statusCode`` is the finest and decides; the two-letter
``code`` decides where it is missing, and a ``type`` only where it leaves no doubt: type I and X cover too much.
"""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

BY_STATUS_CODE: dict[str, ShipmentStatus] = {
    "003": _S.PENDING,  # shipment ready for UPS
    "005": _S.IN_TRANSIT,
    "006": _S.OUT_FOR_DELIVERY,  # on vehicle for delivery
    "007": _S.CANCELLED,  # shipment information voided
    "010": _S.IN_TRANSIT,  # in transit: on time
    "011": _S.DELIVERED,
    "012": _S.IN_TRANSIT,  # clearance in progress
    "013": _S.ON_HOLD,  # exception
    "014": _S.IN_TRANSIT,  # clearance completed
    "016": _S.ON_HOLD,  # held in warehouse
    "017": _S.READY_FOR_PICKUP,  # held for customer pickup
    "018": _S.ON_HOLD,  # delivery change requested: hold
    "019": _S.ON_HOLD,  # held for future delivery
    "020": _S.ON_HOLD,  # held for future delivery requested
    "021": _S.OUT_FOR_DELIVERY,  # on vehicle for delivery today
    "022": _S.DELIVERY_FAILED,  # first attempt made
    "023": _S.DELIVERY_FAILED,  # second attempt made
    "024": _S.DELIVERY_FAILED,  # final attempt made
    "025": _S.IN_TRANSIT,  # transferred to local post office for delivery
    "026": _S.DELIVERED,  # delivered by local post office
    "027": _S.IN_TRANSIT,  # delivery address change requested
    "028": _S.IN_TRANSIT,  # delivery address changed
    "029": _S.ON_HOLD,  # exception: action required
    "030": _S.ON_HOLD,  # local post office exception
    "032": _S.DELIVERY_DELAYED,  # adverse weather may cause delay
    "033": _S.RETURN_TO_SENDER,
    "034": _S.RETURN_TO_SENDER,
    "035": _S.RETURN_TO_SENDER,
    "036": _S.RETURN_TO_SENDER,
    "037": _S.RETURN_TO_SENDER,
    "038": _S.PICKED_UP,
    "039": _S.IN_TRANSIT,  # in transit by post office
    "040": _S.READY_FOR_PICKUP,  # delivered to UPS Access Point, awaiting customer pickup
    "044": _S.IN_TRANSIT,
    "045": _S.PENDING,  # order processed: in transit to UPS
    "046": _S.DELIVERY_DELAYED,
    "047": _S.DELIVERY_DELAYED,
    "048": _S.DELIVERY_DELAYED,
    "049": _S.DELIVERY_DELAYED,  # delay: action required
    "050": _S.ON_HOLD,  # address information required
    "051": _S.DELIVERY_DELAYED,  # emergency situation or severe weather
    "052": _S.DELIVERY_DELAYED,  # severe weather
    "053": _S.DELIVERY_DELAYED,  # severe weather
    "054": _S.IN_TRANSIT,  # delivery change requested
    "055": _S.DELIVERY_DELAYED,  # rescheduled delivery
    "057": _S.IN_TRANSIT,  # in transit to a UPS Access Point
    "058": _S.ON_HOLD,  # clearance information required
    "059": _S.ON_HOLD,  # damage reported
    "060": _S.DELIVERY_FAILED,  # delivery attempted
    "061": _S.DELIVERY_FAILED,  # adult signature required
    "062": _S.DELIVERY_FAILED,  # funds required
    "063": _S.IN_TRANSIT,  # delivery change completed
    "064": _S.DELIVERY_FAILED,  # delivery refused
    "066": _S.DELIVERY_FAILED,  # post office delivery attempted
    "067": _S.RETURN_TO_SENDER,  # returned to sender by post office
    "068": _S.ON_HOLD,  # sent to lost and found
    "071": _S.IN_TRANSIT,  # preparing for delivery
    "072": _S.OUT_FOR_DELIVERY,  # loaded on delivery vehicle
}

BY_CODE: dict[str, ShipmentStatus] = {
    "MP": _S.PENDING,
    "VP": _S.CANCELLED,
    "PU": _S.PICKED_UP,
    "OC": _S.PICKED_UP,  # "We have your package"
    "OR": _S.IN_TRANSIT,
    "AR": _S.IN_TRANSIT,
    "DP": _S.IN_TRANSIT,
    "YP": _S.IN_TRANSIT,  # processing at UPS facility
    "OF": _S.OUT_FOR_DELIVERY,
    "OT": _S.OUT_FOR_DELIVERY,
    "DJ": _S.DELIVERY_DELAYED,
    "FS": _S.DELIVERED,
    "KB": _S.DELIVERED,
    "RS": _S.RETURN_TO_SENDER,
}

BY_TYPE: dict[str, ShipmentStatus] = {
    "D": _S.DELIVERED,
    "M": _S.PENDING,
    "MV": _S.CANCELLED,
    "P": _S.PICKED_UP,
    "O": _S.OUT_FOR_DELIVERY,
    "RS": _S.RETURN_TO_SENDER,
}

REASON: dict[str, Reason] = {
    "022": Reason.CONSIGNEE_NOT_AVAILABLE,
    "023": Reason.CONSIGNEE_NOT_AVAILABLE,
    "024": Reason.CONSIGNEE_NOT_AVAILABLE,
    "060": Reason.CONSIGNEE_NOT_AVAILABLE,
    "061": Reason.CONSIGNEE_VERIFICATION_FAILED,
    "064": Reason.CONSIGNEE_REFUSED,
    "050": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "058": Reason.CUSTOMS_DOCUMENTATION,
    "059": Reason.CARRIER_DAMAGED_PARCEL,
    "068": Reason.CARRIER_PARCEL_LOST,
    "032": Reason.WEATHER_DELAY,
    "051": Reason.WEATHER_DELAY,
    "052": Reason.WEATHER_DELAY,
    "053": Reason.WEATHER_DELAY,
    "DJ": Reason.WEATHER_DELAY,
}
