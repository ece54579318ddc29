"""FedEx. Event types and status exception codes: "Track API, API code reference", developer.fedex.com.

``DE`` (delivery exception) says that a delivery did not happen, and its exception code whether anybody was at a door.
"""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

BY_EVENT: dict[str, ShipmentStatus] = {
    "OC": _S.PENDING,  # shipment information sent to FedEx
    "EP": _S.PENDING,  # en route to pickup
    "MD": _S.PENDING,  # manifest data
    "OX": _S.IN_TRANSIT,  # shipment information sent to USPS
    "PU": _S.PICKED_UP,
    "PX": _S.PICKED_UP,
    "AP": _S.PENDING,  # at pickup
    "AA": _S.IN_TRANSIT,  # at airport
    "AC": _S.IN_TRANSIT,  # at Canada Post facility
    "AE": _S.IN_TRANSIT,  # shipment arriving early
    "AF": _S.IN_TRANSIT,  # at FedEx facility
    "AO": _S.IN_TRANSIT,  # shipment arriving on time
    "AR": _S.IN_TRANSIT,  # arrived at FedEx location
    "AX": _S.IN_TRANSIT,  # at USPS facility
    "CC": _S.IN_TRANSIT,  # cleared customs
    "CP": _S.IN_TRANSIT,  # clearance in progress
    "DP": _S.IN_TRANSIT,  # departed
    "EA": _S.IN_TRANSIT,  # en route to airport
    "EO": _S.IN_TRANSIT,  # en route to origin airport
    "FD": _S.IN_TRANSIT,  # at FedEx destination
    "IT": _S.IN_TRANSIT,
    "IX": _S.IN_TRANSIT,
    "LO": _S.IN_TRANSIT,  # left origin
    "OF": _S.IN_TRANSIT,  # at FedEx origin facility
    "PF": _S.IN_TRANSIT,  # plane in flight
    "PL": _S.IN_TRANSIT,  # plane landed
    "SF": _S.IN_TRANSIT,  # at sort facility
    "TR": _S.IN_TRANSIT,  # transfer
    "AD": _S.OUT_FOR_DELIVERY,  # at delivery
    "ED": _S.OUT_FOR_DELIVERY,  # en route to delivery
    "OD": _S.OUT_FOR_DELIVERY,
    "DL": _S.DELIVERED,
    "DE": _S.DELIVERY_DELAYED,
    "DD": _S.DELIVERY_DELAYED,  # delivery delay
    "DY": _S.DELIVERY_DELAYED,  # delay
    "PY": _S.DELIVERY_DELAYED,  # pickup delay
    "CD": _S.ON_HOLD,  # clearance delay
    "SE": _S.ON_HOLD,  # shipment exception
    "HA": _S.ON_HOLD,  # hold at location requested
    "HL": _S.READY_FOR_PICKUP,
    "HP": _S.READY_FOR_PICKUP,
    "RS": _S.RETURN_TO_SENDER,
    "RT": _S.RETURN_TO_SENDER,
    "CA": _S.CANCELLED,
}

#: Exceptions that mean that somebody was at the door.
ATTEMPTS = frozenset({"07", "08", "15"})

REASON: dict[str, Reason] = {
    "03": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "07": Reason.CONSIGNEE_REFUSED,
    "08": Reason.CONSIGNEE_NOT_AVAILABLE,  # customer not available or business closed
    "10": Reason.CARRIER_DAMAGED_PARCEL,
    "12": Reason.CARRIER_SORTING_ERROR,  # sorted to the wrong route
    "15": Reason.CONSIGNEE_BUSINESS_CLOSED,
    "31": Reason.CARRIER_NOT_ENOUGH_TIME,  # arrived after courier dispatch
    "55": Reason.CUSTOMS_DELAY,  # regulatory agency clearance delay
    "71": Reason.CUSTOMS_DOCUMENTATION,
    "72": Reason.CUSTOMS_DUTIES_UNPAID,
}

#: ``delayDetail.type`` of a scan.
DELAY: dict[str, Reason] = {
    "WEATHER": Reason.WEATHER_DELAY,
    "OPERATIONAL": Reason.CARRIER_NOT_ENOUGH_TIME,
    "LOCAL": Reason.CARRIER_NOT_ENOUGH_TIME,
    "CLEARANCE": Reason.CUSTOMS_DELAY,
}
