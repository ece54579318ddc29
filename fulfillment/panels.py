"""What staff see on an order's page of what its store's platform holds and was told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from fulfillment.models import Order, Refund, ShipmentException, StoreReturn, StoreWrite
from fulfillment.statuses import StoreReturnStatus
from fulfillment.stores.reason_words import reason_words
from parcelwise.jobs import JobState
from parcelwise.money import show
from parcelwise.panels import Panel, Row, offers_panel

_RETURN_TONES = {StoreReturnStatus.REQUESTED: "warn", StoreReturnStatus.CLOSED: "good"}
_WRITE_TONES = {JobState.DONE: "good", JobState.DEAD: "bad", JobState.CANCELLED: "plain"}


@offers_panel
def refunds_of(record: Any) -> Panel | None:
    """The order's refunds and returns as the store keeps them; nothing to say where it has none."""
    if not isinstance(record, Order):
        return None
    rows = [*_refunds(record), *_returns(record)]
    return Panel(_("Refunds and returns in the store"), rows, "", "parcelwise_fulfillment.view_order") if rows else None


def _refunds(order: Order) -> Iterator[Row]:
    for refund in Refund.objects.filter(order=order).prefetch_related("lines__order_line"):
        text = ", ".join(str(line) for line in refund.lines.all())
        if refund.shipping:
            shipping = _("shipping %(amount)s") % {"amount": show(refund.shipping, order.currency)}
            text = f"{text}, {shipping}".lstrip(", ")
        yield Row(refund.refunded_at, show(refund.amount, order.currency), f"{text} {refund.note}".strip(), _("Refund"))


def _returns(order: Order) -> Iterator[Row]:
    for found in StoreReturn.objects.filter(order=order).prefetch_related("lines__order_line"):
        yield Row(
            found.requested_at,
            found.name or found.external_id,
            format_html_join(", ", "{}{}", _returned(found)),
            found.get_status_display(),
            _RETURN_TONES.get(StoreReturnStatus(found.status), "plain"),
        )


def _returned(found: StoreReturn) -> Iterator[tuple[object, object]]:
    """What goes back and why; at the end why it was declined."""
    for line in found.lines.all():
        yield line, _reason(line.reason)
    if found.decline_reason:
        yield _("declined"), _reason(found.decline_reason)


def _reason(raw: str) -> SafeString | str:
    """A reason in words behind what it is about; the platform's own word appears where the mouse rests."""
    return format_html(' (<span title="{}">{}</span>)', raw, reason_words(raw)) if raw else ""


@offers_panel
def writes_of(record: Any) -> Panel | None:
    """What the store's platform was told about the order, and what it has not taken yet."""
    if not isinstance(record, Order):
        return None
    rows = [
        Row(
            write.happened_at or write.created_at,
            write.get_kind_display(),
            write.last_error,
            _("told") if write.state == JobState.DONE else write.get_state_display(),
            _WRITE_TONES.get(JobState(write.state), "warn"),
            reverse("admin:parcelwise_fulfillment_storewrite_change", args=[write.pk]),
        )
        for write in StoreWrite.objects.filter(order=record).order_by("-pk")[:50]
    ]
    return Panel(_("Told to the store"), rows, "", "parcelwise_fulfillment.view_storewrite") if rows else None


@offers_panel
def exceptions_of(record: Any) -> Panel | None:
    """Trouble with the order's parcels; nothing to say where there never was any."""
    if not isinstance(record, Order):
        return None
    found = ShipmentException.objects.filter(shipment__order=record).select_related("shipment", "owner")
    rows = [_exception(row) for row in found.order_by("-opened_at", "-pk")]
    title, permission = _("Exceptions"), "parcelwise_fulfillment.view_shipmentexception"
    return Panel(title, rows, "", permission) if rows else None


def _exception(row: ShipmentException) -> Row:
    owner = _("owner: %(name)s") % {"name": row.owner.get_username()} if row.owner else ""
    return Row(
        row.opened_at,
        row.get_kind_display(),
        f"{row.why} {owner}".strip(),
        row.get_resolution_display() if row.closed_at else _("open"),
        "good" if row.closed_at else "bad",
        reverse("admin:parcelwise_fulfillment_shipmentexception_change", args=[row.pk]),
    )
