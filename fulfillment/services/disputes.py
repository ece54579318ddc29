"""What customers say of a delivery that they do not have: stated once, taken back, and never louder than it is."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.utils import translation

from fulfillment.models import Shipment, ShipmentException
from fulfillment.services import exceptions
from fulfillment.trouble import Resolution, TroubleKind
from parcelwise.storable import one_line

#: Who acts on the customer's pages, as notes name them.
CUSTOMER = "customer"
#: What a customer may write about one parcel before they are asked to write a mail instead.
MOST_NOTES = 5


def dispute_of(shipment: Shipment) -> ShipmentException | None:
    """What was last said about its delivery; None: nobody doubts it."""
    return shipment.exceptions.filter(kind=TroubleKind.DISPUTED).order_by("-opened_at", "-pk").first()


def is_settled(row: ShipmentException | None) -> bool:
    """Whether staff have answered it. Then it is for them to open it again."""
    return bool(row and row.closed_at and row.closed_by not in (CUSTOMER, ""))


def say_missing(shipment: Shipment, words: str = "") -> ShipmentException:
    """The customer does not have the parcel. However often it is said, it is one exception.

    Raises GiveUp for a parcel that does not count as delivered to the customer.
    """
    words = "\n".join(one_line(line) for line in words.strip().splitlines())
    with transaction.atomic(), _for_staff():
        # The parcel's row is the lock, as in exceptions.dispute.
        shipment = Shipment.objects.select_for_update(of=("self",)).select_related("order__store").get(pk=shipment.pk)
        row = dispute_of(shipment)
        if row is None or (row.closed_at and not is_settled(row) and _may_write(row)):
            return exceptions.dispute(shipment, CUSTOMER, words)
        if words and row.closed_at is None and _may_write(row) and not row.notes.filter(words=words[:2000]).exists():
            exceptions.add_note(row, words, CUSTOMER)
        return row


def say_found(shipment: Shipment) -> ShipmentException | None:
    """The parcel is there after all. None when nobody had said otherwise."""
    with transaction.atomic(), _for_staff():
        Shipment.objects.select_for_update().get(pk=shipment.pk)
        row = dispute_of(shipment)
        if row and row.closed_at is None:
            exceptions.resolve([row.pk], Resolution.ARRIVED, CUSTOMER)
            row.refresh_from_db()
        return row


def may_write(row: ShipmentException | None) -> bool:
    """Whether there is room for another note of the customer's."""
    return row is None or _may_write(row)


def _may_write(row: ShipmentException) -> bool:
    return row.notes.filter(author=CUSTOMER).count() < MOST_NOTES


def _for_staff() -> translation.override:
    """Notes are read by staff, in the site's language, whatever the customer's is."""
    return translation.override(settings.LANGUAGE_CODE)
