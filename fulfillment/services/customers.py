"""Buyers: whose an order is, and how they are reached."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import transaction

from fulfillment.facts import CustomerData, storable_facts
from fulfillment.models import Customer, Store
from parcelwise.clock import is_zone
from parcelwise.models import Contact

#: Letters of the longest e-mail address.
LONGEST_ADDRESS = 254
#: Letters of the longest id of a customer.
LONGEST_ID = 80


def record_customer(store: Store, data: CustomerData) -> Customer:
    """Create or update the buyer that one order states. The store's row must be locked.

    An order belongs to the login that its own statement names. Shops call their customers by what was typed at the
    checkout, an e-mail address for example, so the same id with another login (or none) is another customer: nobody
    gets at the orders of others by buying in their name, nor changes where their messages go.
    """
    columns = {**_contact(data), "user_id": _login(data.user_id)}
    key = _fitting(data.external_id)
    customer = _known(store, key)
    if customer is not None and customer.contact.user_id != columns["user_id"]:
        key = _own_id(data.external_id, columns["user_id"])
        customer = _known(store, key)
    if customer is None:
        contact = Contact.objects.create(**columns)
        return Customer.objects.create(
            store=store,
            external_id=key,
            contact=contact,
            consents=dict(data.consents or {}),
            stated_at=data.stated_at,
        )
    if not _is_older(data, customer):
        _update(customer, columns, data)
    return customer


def renew(store: Store, stated: Mapping[str, CustomerData]) -> None:
    """Bring those of the buyers that are known up to date, many at a time. ``stated`` is by fitting ids."""
    known = Customer.objects.filter(store=store, external_id__in=list(stated), contact__user=None)
    for customer in known.select_related("contact"):
        data = stated[customer.external_id]
        if not _is_older(data, customer):
            _update(customer, _contact(data), data)


def with_logins(store: Store, keys: Iterable[str]) -> set[str]:
    """Those of the ids under which a buyer with a login of the site is known: their orders are weighed one by one."""
    known = Customer.objects.filter(store=store, external_id__in=set(keys)).exclude(contact__user=None)
    return set(known.values_list("external_id", flat=True))


def as_columns(data: CustomerData) -> CustomerData:
    """The buyer with texts that fit their columns, for statements that write many rows."""
    return replace(data, external_id=_fitting(data.external_id), **_contact(data))


def _contact(data: CustomerData) -> dict[str, Any]:
    return {
        "name": data.name[:200],
        "email": _address(data.email),
        "phone": data.phone[:32],
        "language": data.language[:12],
        "time_zone": data.time_zone if is_zone(data.time_zone) else "",
    }


def _is_older(data: CustomerData, customer: Customer) -> bool:
    return bool(data.stated_at and customer.stated_at and data.stated_at < customer.stated_at)


def _update(customer: Customer, contact: dict[str, Any], data: CustomerData) -> None:
    if any(getattr(customer.contact, name) != value for name, value in contact.items()):
        Contact.objects.filter(pk=customer.contact_id).update(**contact)
    columns: dict[str, Any] = {}
    if data.consents is not None and customer.consents != data.consents:
        columns["consents"] = dict(data.consents)
    if data.stated_at and data.stated_at != customer.stated_at:
        columns["stated_at"] = data.stated_at
    if columns:
        Customer.objects.filter(pk=customer.pk).update(**columns)


def newest(stated: Iterable[CustomerData]) -> dict[str, CustomerData]:
    """The newest of several statements about each buyer, by the store's id; without times the last one.

    What it does not speak of (a time, consents) is as the ones before it had it.
    """
    found: dict[str, CustomerData] = {}
    for data in stated:
        known = found.get(data.external_id)
        if known is None:
            found[data.external_id] = data
        elif not (known.stated_at and data.stated_at and data.stated_at < known.stated_at):
            kept = known.consents if data.consents is None else data.consents
            found[data.external_id] = replace(data, consents=kept, stated_at=data.stated_at or known.stated_at)
    return found


def update_customer(store: Store, data: CustomerData) -> Customer | None:
    """Bring a buyer of whom we have orders up to date; None when there are none: people who never bought stay there."""
    with transaction.atomic():
        store = Store.objects.select_for_update().get(pk=store.pk)
        if _known(store, _fitting(data.external_id)) is None:
            return None
        return record_customer(store, storable_facts(data))


def _address(written: str) -> str:
    """An e-mail address as it is compared; one that is longer than any can be (RFC 5321, 4.5.3.1.3) is none."""
    address = written.strip().lower()
    return address if len(address) <= LONGEST_ADDRESS else ""


def _known(store: Store, external_id: str) -> Customer | None:
    return Customer.objects.filter(store=store, external_id=external_id).select_related("contact").first()


def _login(user_id: Any) -> Any:
    """The primary key of a login as it is compared, whatever its type; None for one that there is not (any more)."""
    if user_id is None:
        return None
    users = get_user_model()._base_manager
    try:
        return users.filter(pk=user_id).values_list("pk", flat=True).first()
    except (ValueError, ValidationError) as error:
        raise ValueError(f"its user_id is “{user_id}”, which is no key of a login") from error


def _fitting(external_id: str) -> str:
    """The store's id, or a digest of one that does not fit (an e-mail address may have 254 letters)."""
    return external_id if len(external_id) <= LONGEST_ID else _digest(external_id)


def _own_id(external_id: str, user_id: Any) -> str:
    """An id for this login (or for guests) under the store's id, when that one is somebody else's."""
    return f"guest:{_digest(external_id)}" if user_id is None else f"login:{_digest(f'{user_id}:{external_id}')}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
