"""Returns, and how they travel. The platform tells little of them: whoever wants to know more asks by GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, moment, money_set
from fulfillment.testing.shopify_twin.world.returning import Return, ReverseDelivery, ReverseFulfillmentOrder


def opened(back: Return) -> Payload:
    """``returns/request`` and ``/approve``, which say how many lines there are but not which."""
    return {
        **_head(back),
        "total_return_line_items": back.total_quantity,
        "name": back.name,
        "return_line_items": [],
        "return_shipping_fees": [
            {
                "id": fee.id,
                "admin_graphql_api_id": fee.gid,
                "price": money_set(fee.amount_set.minor, fee.amount_set.currency),
            }
            for fee in back.return_shipping_fees
        ],
        "exchange_line_items": [],
        "total_exchange_line_items": 0,
    }


def declined(back: Return) -> Payload:
    why = back.decline
    decline = {"reason": why.reason.lower(), "note": why.note} if why else None
    return {**_head(back), "decline": decline}


def moved(back: Return) -> Payload:
    """``returns/cancel``, ``/close`` and ``/reopen``."""
    return {
        "id": back.id,
        "admin_graphql_api_id": back.gid,
        "order_id": back.order.id,
        "status": back.status.lower(),
    }


def processed(back: Return) -> Payload:
    """``returns/process``: the published example is empty; ids are the least that a receiver needs."""
    return {"id": back.id, "admin_graphql_api_id": back.gid, "order": _head(back)["order"]}


def updated(back: Return, removals: Mapping[str, int]) -> Payload:
    return {
        "admin_graphql_api_id": back.gid,
        "return_line_items": {
            "removals": [{"admin_graphql_api_id": gid, "delta": units} for gid, units in removals.items()]
        },
        "restocking_fees": {"updates": [], "removals": []},
        "return_shipping_fees": {"updates": [], "removals": []},
    }


def attached(delivery: ReverseDelivery, zone: ZoneInfo) -> Payload:
    back = delivery.reverse_fulfillment_order.return_
    tracking, label = delivery.deliverable.tracking, delivery.deliverable.label
    return {
        "id": delivery.id,
        "admin_graphql_api_id": delivery.gid,
        "return": {"id": back.id, "admin_graphql_api_id": back.gid},
        "shipping_deliverable": {
            "tracking": {
                "carrier_name": tracking.carrier_name if tracking else None,
                "tracking_number": tracking.number if tracking else None,
                "tracking_url": tracking.url if tracking else None,
            },
            "label": {
                "public_file_url": label.public_file_url if label else None,
                "created_at": moment(label.created_at, zone) if label else None,
            },
        },
    }


def disposed(reverse: ReverseFulfillmentOrder, more: Mapping[str, Any]) -> Payload:
    line, disposition = more["line"], more["disposition"]
    place = disposition.location
    told = {
        "reverse_fulfillment_order_line_item": {"id": line.id, "admin_graphql_api_id": line.gid},
        "reverse_delivery_line_item": None,
        "type": disposition.type.lower(),
        "location": {"id": place.id, "admin_graphql_api_id": place.gid} if place else None,
        "quantity": disposition.quantity,
    }
    return {"id": reverse.id, "admin_graphql_api_id": reverse.gid, "dispositions": [told], "total_dispositions": 1}


def _head(back: Return) -> Payload:
    return {
        "id": back.id,
        "admin_graphql_api_id": back.gid,
        "status": back.status.lower(),
        "order": {"id": back.order.id, "admin_graphql_api_id": back.order.gid},
    }
