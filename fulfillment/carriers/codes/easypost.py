"""EasyPost. Statuses and status details of trackers: docs.easypost.com, "Trackers".

The detail is finer and is looked up first. ``failure`` and ``error`` may mean any trouble, so they are no attempt.
"""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

BY_STATUS: dict[str, ShipmentStatus] = {
    "unknown": _S.UNKNOWN,
    "pre_transit": _S.PENDING,
    "in_transit": _S.IN_TRANSIT,
    "out_for_delivery": _S.OUT_FOR_DELIVERY,
    "delivered": _S.DELIVERED,
    "available_for_pickup": _S.READY_FOR_PICKUP,
    "return_to_sender": _S.RETURN_TO_SENDER,
    "failure": _S.ON_HOLD,
    "cancelled": _S.CANCELLED,
    "error": _S.ON_HOLD,
}

#: Details that say no more than the status beside them are ``None``.
BY_DETAIL: dict[str, ShipmentStatus | None] = {
    "address_correction": _S.ON_HOLD,
    "arrived_at_destination": None,  # the addressee's, with "delivered"; the addressee's town, with "in_transit"
    "arrived_at_facility": _S.IN_TRANSIT,
    "arrived_at_pickup_location": _S.READY_FOR_PICKUP,
    "awaiting_information": _S.ON_HOLD,
    "cancelled": _S.CANCELLED,
    "damaged": _S.ON_HOLD,
    "delayed": _S.DELIVERY_DELAYED,
    "delivery_exception": _S.DELIVERY_FAILED,
    "departed_facility": _S.IN_TRANSIT,
    "departed_origin_facility": _S.IN_TRANSIT,
    "expired": None,
    "failure": None,
    "held": _S.ON_HOLD,
    "in_transit": None,
    "label_created": _S.PENDING,
    "lost": _S.ON_HOLD,
    "missorted": _S.DELIVERY_DELAYED,
    "out_for_delivery": _S.OUT_FOR_DELIVERY,
    "received_at_destination_facility": _S.IN_TRANSIT,
    "received_at_origin_facility": _S.PICKED_UP,
    "refused": _S.DELIVERY_FAILED,
    "return": _S.RETURN_TO_SENDER,
    "status_update": None,
    "transferred_to_destination_carrier": _S.IN_TRANSIT,
    "transit_exception": _S.ON_HOLD,
    "unknown": None,
    "weather_delay": _S.DELIVERY_DELAYED,
}

REASON: dict[str, Reason] = {
    "address_correction": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "awaiting_information": Reason.RETAILER_INCORRECT_DATA,
    "damaged": Reason.CARRIER_DAMAGED_PARCEL,
    "lost": Reason.CARRIER_PARCEL_LOST,
    "missorted": Reason.CARRIER_SORTING_ERROR,
    "refused": Reason.CONSIGNEE_REFUSED,
    "weather_delay": Reason.WEATHER_DELAY,
}

#: Our slug -> EasyPost's name: its "carrier tracking strings", held in 2026 against a copy of that list (in the
#: integration of EasyPost for Home Assistant). A carrier that is not here is left for EasyPost to recognise, as are
#: those that the copy does not name (GLS, Aramex, Correios).
CARRIERS: dict[str, str] = {
    "ups": "UPS",
    "usps": "USPS",
    "fedex": "FedEx",
    "dhl-express": "DHLExpress",
    "dhl-ecommerce": "DhlEcs",
    "canadapost": "CanadaPost",
    "purolator": "Purolator",
    "ontrac": "OnTrac",
    "lasership": "LaserShipV2",
    "royalmail": "RoyalMail",
    "evri": "Evri",
    "parcelforce": "Parcelforce",
    "dpd": "DPD",
    "dpd-uk": "DPDUK",
    "auspost": "AustraliaPost",
    "startrack": "StarTrack",
    "sendle": "Sendle",
    "canpar": "Canpar",
    "deutsche-post": "DeutschePost",
    "laposte": "LaPoste",
    "chronopost": "Chronopost",
    "postnl": "PostNL",
    "japanpost": "JPPost",
    "yamato": "KuronekoYamato",
    "sfexpress": "SFExpress",
    "speedee": "SpeeDee",
    "yanwen": "Yanwen",
}
