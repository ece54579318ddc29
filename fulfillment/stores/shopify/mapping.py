"""GraphQL objects of Shopify's as facts. Pure: no models, no HTTP; every way that reads orders ends here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fulfillment.carriers.names import carrier_slug
from fulfillment.facts import (
    Address,
    CustomerData,
    LineData,
    OrderData,
    ParcelData,
    RefundData,
    RefundLineData,
    ReturnedLineData,
    Scan,
    StoreReturnData,
    store_event_code,
)
from fulfillment.statuses import MOVING, OrderStatus, PaymentStatus, ShipmentStatus, StoreReturnStatus
from fulfillment.stores.shopify import words
from fulfillment.stores.shopify.gid import number_of
from parcelwise.money import to_minor

Node = Mapping[str, Any]


def order(node: Node) -> OrderData:
    """The order that ``node`` states. Its connections must be whole. ValueError when it makes no sense."""
    try:
        return _order(node)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"Shopify's answer lacks something or has it in another shape: {error!r}") from error


def _order(node: Node) -> OrderData:
    currency = str(node["currencyCode"])
    fulfillments = list(node.get("fulfillments") or ())
    sent = _sent(fulfillments)
    return OrderData(
        external_id=_word(node["id"]),
        number=_word(node["name"]),
        placed_at=_moment(node.get("processedAt") or node["createdAt"]),
        currency=currency,
        customer=_customer_of(node),
        ship_to=address(node.get("shippingAddress")),
        lines=tuple(_line(each, sent, currency) for each in nodes(node["lineItems"])),
        parcels=tuple(parcel for each in fulfillments for parcel in _parcels(each)),
        refunds=tuple(_refund(each, currency, bool(node.get("taxesIncluded"))) for each in node.get("refunds") or ()),
        returns=tuple(_return(each) for each in nodes(node.get("returns"))),
        status=_status(node),
        payment_status=words.PAYMENT.get(node.get("displayFinancialStatus") or "", PaymentStatus.UNKNOWN),
        total=_minor(node.get("totalPriceSet"), currency),
        shipping=_minor(node.get("totalShippingPriceSet"), currency),
        updated_at=_moment(node["updatedAt"]),
        raw=node,
    )


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError(f"{value!r} is no text")
    return value


def nodes(connection: Any) -> list[Any]:
    """The entries of a connection, however they were asked for."""
    if isinstance(connection, list):
        return connection
    if not connection:
        return []
    return list(connection["nodes"] if "nodes" in connection else (edge["node"] for edge in connection["edges"]))


def _status(node: Node) -> str:
    if node.get("cancelledAt"):
        return OrderStatus.CANCELLED
    return OrderStatus.CLOSED if node.get("closedAt") else OrderStatus.OPEN


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"“{text}” is a time without its zone")
    return moment


def _when(text: str | None) -> datetime | None:
    return _moment(text) if text else None


def _minor(bag: Any, currency: str) -> int:
    """Minor units of the shop's currency in a MoneyBag; Shopify writes amounts as decimal text."""
    return to_minor(bag["shopMoney"]["amount"], currency) if bag else 0


def address(node: Node | None) -> Address:
    """A MailingAddress, a FulfillmentOriginAddress or a ShopAddress."""
    if not node:
        return Address()
    lines = (node.get("company"), node.get("address1"), node.get("address2"))
    return Address(
        name=node.get("name") or "",
        lines=tuple(line for line in lines if line),
        city=node.get("city") or "",
        region=node.get("provinceCode") or "",
        postcode=node.get("zip") or "",
        country=node.get("countryCodeV2") or node.get("countryCode") or "",
    )


# People


def customer(node: Node) -> CustomerData:
    """A Customer. Nothing of any one order is in it, so that it is the same whatever order it comes with."""
    email, phone, last = (node.get(name) or {} for name in ("defaultEmailAddress", "defaultPhoneNumber", "lastOrder"))
    if email or phone:
        # Shopify counts a guest who types this customer's address among their orders. What that guest typed besides,
        # a number for example, is not where the customer's messages go.
        last = {}
    return CustomerData(
        external_id=node["id"],
        name=node.get("displayName") or "",
        email=email.get("emailAddress") or last.get("email") or "",
        phone=phone.get("phoneNumber") or last.get("phone") or "",
        language=node.get("locale") or "",
        consents=_consents(email, phone),
        stated_at=_when(node.get("updatedAt")),
    )


def _consents(email: Node, phone: Node) -> dict[str, str]:
    sms = phone.get("smsMarketingConsent") or {}
    stated = {
        "email": email.get("marketingState"),
        "sms": sms.get("state") or phone.get("marketingState"),
        "whatsapp": (phone.get("whatsAppMarketingConsent") or {}).get("state"),
    }
    return {channel: words.CONSENT[state] for channel, state in stated.items() if state and state in words.CONSENT}


def _customer_of(node: Node) -> CustomerData:
    if known := node.get("customer"):
        return customer(known)
    there = node.get("shippingAddress") or {}
    return CustomerData(
        external_id=node["id"],  # sold without a customer: over the counter, or by hand
        name=there.get("name") or "",
        email=node.get("email") or "",
        phone=node.get("phone") or there.get("phone") or "",
        language=node.get("customerLocale") or "",
    )


# Lines


def _sent(fulfillments: Iterable[Node]) -> dict[str, int]:
    """Line -> pieces that have left."""
    sent: dict[str, int] = {}
    for each in fulfillments:
        if each.get("status") not in words.CANCELLED_PARCELS:
            for key, pieces in _contents(each).items():
                sent[key] = sent.get(key, 0) + pieces
    return sent


def _line(node: Node, sent: Mapping[str, int], currency: str) -> LineData:
    bought = sent.get(node["id"], 0) + int(node.get("unfulfilledQuantity") or 0)
    return LineData(
        external_id=node["id"],
        title=node.get("name") or "",
        # ``quantity`` still counts what was taken out before it was sent, ``currentQuantity`` not even what came back.
        # What never is fulfilled (a tip) is in neither of the two that are added up here.
        quantity=max(bought, int(node["currentQuantity"])),
        sku=node.get("sku") or "",
        product_id=(node.get("product") or {}).get("id") or "",
        unit_price=_minor(node.get("discountedUnitPriceSet"), currency),
        weight_grams=_grams(node.get("weight")),
    )


def _grams(weight: Node | None) -> int:
    if not weight or weight.get("unit") not in words.GRAMS:
        return 0
    try:
        return round(Decimal(str(weight.get("value") or 0)) * Decimal(words.GRAMS[weight["unit"]]))
    except (InvalidOperation, OverflowError, ValueError):
        return 0


# Parcels


def _contents(fulfillment: Node) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in nodes(fulfillment.get("fulfillmentLineItems")):
        key = each["lineItem"]["id"]
        found[key] = found.get(key, 0) + int(each.get("quantity") or 0)
    return found


def _parcels(fulfillment: Node) -> Iterator[ParcelData]:
    """The parcels of one fulfilment: as many as it has tracking numbers, or one without a number.

    Shopify does not say in which of them a piece lies, nor which of them an event is about: contents and events are
    the first one's, so that an order does not count as delivered while a parcel of it is not.
    """
    if fulfillment.get("requiresShipping") is False:
        return  # gift cards and downloads
    scans = tuple(_scan(each) for each in nodes(fulfillment.get("events")))
    first = ParcelData(
        external_id=fulfillment["id"],
        origin=address(fulfillment.get("originAddress")),
        contents=_contents(fulfillment),
        announced_at=_when(fulfillment.get("createdAt")),
        handed_over_at=_told(fulfillment.get("inTransitAt"), scans, MOVING),
        delivered_at=_told(fulfillment.get("deliveredAt"), scans, {ShipmentStatus.DELIVERED}),
        cancelled=fulfillment.get("status") in words.CANCELLED_PARCELS,
        scans=scans,
    )
    tracking = [each for each in fulfillment.get("trackingInfo") or () if each.get("number")]
    if not tracking:
        yield replace(first, carrier=_carrier(fulfillment.get("trackingInfo") or ()))
        return
    yield _tracked(first, tracking[0])
    others = replace(first, contents={}, scans=(), handed_over_at=None, delivered_at=None, piece_of=first.external_id)
    seen = {tracking[0]["number"]}
    for each in tracking[1:]:
        if each["number"] not in seen:
            seen.add(each["number"])
            yield replace(_tracked(others, each), external_id=f"{first.external_id}#{each['number']}"[:80])


def _carrier(tracking: Sequence[Node]) -> str:
    return next((carrier_slug(each.get("company")) for each in tracking if each.get("company")), "")


def _tracked(parcel: ParcelData, tracking: Node) -> ParcelData:
    return replace(
        parcel,
        carrier=carrier_slug(tracking.get("company")),
        tracking_number=tracking["number"],
        tracking_url=tracking.get("url") or "",
    )


def _told(moment: str | None, scans: Sequence[Scan], statuses: Iterable[str]) -> datetime | None:
    """A milestone of the fulfilment's own, unless one of its events tells the same."""
    return None if any(scan.status in statuses for scan in scans) else _when(moment)


def _scan(event: Node) -> Scan:
    places = (event.get("city"), event.get("province"), event.get("country"))
    return Scan(
        occurred_at=_moment(event["happenedAt"]),
        status=words.EVENT.get(event["status"], ShipmentStatus.UNKNOWN),
        description=event.get("message") or "",
        code=store_event_code(number_of(event["id"])),
        location=", ".join(place for place in places if place),
        latitude=event.get("latitude"),
        longitude=event.get("longitude"),
        raw=event,
    )


# Money and goods that come back


def _refund(node: Node, currency: str, taxes_included: bool) -> RefundData:
    lines = tuple(_refund_line(each, currency, taxes_included) for each in nodes(node["refundLineItems"]))
    shipping = sum(
        _minor(each["subtotalAmountSet"], currency) + (0 if taxes_included else _minor(each["taxAmountSet"], currency))
        for each in nodes(node["refundShippingLines"])
    )
    moved = _minor(node["totalRefundedSet"], currency)
    return RefundData(
        external_id=node["id"],
        amount=moved or _booked(node, sum(line.amount + line.tax for line in lines) + shipping),
        refunded_at=_moment(node.get("processedAt") or node.get("createdAt") or node["updatedAt"]),
        lines=lines,
        shipping=shipping,
        note=node.get("note") or "",
        return_id=(node.get("return") or {}).get("id") or "",
    )


def _booked(node: Node, worth: int) -> int:
    """What a refund is worth that no gateway has carried out: it is on its way, or the money goes another way."""
    transactions = nodes(node.get("transactions"))
    return worth if all(each.get("status") in ("PENDING", "AWAITING_RESPONSE") for each in transactions) else 0


def _refund_line(node: Node, currency: str, taxes_included: bool) -> RefundLineData:
    amount, tax = _minor(node["subtotalSet"], currency), _minor(node["totalTaxSet"], currency)
    return RefundLineData(
        line_id=node["lineItem"]["id"],
        quantity=int(node["quantity"]),
        amount=amount - tax if taxes_included else amount,
        tax=tax,
        restock=words.RESTOCK.get(node.get("restockType") or "", ""),
    )


def _return(node: Node) -> StoreReturnData:
    deliverable = _way_back(node)
    tracking, label = (deliverable.get(name) or {} for name in ("tracking", "label"))
    return StoreReturnData(
        external_id=node["id"],
        status=words.RETURN.get(node["status"], StoreReturnStatus.UNKNOWN),
        name=node.get("name") or "",
        requested_at=_when(node.get("createdAt")),
        lines=tuple(line for each in nodes(node["returnLineItems"]) for line in _returned(each)),
        decline_reason=((node.get("decline") or {}).get("reason") or "").lower(),
        tracking_number=tracking.get("number") or "",
        label_url=label.get("publicFileUrl") or "",
    )


def _way_back(node: Node) -> Node:
    """The first thing that travels back, if any."""
    for reverse in nodes(node.get("reverseFulfillmentOrders")):
        for delivery in nodes(reverse.get("reverseDeliveries")):
            if delivery.get("deliverable"):
                found: Node = delivery["deliverable"]
                return found
    return {}


def _returned(node: Node) -> Iterator[ReturnedLineData]:
    """A line of a return; none for goods that were bought elsewhere."""
    bought = node.get("fulfillmentLineItem")
    if not bought:
        return
    reason = node.get("returnReasonDefinition") or {}
    yield ReturnedLineData(
        external_id=node["id"],
        line_id=bought["lineItem"]["id"],
        quantity=int(node["quantity"]),
        reason=reason.get("handle") or reason.get("name") or "",
        note=node.get("customerNote") or node.get("returnReasonNote") or "",
    )
