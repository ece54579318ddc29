"""What webhooks tell of returns; see ``fulfillment/outgoing.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from fulfillment.outgoing import order_told, parcel_told, store_told
from fulfillment.services.happenings import scope_of
from parcelwise.outgoing.kinds import Webhook
from parcelwise.outgoing.making import stamp
from parcelwise.outgoing.noting import happened
from parcelwise.panels import reference
from returns.models import ReturnChange, ReturnRequest
from returns.models.request import ReturnStatus
from returns.signals import return_moved


class ReturnEvents(Webhook):
    kinds = {
        f"return.{status}": _("A return has come to the status “%(status)s”.") % {"status": status.label}
        for status in ReturnStatus
        if status != ReturnStatus.REQUESTED  # where it begins: nothing moves there
    }
    source = ReturnChange

    def fetch(self, key: str) -> Model | None:
        found = ReturnChange.objects.select_related("request__order__store", "request__shipment")
        return found.filter(pk=key).first()

    def data(self, source: ReturnChange, facts: Mapping[str, Any]) -> dict[str, Any]:
        request = source.request
        return {
            "store": store_told(request.order.store),
            "order": order_told(request.order),
            "return": {
                "id": str(request.uuid),
                "number": request.number,
                "status": source.new,
                "previous_status": source.old,
                "requested_at": stamp(request.requested_at),
                "occurred_at": stamp(source.occurred_at),
                "lines": [
                    {
                        "external_id": line.order_line.external_id,
                        "sku": line.order_line.sku,
                        "quantity": line.quantity,
                        "reason": line.reason,
                    }
                    for line in request.lines.select_related("order_line").order_by("pk")
                ],
                "shipment": parcel_told(request.shipment) if request.shipment else None,
            },
        }


@receiver(return_moved, dispatch_uid="parcelwise.returns.outgoing")
def return_stepped(request: ReturnRequest, change: ReturnChange, **_facts: Any) -> None:
    happened(f"return.{change.new}", change, key=f"returnchange:{change.pk}", at=change.occurred_at,
             subject=reference(request.order), scope=scope_of(request.order.store_id))  # fmt: skip
