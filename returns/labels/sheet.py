"""What stands on a return label, in words and figures for either engine. Sizes are millimetres and points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language_bidi, ngettext, pgettext
from django.utils.translation import gettext as _

from fulfillment.facts import Address
from fulfillment.telling import carrier_name, page_of
from parcelwise import links, pdf
from parcelwise.clock import day_of
from parcelwise.conf import links as links_conf
from returns.labels import barcodes
from returns.labels.countries import country_name
from returns.labels.fitting import block, literal, one_line
from returns.models import ReturnLabel, ReturnLine, ReturnRequest

#: Items listed on the slip; the return's page has them all.
ITEMS = 14
#: Where a region belongs to the address, and stands between town and postcode.
_REGION_COUNTRIES = frozenset({"US", "CA", "AU", "BR", "MX", "IN", "CN"})
_POSTCODE_LAST = frozenset({"GB", "IE", "NZ", "ZA", "SG", "HK"})


@dataclass(frozen=True, slots=True)
class Boxes:
    """Widths and heights in mm and type sizes in points of the boxes that hold a stranger's words."""

    shop: tuple[float, float]
    sender: tuple[float, float]
    recipient: tuple[float, float]
    sender_sizes: Sequence[float]
    recipient_sizes: Sequence[float]


BOXES = {
    ReturnLabel.Size.FOUR_BY_SIX: Boxes((62, 11), (58, 20), (91, 29), (9, 8, 7, 6), (15, 13, 11, 9, 7.5)),
    ReturnLabel.Size.A4: Boxes((120, 14), (84, 27), (90, 42), (11, 10, 9, 8, 7), (18, 15, 13, 11, 9)),
}
PAGES = {ReturnLabel.Size.FOUR_BY_SIX: pdf.FOUR_BY_SIX, ReturnLabel.Size.A4: pdf.A4}


def content_of(request: ReturnRequest, size: str) -> dict[str, Any]:
    """The context of the label's templates: strings, numbers, lists and dicts only."""
    size = ReturnLabel.Size(size)
    boxes, order, parcel = BOXES[size], request.order, request.shipment
    sender = Address.from_json(parcel.origin if parcel else order.ship_to)
    recipient = Address.from_json(parcel.destination if parcel else order.store.address)
    abroad = sender.country.upper() != recipient.country.upper()
    carrier = " ".join(filter(None, (carrier_name(parcel.carrier), parcel.service))) if parcel else ""
    decided = day_of(request.decided_at or timezone.now(), order.store.zone)
    code128, qr = barcodes.code128(request.number), barcodes.qr(_page_link(request, size))
    return {
        "direction": "rtl" if get_language_bidi() else "ltr",
        "number": request.number,
        "shop": one_line(order.store.name, *boxes.shop, bold=True),
        "sender": block(address_lines(sender, abroad), boxes.sender, boxes.sender_sizes).as_context(),
        "recipient": block(
            address_lines(recipient, abroad, order.store.name), boxes.recipient, boxes.recipient_sizes, bold=True
        ).as_context(),
        "code128": {"svg": code128, "uri": barcodes.data_uri(code128)},
        "qr": {"svg": qr, "uri": barcodes.data_uri(qr)},
        "details": list(_details(order.number, decided.isoformat(), carrier)),
        "words": words_of(carrier),
        "items": _items(request) if size == ReturnLabel.Size.A4 else {"rows": [], "more": ""},
    }


def address_lines(address: Address, abroad: bool, name: str = "") -> list[str]:
    """A postal address as lines, the country last and only when the parcel crosses a border."""
    country = address.country.upper()
    if country in _REGION_COUNTRIES:
        town = [" ".join(filter(None, (address.city, address.region, address.postcode)))]
    elif country in _POSTCODE_LAST:
        town = [address.city, address.postcode]
    else:
        town = [f"{address.postcode} {address.city}"]
    lines = [address.name or name, *address.lines, *town, country_name(country) if abroad and country else ""]
    return [line for line in lines if line.strip()]


def _page_link(request: ReturnRequest, size: str) -> str:
    """Where the QR code leads.

    The slip goes into the parcel, so its link opens the return without a login. The 4 × 6 label goes on the outside,
    where every hand on the way reads it: its link asks for the login. Without a web page it is the number alone.
    """
    if size == ReturnLabel.Size.A4:
        return page_of(request.order, "parcelwise_returns:show", number=request.number) or request.number
    door = {"uuid": request.order.uuid, "number": request.number}
    try:
        return (
            links.absolute(reverse("parcelwise_returns:show", kwargs=door)) if links_conf.BASE_URL else request.number
        )
    except NoReverseMatch:
        return request.number


def _details(order: str, day: str, carrier: str) -> Iterator[dict[str, str]]:
    for word, value in (
        # A word alone means many things; without a context Django's own catalogue makes "Order" a sequence.
        (pgettext("label", "Order"), order),
        (pgettext("label", "Date"), day),
        (pgettext("label", "Carrier"), carrier),
    ):
        if value:
            yield {"word": word, "value": one_line(value, 28, 9, bold=True)}


def words_of(carrier: str) -> dict[str, Any]:
    hand_in = _("Hand the parcel to %(carrier)s and keep the receipt.") % {"carrier": carrier}
    return {
        "kind": _("RETURN"),
        "from": pgettext("label", "From"),
        "to": pgettext("label", "To"),
        "number": _("Return number"),
        "scan": _("Scan for your return"),
        "postage": _("No postage is paid with this label."),
        "cut": _("Cut here"),
        "slip": _("Put this part into the parcel"),
        "items": _("In this return"),
        "steps": [
            _("Pack the items below together with this part of the sheet."),
            _("Stick the upper part on the parcel. Cover or remove old labels."),
            hand_in if carrier else _("Hand the parcel to a carrier of your choice and keep the receipt."),
        ],
    }


def _items(request: ReturnRequest) -> dict[str, Any]:
    total = request.lines.count()
    shown = request.lines.select_related("order_line").order_by("order_line__position", "pk")[:ITEMS]
    more = total - len(shown)
    sentence = ngettext("and %(count)d more item", "and %(count)d more items", more) % {"count": more}
    return {"rows": [_row(line) for line in shown], "more": sentence if more else ""}


def _row(line: ReturnLine) -> dict[str, str]:
    return {
        "quantity": f"{line.quantity} ×",
        "title": one_line(line.order_line.title, 95, 9),
        "sku": one_line(line.order_line.sku, 35, 8),
        "reason": one_line(literal(line.get_reason_display()), 35, 8),
    }
