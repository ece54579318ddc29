"""What customers are told about their returns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.models import Order
from fulfillment.telling import carrier_name, day_at, order_words, page_of
from notifications.notice import Notice
from parcelwise.clock import say
from parcelwise.models import Contact
from returns.models import ReturnChange, ReturnLabel, ReturnRequest
from returns.models.request import ReturnStatus
from returns.signals import return_moved


class ReturnNotice(Notice):
    """A notice to the customer that their return has come to ``status``. It belongs to the contract."""

    signal, topic, essential = return_moved, "returns", True
    status: ClassVar[str]

    def applies(self, change: ReturnChange, **_facts: Any) -> bool:
        return change.new == self.status

    def contact(self, request: ReturnRequest, **_facts: Any) -> Contact:
        return request.order.contact

    def key(self, request: ReturnRequest, **_facts: Any) -> str:
        return str(request.uuid)

    def about(self, request: ReturnRequest, **_facts: Any) -> Order:
        return request.order

    def happened_at(self, change: ReturnChange, **_facts: Any) -> datetime:
        # The customer hears when we know: a parcel's arrival may have been scanned days before we saw the scan.
        return change.recorded_at

    def context(self, request: ReturnRequest, **_facts: Any) -> dict[str, Any]:
        order, number = request.order, request.number
        shipment = request.shipment
        return order_words(order) | {
            "return": {
                "number": number,
                "url": page_of(order, "parcelwise_returns:show", number=number),
                "label_url": page_of(order, "parcelwise_returns:label", number=number, size=ReturnLabel.Size.A4.value),
                "carrier": carrier_name(shipment.carrier) if shipment else "",
                "items": [
                    {
                        "quantity": str(line.quantity),
                        "title": line.order_line.title,
                        "reason": line.get_reason_display(),
                    }
                    for line in request.lines.select_related("order_line").order_by("order_line__position", "pk")
                ],
            },
        }

    def outdated_because(self, context: Mapping[str, Any]) -> str:
        now = ReturnRequest.objects.values_list("status", flat=True).filter(number=context["return"]["number"]).first()
        called_off = self.status == ReturnStatus.APPROVED and now == ReturnStatus.CANCELLED
        return _("The return was cancelled before the message could be sent.") if called_off else ""


class ReturnApproved(ReturnNotice):
    name, status, title = "return_approved", ReturnStatus.APPROVED, gettext_lazy("Return approved")


class ReturnDeclined(ReturnNotice):
    name, status, title = "return_declined", ReturnStatus.DECLINED, gettext_lazy("Return declined")

    def context(self, request: ReturnRequest, **_facts: Any) -> dict[str, Any]:
        return super().context(request) | {"reasons": list(request.decision.reasons) if request.decision else []}


class ReturnReceived(ReturnNotice):
    name, status, title = "return_received", ReturnStatus.RECEIVED, gettext_lazy("Return received")

    def context(self, request: ReturnRequest, **facts: Any) -> dict[str, Any]:
        change: ReturnChange = facts["change"]
        return super().context(request) | {"day": say(day_at(request.order, change.occurred_at))}
