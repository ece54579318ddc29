"""The words for where a parcel is, why it is in trouble, and whose fault that is.

The twelve statuses and the reasons use the names of the Karrio SDK's vocabulary, so that one word means one thing from
the connector to the page.
"""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ShipmentStatus(TextChoices):
    PENDING = "pending", _("Label made")
    PICKED_UP = "picked_up", _("Picked up")
    IN_TRANSIT = "in_transit", _("On its way")
    OUT_FOR_DELIVERY = "out_for_delivery", _("Out for delivery")
    READY_FOR_PICKUP = "ready_for_pickup", _("Ready for pickup")
    DELIVERED = "delivered", _("Delivered")
    DELIVERY_DELAYED = "delivery_delayed", _("Delayed")
    DELIVERY_FAILED = "delivery_failed", _("Delivery attempted")
    ON_HOLD = "on_hold", _("On hold")
    RETURN_TO_SENDER = "return_to_sender", _("Going back to the sender")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown")


class Culprit(TextChoices):
    CARRIER = "carrier", _("the carrier")
    RETAILER = "retailer", _("the shop")
    CONSIGNEE = "consignee", _("the recipient")
    CUSTOMS = "customs", _("customs")
    WEATHER = "weather", _("weather or force majeure")
    OTHER = "other", _("nobody in particular")


class Reason(TextChoices):
    CARRIER_DAMAGED_PARCEL = "carrier_damaged_parcel", _("The parcel was damaged")
    CARRIER_SORTING_ERROR = "carrier_sorting_error", _("It was sorted to the wrong place")
    CARRIER_ADDRESS_NOT_FOUND = "carrier_address_not_found", _("The driver did not find the address")
    CARRIER_PARCEL_LOST = "carrier_parcel_lost", _("The parcel is lost")
    CARRIER_NOT_ENOUGH_TIME = "carrier_not_enough_time", _("The driver ran out of time")
    CARRIER_VEHICLE_ISSUE = "carrier_vehicle_issue", _("The carrier's vehicle broke down")
    CARRIER_CAPACITY_EXCEEDED = "carrier_capacity_exceeded", _("The carrier has more parcels than it can handle")
    CARRIER_MECHANICAL_DELAY = "carrier_mechanical_delay", _("A technical fault at the carrier")
    RETAILER_CANCELLED = "retailer_cancelled", _("The shop cancelled the parcel")
    RETAILER_INCORRECT_DATA = "retailer_incorrect_data", _("The shop gave wrong data")
    RETAILER_NOT_READY = "retailer_not_ready", _("The parcel was not ready")
    RETAILER_INCORRECT_PARCEL = "retailer_incorrect_parcel", _("The shop handed over the wrong parcel")
    RETAILER_INCORRECT_DIMENSIONS = "retailer_incorrect_dimensions", _("Size or weight were wrong")
    RETAILER_PACKAGING_ISSUE = "retailer_packaging_issue", _("The packaging was not good enough")
    CONSIGNEE_REFUSED = "consignee_refused", _("The recipient refused the parcel")
    CONSIGNEE_BUSINESS_CLOSED = "consignee_business_closed", _("The business was closed")
    CONSIGNEE_NOT_AVAILABLE = "consignee_not_available", _("Nobody was there to take it")
    CONSIGNEE_NOT_HOME = "consignee_not_home", _("Nobody was at home")
    CONSIGNEE_CANCELLED = "consignee_cancelled", _("The recipient cancelled")
    CONSIGNEE_VERIFICATION_FAILED = "consignee_verification_failed", _("Identity could not be checked")
    CONSIGNEE_INCORRECT_ADDRESS = "consignee_incorrect_address", _("The address is wrong or incomplete")
    CONSIGNEE_ACCESS_RESTRICTED = "consignee_access_restricted", _("The driver could not get to the door")
    CONSIGNEE_SAFE_PLACE_UNAVAILABLE = "consignee_safe_place_unavailable", _("There was no safe place to leave it")
    CUSTOMS_DELAY = "customs_delay", _("Held up in customs")
    CUSTOMS_DOCUMENTATION = "customs_documentation", _("Customs needs documents")
    CUSTOMS_DUTIES_UNPAID = "customs_duties_unpaid", _("Duties are not paid")
    CUSTOMS_PROHIBITED = "customs_prohibited", _("Customs does not let it in")
    CUSTOMS_INSPECTION = "customs_inspection", _("Customs inspects it")
    WEATHER_DELAY = "weather_delay", _("Bad weather")
    NATURAL_DISASTER = "natural_disaster", _("A natural disaster")
    FORCE_MAJEURE = "force_majeure", _("Force majeure")
    PARCEL_BEING_RESEARCHED = "parcel_being_researched", _("The carrier is looking for it")
    SECURITY_ISSUE = "security_issue", _("A security issue")
    REGULATORY_HOLD = "regulatory_hold", _("Held by the authorities")
    UNKNOWN = "unknown", _("Unknown reason")


_BY_PREFIX = {
    "carrier": Culprit.CARRIER,
    "retailer": Culprit.RETAILER,
    "consignee": Culprit.CONSIGNEE,
    "customs": Culprit.CUSTOMS,
    "weather": Culprit.WEATHER,
    "natural": Culprit.WEATHER,
    "force": Culprit.WEATHER,
}


def culprit_of(reason: str) -> str:
    """Whose fault ``reason`` is; empty when there is no reason."""
    return _BY_PREFIX.get(reason.partition("_")[0], Culprit.OTHER).value if reason else ""


#: Nothing more is expected after these.
FINAL = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.CANCELLED})
#: Something is wrong and somebody should look.
TROUBLED = frozenset(
    {ShipmentStatus.DELIVERY_DELAYED, ShipmentStatus.DELIVERY_FAILED, ShipmentStatus.ON_HOLD,
     ShipmentStatus.RETURN_TO_SENDER}
)  # fmt: skip
#: The carrier has it.
MOVING = frozenset(
    {ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY,
     ShipmentStatus.READY_FOR_PICKUP, *TROUBLED}
)  # fmt: skip


class OrderStatus(TextChoices):
    OPEN = "open", _("Open")
    CANCELLED = "cancelled", _("Cancelled")
    CLOSED = "closed", _("Closed")


class PaymentStatus(TextChoices):
    PENDING = "pending", _("Not paid yet")
    AUTHORIZED = "authorized", _("Authorized")
    PAID = "paid", _("Paid")
    PARTIALLY_PAID = "partially_paid", _("Partly paid")
    PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
    REFUNDED = "refunded", _("Refunded")
    VOIDED = "voided", _("Voided")
    UNKNOWN = "unknown", _("Unknown")


class StoreReturnStatus(TextChoices):
    """Where a return stands on the store's platform."""

    REQUESTED = "requested", _("Requested")
    OPEN = "open", _("Open")
    DECLINED = "declined", _("Declined")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")
    UNKNOWN = "unknown", _("Unknown")


class Direction(TextChoices):
    OUT = "out", _("to the customer")
    BACK = "back", _("back to the shop")


class NumberRole(TextChoices):
    """What a further number of a parcel is, beside the one that its store gave."""

    FIRST_MILE = "first_mile", _("first mile")
    LAST_MILE = "last_mile", _("last mile")
    ALTERNATIVE = "alternative", _("another writing")
    PIECE = "piece", _("piece of the same shipment")
    RETURN = "return", _("way back")
