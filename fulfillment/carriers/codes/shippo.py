"""Shippo. Statuses and substatuses of tracks: docs.goshippo.com, "Tracking".

The substatus is finer and is looked up first; older tracks have none.
"""

from __future__ import annotations

from fulfillment.statuses import Reason, ShipmentStatus

_S = ShipmentStatus

BY_STATUS: dict[str, ShipmentStatus] = {
    "UNKNOWN": _S.UNKNOWN,
    "PRE_TRANSIT": _S.PENDING,
    "TRANSIT": _S.IN_TRANSIT,
    "DELIVERED": _S.DELIVERED,
    "RETURNED": _S.RETURN_TO_SENDER,
    "FAILURE": _S.ON_HOLD,
}

BY_SUBSTATUS: dict[str, ShipmentStatus | None] = {
    "information_received": _S.PENDING,
    "address_issue": _S.ON_HOLD,
    "contact_carrier": _S.ON_HOLD,
    "delayed": _S.DELIVERY_DELAYED,
    "delivery_attempted": _S.DELIVERY_FAILED,
    "delivery_rescheduled": _S.DELIVERY_DELAYED,
    "delivery_scheduled": _S.IN_TRANSIT,
    "location_inaccessible": _S.DELIVERY_FAILED,
    "notice_left": _S.DELIVERY_FAILED,
    "out_for_delivery": _S.OUT_FOR_DELIVERY,
    "package_accepted": _S.PICKED_UP,
    "package_arrived": _S.IN_TRANSIT,
    "package_damaged": _S.ON_HOLD,
    "package_departed": _S.IN_TRANSIT,
    "package_forwarded": _S.IN_TRANSIT,
    "package_held": _S.ON_HOLD,
    "package_processed": _S.IN_TRANSIT,
    "package_processing": _S.IN_TRANSIT,
    "pickup_available": _S.READY_FOR_PICKUP,
    "reschedule_delivery": _S.DELIVERY_FAILED,
    "delivered": _S.DELIVERED,
    "return_to_sender": _S.RETURN_TO_SENDER,
    "package_unclaimed": _S.RETURN_TO_SENDER,
    "package_undeliverable": _S.ON_HOLD,
    "package_disposed": _S.ON_HOLD,
    "package_lost": _S.ON_HOLD,
    "other": None,
}

REASON: dict[str, Reason] = {
    "address_issue": Reason.CONSIGNEE_INCORRECT_ADDRESS,
    "delivery_attempted": Reason.CONSIGNEE_NOT_AVAILABLE,
    "location_inaccessible": Reason.CONSIGNEE_ACCESS_RESTRICTED,
    "notice_left": Reason.CONSIGNEE_NOT_HOME,
    "package_damaged": Reason.CARRIER_DAMAGED_PARCEL,
    "package_lost": Reason.CARRIER_PARCEL_LOST,
    "package_unclaimed": Reason.CONSIGNEE_NOT_AVAILABLE,
}

#: Our slug -> Shippo's token: docs.goshippo.com, "Tracking Carriers", and ``CarriersEnum`` of its SDK, read in 2026.
#: Shippo has to be told the carrier, so others cannot be asked for. GLS of Germany is in neither any more.
CARRIERS: dict[str, str] = {
    "ups": "ups",
    "usps": "usps",
    "fedex": "fedex",
    "dhl": "dhl_germany",
    "dhl-express": "dhl_express",
    "dhl-ecommerce": "dhl_ecommerce",
    "deutsche-post": "deutsche_post",
    "dpd": "dpd_de",
    "dpd-uk": "dpd_uk",
    "hermes": "hermes_germany_b2c",
    "evri": "hermes_uk",
    "parcelforce": "parcelforce",
    "colissimo": "colissimo",
    "chronopost": "chronopost",
    "mondialrelay": "mondial_relay",
    "correos": "correos_espana",
    "posteitaliane": "poste_italiane",
    "canadapost": "canada_post",
    "purolator": "purolator",
    "ontrac": "ontrac",
    "lasership": "lasership",
    "auspost": "australia_post",
    "sendle": "sendle",
    "aramex": "aramex",
    "royalmail": "royal_mail",
    "laposte": "la_poste",
    "bring": "bring",
    "posti": "posti",
    "startrack": "australia_post",
    "nzpost": "new_zealand_post",
    "hongkongpost": "hongkong_post",
    "russianpost": "russian_post",
    "correios": "correios_br",
}
