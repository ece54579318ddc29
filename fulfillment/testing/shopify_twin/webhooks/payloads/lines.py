"""Line items, shipping lines and transactions."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, moment, money_set, tax_line
from fulfillment.testing.shopify_twin.world.amounts import plain
from fulfillment.testing.shopify_twin.world.lines import Line, ShippingLine, Transaction


def line(item: Line) -> Payload:
    """As it stands in an order."""
    whole = part_line(item, item.quantity)
    keys = ("id", "admin_graphql_api_id")
    head: Payload = {key: whole[key] for key in keys}
    head |= {"attributed_staffs": [], "current_quantity": item.current_quantity}
    return head | whole | {"sales_line_item_group_id": None}


def part_line(item: Line, quantity: int) -> Payload:
    """As it stands in a fulfilment or a refund, where it is shorter."""
    currency = item.order.currency
    return {
        "id": item.id,
        "variant_id": item.variant_id,
        "title": item.title,
        "quantity": quantity,
        "sku": item.sku,
        "variant_title": item.variant_title,
        "vendor": item.vendor,
        "fulfillment_service": "manual",
        "product_id": item.product_id,
        "requires_shipping": item.requires_shipping,
        "taxable": item.taxable,
        "gift_card": item.is_gift_card,
        "name": item.name,
        "variant_inventory_management": None,
        "properties": [{"name": entry.key, "value": entry.value} for entry in item.attributes],
        "product_exists": item.product_id is not None,
        "fulfillable_quantity": item.unfulfilled_quantity,
        "grams": item.grams,
        "price": plain(item.price, currency),
        "total_discount": plain(item.discount, currency),
        "fulfillment_status": _status(item),
        "price_set": money_set(item.price, currency),
        "total_discount_set": money_set(item.discount, currency),
        "discount_allocations": [],
        "duties": [],
        "admin_graphql_api_id": item.gid,
        "tax_lines": [tax_line(tax) for tax in item.tax_lines],
    }


def _status(item: Line) -> str | None:
    if not item.fulfilled:
        return None
    return "partial" if item.unfulfilled_quantity else "fulfilled"


def shipping_line(way: ShippingLine) -> Payload:
    currency = way.order.currency
    price = money_set(way.price, currency)
    return {
        "id": way.id,
        "carrier_identifier": way.carrier_identifier,
        "code": way.code,
        "current_discounted_price_set": price,
        "discounted_price": plain(way.price, currency),
        "discounted_price_set": price,
        "is_removed": way.is_removed,
        "phone": way.phone,
        "price": plain(way.price, currency),
        "price_set": price,
        "requested_fulfillment_service_id": None,
        "source": way.source,
        "title": way.title,
        "tax_lines": [tax_line(tax) for tax in way.tax_lines],
        "discount_allocations": [],
    }


def transaction(payment: Transaction, zone: ZoneInfo) -> Payload:
    """As it stands in a refund; ``order_transactions/create`` tells of the means of payment as well."""
    currency = payment.order.currency
    nothing = {"amount": plain(0, currency), "currency": currency}
    return {
        "id": payment.id,
        "order_id": payment.order.id,
        "kind": payment.kind.lower(),
        "gateway": payment.gateway,
        "status": payment.status.lower(),
        "message": None,
        "created_at": moment(payment.created_at, zone),
        "test": payment.test,
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": payment.parent.id if payment.parent else None,
        "processed_at": moment(payment.created_at, zone),
        "device_id": None,
        "error_code": None,
        "source_name": "web",
        "receipt": {},
        "amount": plain(payment.amount, currency),
        "currency": currency,
        "payment_id": payment.payment_id,
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": nothing},
        "manual_payment_gateway": payment.manual_payment_gateway,
        "amount_rounding": None,
        "admin_graphql_api_id": payment.gid,
    }


def paid(payment: Transaction, zone: ZoneInfo) -> Payload:
    """``order_transactions/create``."""
    names = ("credit_card_bin", "avs_result_code", "cvv_result_code", "credit_card_number", "credit_card_company")
    more = ("buyer_action_info", "credit_card_name", "credit_card_wallet")
    until = ("credit_card_expiration_month", "credit_card_expiration_year")
    details: Payload = dict.fromkeys((*names, *more, *until))
    details |= {
        "credit_card_number": "•••• •••• •••• 4242",
        "credit_card_company": "Visa",
        "payment_method_name": "visa",
    }
    return transaction(payment, zone) | {"payment_details": details}
