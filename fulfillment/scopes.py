"""What a key of the API may do with orders and parcels, and who may ever hold such a key."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from parcelwise.scopes import declare


class Audience(TextChoices):
    """Whose program it is. What it sees follows from this, what it may do from its scopes."""

    STORE = "store", _("a store")
    CUSTOMER = "customer", _("a customer")
    STAFF = "staff", _("staff")


STORE, CUSTOMER, STAFF = Audience.STORE.value, Audience.CUSTOMER.value, Audience.STAFF.value

declare("orders:read", _("Read orders"), STORE, CUSTOMER, STAFF, permission="parcelwise_fulfillment.view_order")
declare("orders:write", _("State orders: create and change them"), STORE, permission="parcelwise_fulfillment.add_order")
declare(
    "shipments:read",
    _("Read parcels, their scans and arrival windows"),
    STORE,
    CUSTOMER,
    STAFF,
    permission="parcelwise_fulfillment.view_shipment",
)
declare("shipments:write", _("Add parcels to orders"), STORE, STAFF, permission="parcelwise_fulfillment.add_shipment")
declare(
    "events:write", _("State scans of parcels"), STORE, STAFF, permission="parcelwise_fulfillment.add_trackingevent"
)
declare(
    "exceptions:read", _("Read exceptions"), STORE, STAFF, permission="parcelwise_fulfillment.view_shipmentexception"
)
declare(
    "exceptions:write",
    _("Work on exceptions: assign, note, resolve"),
    STAFF,
    permission="parcelwise_fulfillment.change_shipmentexception",
)
declare("stores:read", _("Read stores"), STORE, STAFF, permission="parcelwise_fulfillment.view_store")
declare("carriers:read", _("Have the carriers of tracking numbers recognised"), STORE, CUSTOMER, STAFF)
