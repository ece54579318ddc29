"""The shop, and what happens to the app in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, moment
from fulfillment.testing.shopify_twin.world.places import Shop

NOTHING = (
    "source", "latitude", "longitude", "address2", "province", "province_code", "auto_configure_tax_inclusivity",
    "tax_shipping", "county_taxes", "google_apps_domain", "google_apps_login_enabled", "phone",
)  # fmt: skip
YES = ("eligible_for_payments", "has_storefront", "finances", "checkout_api_supported", "has_gift_cards")
NO = (
    "has_discounts", "requires_extra_payments_agreement", "password_enabled", "multi_location_enabled",
    "setup_required", "pre_launch_enabled", "marketing_sms_consent_enabled_at_checkout", "transactional_sms_disabled",
)  # fmt: skip


def shop(place: Shop) -> Payload:
    """``shop/update`` and ``app/uninstalled``."""
    nothing: Payload = dict.fromkeys(NOTHING)
    formats = ("money_format", "money_in_emails_format")
    with_currency = ("money_with_currency_format", "money_with_currency_in_emails_format")
    return {
        **nothing,
        **dict.fromkeys(YES, True),
        **dict.fromkeys(NO, False),
        **dict.fromkeys(formats, "€{{amount}}"),
        **dict.fromkeys(with_currency, "€{{amount}} EUR"),
        "id": place.id,
        "name": place.name,
        "email": place.email,
        "customer_email": place.email,
        "domain": place.myshopify_domain,
        "myshopify_domain": place.myshopify_domain,
        "country": place.location.country_code,
        "country_code": place.location.country_code,
        "country_name": place.location.country,
        "address1": place.location.address1,
        "zip": place.location.zip,
        "city": place.location.city,
        "primary_locale": "de",
        "created_at": moment(place.created_at, place.zone),
        "updated_at": moment(place.updated_at, place.zone),
        "currency": place.currency_code,
        "timezone": f"(GMT+01:00) {place.iana_timezone}",
        "iana_timezone": place.iana_timezone,
        "shop_owner": "Ana Albers",
        "weight_unit": "kg",
        "taxes_included": place.taxes_included,
        "plan_display_name": place.plan.public_display_name,
        "plan_name": place.plan.public_display_name.lower(),
        "primary_location_id": place.location.id,
        "enabled_presentment_currencies": [place.currency_code],
    }


def scopes(place: Shop, previous: Sequence[str], current: Sequence[str], at: datetime) -> Payload:
    """``app/scopes_update``."""
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "id": 1,
        "shop_id": place.gid,
        "previous": list(previous),
        "current": list(current),
        "updated_at": stamp,
    }
