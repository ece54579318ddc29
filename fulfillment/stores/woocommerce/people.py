"""Buyers and addresses. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from fulfillment.facts import Address, CustomerData
from fulfillment.stores.woocommerce.values import Json, fields, moment, text

#: Metas of an order in which plugins for several languages note the one it was placed in.
LANGUAGE_METAS = ("wpml_language", "trp_language", "weglot_language", "pll_language", "_order_language")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?")


def address(value: Json) -> Address:
    """A billing or shipping address."""
    person, company = _name(value), text(value.get("company"))
    lines = (company if person else "", text(value.get("address_1")), text(value.get("address_2")))
    return Address(
        name=person or company,
        lines=tuple(line for line in lines if line),
        city=text(value.get("city")),
        region=text(value.get("state")),
        postcode=text(value.get("postcode")),
        country=text(value.get("country")).upper(),
    )


def destination(order: Json) -> Address:
    """Where the order goes: the shipping address, or the billing address when the order has no other."""
    shipping, billing = fields(order.get("shipping")), fields(order.get("billing"))
    has_place = any(text(shipping.get(name)) for name in ("address_1", "address_2", "city", "postcode"))
    return address(shipping if has_place else billing)


def buyer(order: Json, known: Mapping[str, Any]) -> CustomerData:
    """Whose order it is. A guest is known by address and number; ``known`` are the order's metas."""
    billing, shipping = fields(order.get("billing")), fields(order.get("shipping"))
    email = text(billing.get("email")).lower()
    account = text(order.get("customer_id"))
    # Whoever types somebody else's address with a number of their own is another guest: the number would be called.
    guest = f"{email} {text(billing.get('phone'))}".strip() if email else f"order:{text(order.get('id'))}"
    return CustomerData(
        external_id=account if account not in ("", "0") else guest,
        name=_name(billing) or _name(shipping) or text(billing.get("company")),
        email=email,
        phone=text(billing.get("phone")) or text(shipping.get("phone")),
        language=_language(order, known),
        stated_at=moment(order.get("date_created_gmt")),
    )


def customer(record: Json) -> CustomerData:
    """A customer with an account: reached as at the last checkout, else as the account says."""
    billing, changed_at = fields(record.get("billing")), moment(record.get("date_modified_gmt"))
    return CustomerData(
        external_id=text(record.get("id")),
        name=_name(billing) or _name(record),
        email=(text(billing.get("email")) or text(record.get("email"))).lower(),
        phone=text(billing.get("phone")) or text(fields(record.get("shipping")).get("phone")),
        # A checkout changes the account in the same second, and what was typed there is newer.
        stated_at=changed_at - timedelta(milliseconds=1) if changed_at else None,
    )


def _name(value: Json) -> str:
    return " ".join(filter(None, (text(value.get("first_name")), text(value.get("last_name")))))


def _language(order: Json, known: Mapping[str, Any]) -> str:
    for told in (order.get("lang"), *(known.get(key) for key in LANGUAGE_METAS)):
        word = text(told)
        if _LANGUAGE.fullmatch(word):
            return word.replace("_", "-").lower()
    return ""
