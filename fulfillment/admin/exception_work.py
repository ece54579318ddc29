"""The queue as a place to work: chips with counts, the next one, a table to take away, a mail to the customer."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import override

from fulfillment.admin.exception_filters import waiting
from fulfillment.models import ShipmentException
from fulfillment.services.again import may_send_again
from parcelwise.cells import harmless

_HEADING = (
    "order", "carrier", "tracking_number", "kind", "urgency", "why", "since", "opened_at", "owner", "snoozed_until",
    "closed_at", "closed_by", "resolution",
)  # fmt: skip


def chips(found: ChangeList) -> list[dict[str, Any]]:
    """The filters as rows of links above the list, where a column at its side would take the room of the reasons."""
    return [{"title": spec.title, "choices": list(spec.choices(found))} for spec in found.filter_specs]


def next_after(row: ShipmentException, user: Any) -> ShipmentException | None:
    """Which one to take up after ``row``: the next that waits and is nobody's or the reader's own, then the first."""
    mine = ShipmentException.objects.filter(waiting()).filter(Q(owner=None) | Q(owner=user)).exclude(pk=row.pk)
    behind = (
        Q(severity__lt=row.severity)
        | Q(severity=row.severity, since__gt=row.since)
        | Q(severity=row.severity, since=row.since, pk__gt=row.pk)
    )
    return mine.filter(behind).first() or mine.first()


def left_for(user: Any) -> int:
    """How many wait that are nobody's or the reader's own."""
    return ShipmentException.objects.filter(waiting()).filter(Q(owner=None) | Q(owner=user)).count()


class _Line:
    """What ``csv.writer`` writes to: gives each line on."""

    def write(self, line: str) -> str:
        return line


def as_csv(found: QuerySet[ShipmentException]) -> StreamingHttpResponse:
    """The chosen exceptions as a table for a spreadsheet, in which no cell is a formula."""
    writer = csv.writer(_Line())
    rows = found.select_related("shipment__order", "owner").iterator(chunk_size=500)
    lines = (writer.writerow([harmless(cell) for cell in cells]) for cells in _cells(rows))
    name = f"exceptions-{timezone.localdate():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


def _cells(rows: Iterator[ShipmentException]) -> Iterator[list[Any]]:
    yield list(_HEADING)
    for row in rows:
        yield [
            row.shipment.order.number,
            row.shipment.carrier,
            row.shipment.tracking_number,
            row.get_kind_display(),
            row.get_severity_display(),
            row.why,
            _moment(row.since),
            _moment(row.opened_at),
            row.owner.get_username() if row.owner else "",
            _moment(row.snoozed_until),
            _moment(row.closed_at),
            row.closed_by,
            row.get_resolution_display(),
        ]


def _moment(at: Any) -> str:
    return timezone.localtime(at).isoformat(timespec="minutes") if at else ""


def mail_link(row: ShipmentException, language: str = "") -> SafeString | str:
    """A mail to the customer, begun: opens in the reader's own mail program, and nothing is sent by us."""
    order = row.shipment.order
    contact = order.contact
    if not contact.email or "\n" in contact.email:
        return ""
    with override(language or contact.language or None):
        subject = _("Your order %(number)s") % {"number": order.number}
        hello = _("Hello %(name)s,") % {"name": contact.name} if contact.name else _("Hello,")
        body = f"{hello}\n\n" + _("we are writing about your parcel %(parcel)s.") % {
            "parcel": row.shipment.tracking_number or order.number
        }
    address = f"mailto:{quote(contact.email, safe='@')}?subject={quote(subject)}&body={quote(body)}"
    return format_html('<a class="button" href="{}">{}</a>', address, _("Mail the customer"))


def again_address(row: ShipmentException) -> str:
    """Where staff send the contents again; empty where there is nothing to be sent again."""
    if not may_send_again(row.shipment):
        return ""
    return reverse("admin:parcelwise_fulfillment_shipment_related", args=[row.shipment_id])
