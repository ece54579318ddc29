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

declare("orders:read", _("Read orders"), STORE, CUSTOMER, STAFF)
declare("orders:write", _("State orders: create and change them"), STORE)
declare("shipments:read", _("Read parcels, their scans and arrival windows"), STORE, CUSTOMER, STAFF)
declare("shipments:write", _("Add parcels to orders"), STORE, STAFF)
declare("events:write", _("State scans of parcels"), STORE, STAFF)
declare("exceptions:read", _("Read exceptions"), STORE, STAFF)
declare("exceptions:write", _("Work on exceptions: assign, note, resolve"), STAFF)
declare("stores:read", _("Read stores"), STORE, STAFF)
declare("carriers:read", _("Have the carriers of tracking numbers recognised"), STORE, CUSTOMER, STAFF)
