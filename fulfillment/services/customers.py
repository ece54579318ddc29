"""Buyers: whose an order is, and how they are reached."""

from __future__ import annotations

import hashlib

from fulfillment.facts import CustomerData
from fulfillment.models import Customer, Store
from parcelwise.clock import is_zone
from parcelwise.models import Contact

#: Letters of the longest e-mail address.
LONGEST_ADDRESS = 254


def record_customer(store: Store, data: CustomerData) -> Customer:
    """Create or update the buyer that one order states. The store's row must be locked.

    An order belongs to the login that its own statement names. Shops call their customers by what was typed at the
    checkout, an e-mail address for example, so the same id with another login (or none) is another customer: nobody
    gets at the orders of others by buying in their name, nor changes where their messages go.
    """
    columns = {
        "name": data.name[:200],
        "email": _address(data.email),
        "phone": data.phone[:32],
        "language": data.language[:12],
        "time_zone": data.time_zone if is_zone(data.time_zone) else "",
        "user_id": data.user_id,
    }
    key = data.external_id
    customer = _known(store, key)
    if customer is not None and customer.contact.user_id != data.user_id:
        key = _own_id(data)
        customer = _known(store, key)
    if customer is None:
        contact = Contact.objects.create(**columns)
        return Customer.objects.create(store=store, external_id=key, contact=contact)
    if any(getattr(customer.contact, name) != value for name, value in columns.items()):
        Contact.objects.filter(pk=customer.contact_id).update(**columns)
    return customer


def _address(written: str) -> str:
    """An e-mail address as it is compared; one that is longer than any can be (RFC 5321, 4.5.3.1.3) is none."""
    address = written.strip().lower()
    return address if len(address) <= LONGEST_ADDRESS else ""


def _known(store: Store, external_id: str) -> Customer | None:
    return Customer.objects.filter(store=store, external_id=external_id).select_related("contact").first()


def _own_id(data: CustomerData) -> str:
    """An id for this login (or for guests) under the store's id, when that one is somebody else's."""
    digest = hashlib.sha256(data.external_id.encode()).hexdigest()[:40]
    return f"{'guest' if data.user_id is None else f'login-{data.user_id}'}:{digest}"
