"""Adds refunds and returns of orders that are new here, many at a time; one order's: ``money_back``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.facts import OrderData
from fulfillment.models import Refund, RefundLine, StoreReturn, StoreReturnLine
from fulfillment.services import money_back
from fulfillment.services.bulk import Rows
from fulfillment.services.import_inserts import LineIds

#: Values of a row without its id, and those of the rows that belong to it.
Family = tuple[tuple[Any, ...], list[tuple[Any, ...]]]


class MoneyInserts:
    """Call it inside a transaction that holds the store's lock."""

    def __init__(self) -> None:
        self.refunds = Rows(Refund, "id", "order", "external_id", *money_back.REFUND)
        self.refund_lines = Rows(RefundLine, "id", "refund", "order_line", *money_back.REFUND_LINE)
        self.returns = Rows(StoreReturn, "id", "order", "external_id", *money_back.RETURN)
        self.return_lines = Rows(
            StoreReturnLine, "id", "store_return", "order_line", "external_id", *money_back.RETURN_LINE
        )

    def add(self, stated: Sequence[OrderData], orders: Mapping[str, int], lines: LineIds) -> None:
        """Add what ``stated`` says; ``orders`` has the ids of its orders by the store's id."""
        refunds: list[Family] = []
        returns: list[Family] = []
        for data in stated:
            order = orders[data.external_id]
            for refund in data.refunds or ():
                below = [
                    (lines[order, line.line_id], *money_back.refund_line_values(line))
                    for line in money_back.merged(refund.lines)
                    if (order, line.line_id) in lines
                ]
                refunds.append(((order, refund.external_id, *money_back.refund_values(refund)), below))
            for each in data.returns or ():
                below = [
                    (lines[order, line.line_id], line.external_id, *money_back.return_line_values(line))
                    for line in each.lines
                    if (order, line.line_id) in lines
                ]
                returns.append(((order, each.external_id, *money_back.return_values(each)), below))
        _add(self.refunds, self.refund_lines, refunds)
        _add(self.returns, self.return_lines, returns)


def _add(rows: Rows, below: Rows, stated: Sequence[Family]) -> None:
    if not stated:
        return
    pks = rows.new_ids(len(stated))
    rows.insert([(pk, *row) for pk, (row, _children) in zip(pks, stated, strict=True)])
    children = [(pk, *child) for pk, (_row, family) in zip(pks, stated, strict=True) for child in family]
    below.insert([(pk, *child) for pk, child in zip(below.new_ids(len(children)), children, strict=True)])
