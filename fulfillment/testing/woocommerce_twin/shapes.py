"""Records as REST v3 and webhooks show them: keys, their order and their types are those of a recorded 9.9."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fulfillment.testing.woocommerce_twin.encoding import gmt, money, site_time, unit_price
from fulfillment.testing.woocommerce_twin.records import (
    Customer,
    Fulfillment,
    Line,
    Meta,
    Note,
    Order,
    Refund,
    ShippingLine,
    Site,
    Webhook,
)

SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF"}
ORDER_ADDRESS = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "state", "postcode", "country",
)  # fmt: skip
CUSTOMER_ADDRESS = (
    "first_name", "last_name", "company", "address_1", "address_2", "city", "postcode", "country", "state",
)  # fmt: skip
ALL = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def rest_url(site: Site, path: str) -> str:
    return f"{site.url}/wp-json/wc/v3/{path}"


def order_json(site: Site, order: Order) -> dict[str, Any]:
    return {
        "id": order.id,
        "parent_id": 0,
        "status": order.status,
        "currency": order.currency,
        "version": site.version,
        "prices_include_tax": False,
        "date_created": site_time(order.created, site.zone),
        "date_modified": site_time(order.modified, site.zone),
        "discount_total": money(sum(line.subtotal - line.total for line in order.lines)),
        "discount_tax": "0.00",
        "shipping_total": money(order.shipping_total),
        "shipping_tax": money(order.shipping_tax),
        "cart_tax": money(order.cart_tax),
        "total": money(order.total),
        "total_tax": money(order.cart_tax + order.shipping_tax),
        "customer_id": order.customer_id,
        "order_key": order.order_key,
        "billing": _address(order.billing, (*ORDER_ADDRESS, "email", "phone")),
        "shipping": _address(order.shipping, (*ORDER_ADDRESS, "phone")),
        "payment_method": order.payment_method,
        "payment_method_title": order.payment_title,
        "transaction_id": order.transaction_id,
        "customer_ip_address": "",
        "customer_user_agent": "",
        "created_via": order.created_via,
        "customer_note": order.customer_note,
        "date_completed": site_time(order.completed, site.zone),
        "date_paid": site_time(order.paid, site.zone),
        "cart_hash": "",
        "number": str(order.id),
        "meta_data": [_meta(meta) for meta in order.meta],
        "line_items": [_line(line, order.tax_percent) for line in order.lines],
        "tax_lines": _tax_lines(order),
        "shipping_lines": [_shipping(line, order.tax_percent) for line in order.shipping_lines],
        "fee_lines": [],
        "coupon_lines": [],
        "refunds": [
            {"id": refund.id, "reason": refund.reason, "total": money(-refund.amount)} for refund in order.refunds
        ],
        "payment_url": f"{site.url}/checkout/order-pay/{order.id}/?pay_for_order=true&key={order.order_key}",
        "is_editable": order.status in ("pending", "on-hold"),
        "needs_payment": order.status in ("pending", "failed") and order.total > 0,
        "needs_processing": True,
        "date_created_gmt": gmt(order.created),
        "date_modified_gmt": gmt(order.modified),
        "date_completed_gmt": gmt(order.completed),
        "date_paid_gmt": gmt(order.paid),
        "currency_symbol": SYMBOLS.get(order.currency, order.currency),
        "_links": _order_links(site, order),
    }


def _order_links(site: Site, order: Order) -> dict[str, Any]:
    links = {
        **_links(site, f"orders/{order.id}", "orders", ALL),
        "email_templates": [{"embeddable": True, "href": rest_url(site, f"orders/{order.id}/actions/email_templates")}],
    }
    if order.customer_id:
        links["customer"] = [{"href": rest_url(site, f"customers/{order.customer_id}")}]
    return links


def refund_json(site: Site, refund: Refund) -> dict[str, Any]:
    base = f"orders/{refund.order_id}"
    return {
        "id": refund.id,
        "date_created": site_time(refund.created, site.zone),
        "date_created_gmt": gmt(refund.created),
        "amount": money(refund.amount),
        "reason": refund.reason,
        "refunded_by": 1,
        "refunded_payment": refund.by_gateway,
        "meta_data": [_meta(meta) for meta in refund.meta],
        "line_items": [_line(line, 0) for line in refund.lines],
        "shipping_lines": [],
        "tax_lines": [],
        "fee_lines": [],
        "_links": {
            **_links(site, f"{base}/refunds/{refund.id}", f"{base}/refunds", ["GET", "DELETE"]),
            "up": [{"href": rest_url(site, base)}],
        },
    }


def customer_json(site: Site, customer: Customer) -> dict[str, Any]:
    face = hashlib.sha256(customer.email.encode()).hexdigest()
    return {
        "id": customer.id,
        "date_created": site_time(customer.created, site.zone),
        "date_created_gmt": gmt(customer.created),
        "date_modified": site_time(customer.modified, site.zone),
        "date_modified_gmt": gmt(customer.modified),
        "email": customer.email,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "role": "customer",
        "username": customer.username,
        "billing": _address(customer.billing, (*CUSTOMER_ADDRESS, "email", "phone")),
        "shipping": _address(customer.shipping, (*CUSTOMER_ADDRESS, "phone")),
        "is_paying_customer": customer.paying,
        "avatar_url": f"https://secure.gravatar.com/avatar/{face}?s=96&d=mm&r=g",
        "meta_data": [_meta(meta) for meta in customer.meta],
        "_links": _links(site, f"customers/{customer.id}", "customers", ALL),
    }


def webhook_json(site: Site, hook: Webhook, hooks: Sequence[str]) -> dict[str, Any]:
    """The secret and the count of failures are not shown."""
    resource, _, event = hook.topic.partition(".")
    return {
        "id": hook.id,
        "name": hook.name,
        "status": hook.status,
        "topic": hook.topic,
        "resource": resource,
        "event": event,
        "hooks": list(hooks),
        "delivery_url": hook.delivery_url,
        "date_created": site_time(hook.created, site.zone),
        "date_created_gmt": gmt(hook.created),
        "date_modified": site_time(hook.modified, site.zone),
        "date_modified_gmt": gmt(hook.modified),
        "_links": _links(site, f"webhooks/{hook.id}", "webhooks", ALL),
    }


def note_json(site: Site, order_id: int, note: Note) -> dict[str, Any]:
    base = f"orders/{order_id}"
    return {
        "id": note.id,
        "author": note.author,
        "date_created": site_time(note.created, site.zone),
        "date_created_gmt": gmt(note.created),
        "note": note.note,
        "customer_note": note.to_customer,
        "_links": {
            **_links(site, f"{base}/notes/{note.id}", f"{base}/notes", ["GET", "DELETE"]),
            "up": [{"href": rest_url(site, base)}],
        },
    }


def fulfillment_json(site: Site, parcel: Fulfillment) -> dict[str, Any]:
    """Its times are written as the data base has them, in the site's zone."""
    stamps = [site_time(moment, site.zone) for moment in (parcel.updated, parcel.deleted)]
    updated, deleted = [stamp and stamp.replace("T", " ") for stamp in stamps]
    return {
        "id": parcel.id,
        "entity_type": "WC_Order",
        "entity_id": str(parcel.order_id),
        "status": parcel.status,
        "is_fulfilled": parcel.status == "fulfilled",
        "date_updated": updated,
        "date_deleted": deleted,
        "meta_data": [_meta(meta) for meta in parcel.meta],
    }


def _links(site: Site, own: str, collection: str, allow: list[str]) -> dict[str, Any]:
    return {
        "self": [{"href": rest_url(site, own), "targetHints": {"allow": allow}}],
        "collection": [{"href": rest_url(site, collection)}],
    }


def _address(address: dict[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: address.get(key, "") for key in keys}


def _meta(meta: Meta) -> dict[str, Any]:
    return {"id": meta.id, "key": meta.key, "value": meta.value}


def _line(line: Line, tax_percent: int) -> dict[str, Any]:
    tax = [{"id": 1, "total": money(line.tax), "subtotal": money(line.tax)}] if tax_percent or line.tax else []
    return {
        "id": line.id,
        "name": line.name,
        "product_id": line.product_id,
        "variation_id": line.variation_id,
        "quantity": line.quantity,
        "tax_class": "",
        "subtotal": money(line.subtotal),
        "subtotal_tax": money(line.tax),
        "total": money(line.total),
        "total_tax": money(line.tax),
        "taxes": tax,
        "meta_data": [{**_meta(meta), "display_key": meta.key, "display_value": str(meta.value)} for meta in line.meta],
        "sku": line.sku,
        "price": unit_price(line.total, line.quantity),
        "image": {"id": "", "src": ""},
        "parent_name": None,
    }


def _shipping(line: ShippingLine, tax_percent: int) -> dict[str, Any]:
    return {
        "id": line.id,
        "method_title": line.title,
        "method_id": line.method,
        "instance_id": "",
        "total": money(line.total),
        "total_tax": money(line.tax),
        "taxes": [{"id": 1, "total": money(line.tax), "subtotal": ""}] if tax_percent else [],
        "tax_status": "taxable",
        "meta_data": [],
    }


def _tax_lines(order: Order) -> list[dict[str, Any]]:
    if not order.tax_percent:
        return []
    return [
        {
            "id": order.tax_item_id,
            "rate_code": "DE-VAT-1",
            "rate_id": 1,
            "label": "VAT",
            "compound": False,
            "tax_total": money(order.cart_tax),
            "shipping_tax_total": money(order.shipping_tax),
            "rate_percent": order.tax_percent,
            "meta_data": [],
        }
    ]
