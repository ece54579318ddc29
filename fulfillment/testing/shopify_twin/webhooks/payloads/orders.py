"""Orders, in the ninety-three keys that the platform tells of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads import lines, parcels, people, refunds
from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, address, moment, money_set, tax_line
from fulfillment.testing.shopify_twin.world.amounts import plain
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.returning import Return

#: What the twin has nothing to say about.
NOTHING = (
    "app_id", "browser_ip", "client_details", "current_total_additional_fees_set", "current_total_duties_set",
    "device_id", "landing_site", "landing_site_ref", "location_id", "merchant_of_record_app_id",
    "original_total_additional_fees_set", "original_total_duties_set", "reference", "referring_site",
    "source_identifier", "source_url", "user_id", "payment_terms",
)  # fmt: skip
FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}


def order(sale: Order, zone: ZoneInfo) -> Payload:
    """``orders/create``, ``/updated``, ``/paid``, ``/cancelled``, ``/fulfilled`` and ``/partially_fulfilled``."""
    nothing: Payload = dict.fromkeys(NOTHING)
    return {**_head(sale, zone), **nothing, **_state(sale, zone), **_money(sale), **_content(sale, zone)}


def deleted(sale: Order) -> Payload:
    return {"id": sale.id}


def edited(sale: Order, zone: ZoneInfo, more: Payload) -> Payload:
    changed = {
        kind: [{"id": number, "delta": units} for number, units in more[kind].items()]
        for kind in ("additions", "removals")
    }
    none: Payload = {"additions": [], "removals": []}
    return {
        "order_edit": {
            "id": more["number"],
            "app_id": None,
            "created_at": moment(sale.updated_at, zone),
            "committed_at": moment(sale.updated_at, zone),
            "notify_customer": more["notify"],
            "order_id": sale.id,
            "staff_note": "",
            "user_id": None,
            "line_items": changed,
            "discounts": {"line_item": none},
            "shipping_lines": none,
        }
    }


def _head(sale: Order, zone: ZoneInfo) -> Payload:
    return {
        "id": sale.id,
        "admin_graphql_api_id": sale.gid,
        "name": sale.name,
        "number": sale.number - 1000,
        "order_number": sale.number,
        "confirmation_number": sale.confirmation_number,
        "token": sale.token,
        "cart_token": None,
        "checkout_token": None,
        "order_status_url": sale.status_page_url,
        "created_at": moment(sale.created_at, zone),
        "processed_at": moment(sale.processed_at, zone),
        "email": sale.email or "",
        "contact_email": sale.email,
        "phone": sale.phone,
        "customer_locale": sale.customer_locale,
        "currency": sale.currency,
        "presentment_currency": sale.currency,
        "test": sale.test,
        "source_name": sale.source_name,
        "po_number": sale.po_number,
        "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
        "tax_exempt": sale.tax_exempt,
        "taxes_included": sale.taxes_included,
        "duties_included": False,
        "estimated_taxes": False,
    }


def _state(sale: Order, zone: ZoneInfo) -> Payload:
    consent = sale.customer.email_consent.state if sale.customer else ""
    return {
        "updated_at": moment(sale.updated_at, zone),
        "closed_at": moment(sale.closed_at, zone),
        "cancelled_at": moment(sale.cancelled_at, zone),
        "cancel_reason": sale.cancel_reason.lower() if sale.cancel_reason else None,
        "confirmed": sale.confirmed,
        "buyer_accepts_marketing": consent == "SUBSCRIBED",
        "financial_status": sale.display_financial_status.lower(),
        "fulfillment_status": FULFILLMENT.get(sale.display_fulfillment_status),
        "note": sale.note,
        "note_attributes": [{"name": entry.key, "value": entry.value} for entry in sale.attributes],
        "tags": ", ".join(sale.tags),
        "payment_gateway_names": sale.payment_gateway_names,
    }


def _money(sale: Order) -> Payload:
    currency, discounts = sale.currency, sum(line.discount for line in sale.lines)
    figures = {
        "current_subtotal_price": sale.current_subtotal,
        "current_total_discounts": discounts,
        "current_total_price": sale.current_total,
        "current_total_tax": sale.current_tax,
        "subtotal_price": sale.subtotal,
        "total_discounts": discounts,
        "total_line_items_price": sale.subtotal + discounts,
        "total_price": sale.total,
        "total_tax": sale.tax,
    }
    told: Payload = {name: plain(minor, currency) for name, minor in figures.items()}
    told |= {f"{name}_set": money_set(minor, currency) for name, minor in figures.items()}
    zero = money_set(0, currency)
    return told | {
        "current_shipping_price_set": money_set(sale.current_shipping, currency),
        "total_shipping_price_set": money_set(sale.shipping_price, currency),
        "total_cash_rounding_payment_adjustment_set": zero,
        "total_cash_rounding_refund_adjustment_set": zero,
        "total_outstanding": plain(sale.outstanding, currency),
        "total_tip_received": plain(0, currency),
        "total_weight": int(sale.total_weight),
        "tax_lines": [tax_line(tax) for tax in sale.tax_lines],
        "discount_codes": [],
    }


def _content(sale: Order, zone: ZoneInfo) -> Payload:
    return {
        "billing_address": address(sale.billing_address),
        "customer": people.in_order(sale.customer, zone) if sale.customer else None,
        "discount_applications": [],
        "fulfillments": [parcels.in_order(sent, zone) for sent in sale.fulfillments],
        "line_items": [lines.line(line) for line in sale.lines],
        "refunds": [refunds.refund(back, zone) for back in sale.refunds],
        "shipping_address": address(sale.shipping_address),
        "shipping_lines": [lines.shipping_line(way) for way in sale.shipping],
        "returns": [_return(back) for back in sale.returns],
        "line_item_groups": [],
    }


def _return(back: Return) -> Payload:
    return {
        "id": back.id,
        "admin_graphql_api_id": back.gid,
        "name": back.name,
        "status": back.status.lower(),
        "total_return_line_items": back.total_quantity,
    }
