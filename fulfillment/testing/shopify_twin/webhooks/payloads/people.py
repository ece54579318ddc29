"""Customers and their consent."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, address, moment
from fulfillment.testing.shopify_twin.world.people import Customer
from fulfillment.testing.shopify_twin.world.places import Shop


def customer(person: Customer, zone: ZoneInfo) -> Payload:
    """``customers/create`` and ``/update``."""
    home = _home(person)
    return in_order(person, zone) | {"addresses": [home] if home else [], "note": person.note}


def in_order(person: Customer, zone: ZoneInfo) -> Payload:
    return {
        "id": person.id,
        "created_at": moment(person.created_at, zone),
        "updated_at": moment(person.updated_at, zone),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "state": person.state.lower(),
        "note": person.note,
        "verified_email": person.verified_email,
        "multipass_identifier": None,
        "tax_exempt": person.tax_exempt,
        "email": person.email,
        "phone": person.phone,
        "currency": person.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": person.gid,
        "default_address": _home(person),
    }


def _home(person: Customer) -> Payload | None:
    place = person.default_address
    if place is None:
        return None
    told = address(place) or {}
    keys = ("first_name", "last_name", "company", "address1", "address2", "city", "province", "country", "zip", "phone")
    return {
        "id": place.id,
        "customer_id": person.id,
        **{key: told[key] for key in (*keys, "name", "province_code", "country_code")},
        "country_name": place.country,
        "default": True,
    }


def deleted(person: Customer) -> Payload:
    return {"id": person.id, "tax_exemptions": [], "admin_graphql_api_id": person.gid}


def merged(kept: Customer, gone: Customer) -> Payload:
    return {
        "admin_graphql_api_customer_kept_id": kept.gid,
        "admin_graphql_api_customer_deleted_id": gone.gid,
        "admin_graphql_api_job_id": None,
        "status": "completed",
        "errors": [],
    }


def email_consent(person: Customer, zone: ZoneInfo) -> Payload:
    consent = person.email_consent
    return {
        "customer_id": person.id,
        "email_address": person.email,
        "email_marketing_consent": _consent(consent.state, consent.level, moment(consent.updated_at, zone)),
    }


def sms_consent(person: Customer, zone: ZoneInfo) -> Payload:
    consent = person.sms_consent
    told = _consent(consent.state, consent.level, moment(consent.updated_at, zone))
    told["consent_collected_from"] = (consent.collected_from or "OTHER").lower()
    return {"id": person.id, "phone": person.phone, "sms_marketing_consent": told}


def _consent(state: str, level: str | None, at: str | None) -> Payload:
    return {"state": state.lower(), "opt_in_level": level.lower() if level else None, "consent_updated_at": at}


def data_request(person: Customer, shop: Shop, orders: list[int], request: int) -> Payload:
    return {
        "shop_id": shop.id,
        "shop_domain": shop.myshopify_domain,
        "orders_requested": orders,
        "customer": {"id": person.id, "email": person.email, "phone": person.phone},
        "data_request": {"id": request},
    }


def redact(person: Customer, shop: Shop, more: Any) -> Payload:
    return {
        "shop_id": shop.id,
        "shop_domain": shop.myshopify_domain,
        "customer": {"id": person.id, "email": more["email"], "phone": more["phone"]},
        "orders_to_redact": more["orders"],
    }


def shop_redact(shop: Shop) -> Payload:
    return {"shop_id": shop.id, "shop_domain": shop.myshopify_domain}
