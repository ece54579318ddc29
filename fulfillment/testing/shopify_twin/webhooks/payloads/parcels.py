"""Fulfilments, their events, holds."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, address, moment
from fulfillment.testing.shopify_twin.webhooks.payloads.lines import part_line
from fulfillment.testing.shopify_twin.world.parcels import Fulfillment, FulfillmentEvent, FulfillmentOrder, Hold


def fulfillment(sent: Fulfillment, zone: ZoneInfo) -> Payload:
    """``fulfillments/create`` and ``/update``."""
    told = in_order(sent, zone)
    return told | {"email": sent.order.email, "destination": address(sent.order.shipping_address)}


def in_order(sent: Fulfillment, zone: ZoneInfo) -> Payload:
    numbers = [tracking.number for tracking in sent.tracking if tracking.number]
    urls = [tracking.url for tracking in sent.tracking if tracking.url]
    latest = sent.latest
    return {
        "id": sent.id,
        "order_id": sent.order.id,
        "status": sent.status.lower(),
        "created_at": moment(sent.created_at, zone),
        "service": "manual",
        "updated_at": moment(sent.updated_at, zone),
        "tracking_company": sent.tracking[0].company if sent.tracking else None,
        "shipment_status": latest.status.lower() if latest else None,
        "location_id": sent.location.id,
        "origin_address": None,
        "line_items": [part_line(line.line_item, line.quantity) for line in sent.lines],
        "tracking_number": numbers[0] if numbers else None,
        "tracking_numbers": numbers,
        "tracking_url": urls[0] if urls else None,
        "tracking_urls": urls,
        "receipt": {},
        "name": sent.name,
        "admin_graphql_api_id": sent.gid,
    }


def event(step: FulfillmentEvent, shop_id: int, zone: ZoneInfo) -> Payload:
    sent = step.fulfillment
    return {
        "id": step.id,
        "fulfillment_id": sent.id,
        "status": step.status.lower(),
        "message": step.message,
        "happened_at": moment(step.happened_at, zone),
        "city": step.city,
        "province": step.province,
        "country": step.country,
        "zip": step.zip,
        "address1": step.address1,
        "latitude": step.latitude,
        "longitude": step.longitude,
        "shop_id": shop_id,
        "created_at": moment(step.created_at, zone),
        "updated_at": moment(step.created_at, zone),
        "estimated_delivery_at": moment(step.estimated_delivery_at, zone),
        "order_id": sent.order.id,
        "admin_graphql_api_id": step.gid,
    }


def held(plan: FulfillmentOrder, hold: Hold) -> Payload:
    """``fulfillment_orders/placed_on_hold``."""
    return {
        "fulfillment_order": {**_plan(plan), "fulfillment_holds": [_hold(one) for one in plan.holds]},
        "remaining_fulfillment_order": None,
        "held_fulfillment_order_line_items": [
            {"id": line.gid, "quantity": line.remaining_quantity} for line in plan.lines
        ],
        "created_fulfillment_hold": _hold(hold),
    }


def plan(part: FulfillmentOrder) -> Payload:
    """``fulfillment_orders/hold_released`` and ``/cancelled``."""
    return {"fulfillment_order": _plan(part)}


def _plan(part: FulfillmentOrder) -> Payload:
    return {"id": part.gid, "status": part.status.lower()}


def _hold(hold: Hold) -> Payload:
    return {
        "id": hold.gid,
        "reason": hold.reason.lower(),
        "reason_notes": hold.reason_notes,
        "held_by_requesting_app": hold.held_by_requesting_app,
        "handle": hold.handle,
        "held_by_app": {"id": "gid://shopify/App/12345"},
    }
