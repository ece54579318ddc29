"""Refunds and returns that a store's platform keeps: our rows are made equal to its statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from fulfillment.carriers.links import web_address
from fulfillment.facts import OrderData, RefundData, RefundLineData, ReturnedLineData, StoreReturnData
from fulfillment.models import Order, Refund, RefundLine, StoreReturn, StoreReturnLine
from fulfillment.signals import refund_recorded
from fulfillment.statuses import StoreReturnStatus

REFUND = ("amount", "shipping", "refunded_at", "note", "return_id")
REFUND_LINE = ("quantity", "amount", "tax", "restock")
RETURN = ("name", "status", "requested_at", "decline_reason", "tracking_number", "label_url")
RETURN_LINE = ("quantity", "reason", "note")


def record(order: Order, data: OrderData) -> None:
    """Write the refunds and returns that ``data`` states. A list that it does not speak of stays as it is."""
    if data.refunds is None and data.returns is None:
        return
    lines = dict(order.lines.values_list("external_id", "pk"))
    if data.refunds is not None:
        for refund in data.refunds:
            _record_refund(order, refund, lines)
        order.refunds.exclude(external_id__in=[refund.external_id for refund in data.refunds]).delete()
    if data.returns is not None:
        for stated in data.returns:
            _record_return(order, stated, lines)
        order.store_returns.exclude(external_id__in=[stated.external_id for stated in data.returns]).delete()


def _record_refund(order: Order, data: RefundData, lines: Mapping[str, int]) -> None:
    refund, created = Refund.objects.update_or_create(
        order=order,
        external_id=data.external_id,
        defaults=dict(zip(REFUND, refund_values(data), strict=True)),
    )
    stated = [line for line in merged(data.lines) if line.line_id in lines]
    for line in stated:
        RefundLine.objects.update_or_create(
            refund=refund,
            order_line_id=lines[line.line_id],
            defaults=dict(zip(REFUND_LINE, refund_line_values(line), strict=True)),
        )
    refund.lines.exclude(order_line__in=[lines[line.line_id] for line in stated]).delete()
    if created:
        transaction.on_commit(lambda: refund_recorded.send_robust(sender=Refund, refund=refund))


def merged(lines: Sequence[RefundLineData]) -> list[RefundLineData]:
    """One for each line: a platform may refund some of its pieces to one place and some to another."""
    found: dict[str, RefundLineData] = {}
    for line in lines:
        if before := found.get(line.line_id):
            line = replace(
                before,
                quantity=before.quantity + line.quantity,
                amount=before.amount + line.amount,
                tax=before.tax + line.tax,
            )
        found[line.line_id] = line
    return list(found.values())


def _record_return(order: Order, data: StoreReturnData, lines: Mapping[str, int]) -> None:
    store_return, _created = StoreReturn.objects.update_or_create(
        order=order,
        external_id=data.external_id,
        defaults=dict(zip(RETURN, return_values(data), strict=True)),
    )
    stated = [line for line in data.lines if line.line_id in lines]
    for line in stated:
        StoreReturnLine.objects.update_or_create(
            store_return=store_return,
            external_id=line.external_id,
            defaults={
                "order_line_id": lines[line.line_id],
                **dict(zip(RETURN_LINE, return_line_values(line), strict=True)),
            },
        )
    store_return.lines.exclude(external_id__in=[line.external_id for line in stated]).delete()


def refund_values(data: RefundData) -> tuple[Any, ...]:
    """The values of REFUND."""
    return data.amount, data.shipping, data.refunded_at, data.note[:500], data.return_id[:80]


def refund_line_values(line: RefundLineData) -> tuple[Any, ...]:
    """The values of REFUND_LINE."""
    return line.quantity, line.amount, line.tax, line.restock[:12]


def return_values(data: StoreReturnData) -> tuple[Any, ...]:
    """The values of RETURN."""
    return (
        data.name[:80],
        data.status if data.status in StoreReturnStatus.values else StoreReturnStatus.UNKNOWN.value,
        data.requested_at,
        data.decline_reason[:80],
        data.tracking_number[:80],
        web_address(data.label_url),
    )


def return_line_values(line: ReturnedLineData) -> tuple[Any, ...]:
    """The values of RETURN_LINE."""
    return line.quantity, line.reason[:80], line.note[:500]
