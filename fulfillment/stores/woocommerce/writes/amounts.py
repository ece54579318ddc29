"""What is refunded, as the refunds route takes it: sums without tax, and the tax by its rates. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fulfillment.stores.woocommerce.values import Json, money, rows, text
from parcelwise.errors import GiveUp
from parcelwise.money import to_decimal


def written(minor: int, currency: str) -> str:
    """``1250`` -> ``"12.50"``: text, for JSON's numbers are binary fractions to PHP."""
    return str(to_decimal(minor, currency))


def apportioned(amount: int, weights: Sequence[int]) -> list[int]:
    """``amount`` cut by ``weights``, to the last unit: the pieces add up to it."""
    whole = sum(weights)
    if not whole:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    ends, reached = [0], 0
    for weight in weights:
        reached += weight
        ends.append((2 * amount * reached + whole) // (2 * whole))
    return [end - start for start, end in zip(ends, ends[1:], strict=False)]


def refunded_items(payload: Mapping[str, Any], order: Json, currency: str) -> list[dict[str, Any]]:
    """``line_items`` of a refund of ``order``. GiveUp when a line is not in the order."""
    known = {text(line.get("id")): line for line in rows(order.get("line_items"))}
    items = []
    for wanted in payload.get("lines") or ():
        line = known.get(text(wanted.get("line")))
        if line is None:
            raise GiveUp(f"Line {wanted.get('line')} is not in the order at WooCommerce any more.")
        net, tax = _parts(line, int(wanted.get("amount") or 0), wanted.get("tax"), currency)
        items.append(_item(line, int(wanted.get("pieces") or 0), net, tax, currency))
    items += _shipping(order, int(payload.get("shipping") or 0), currency)
    return items


def _parts(line: Json, amount: int, tax: Any, currency: str) -> tuple[int, int]:
    """Without tax, and the tax. An amount whose tax is not stated is what the customer gets: it contains it."""
    if tax is not None:
        return amount, int(tax)
    weights = [abs(money(line.get(name), currency)) for name in ("total", "total_tax")]
    net, contained = apportioned(amount, weights)
    return net, contained


def _item(line: Json, pieces: int, net: int, tax: int, currency: str) -> dict[str, Any]:
    rates = [rate for rate in rows(line.get("taxes")) if text(rate.get("id"))]
    if not rates:
        net, tax = net + tax, 0
    cut = apportioned(tax, [abs(money(rate.get("total"), currency)) for rate in rates])
    return {
        "id": int(line["id"]),
        "quantity": pieces,
        "refund_total": written(net, currency),
        "refund_tax": [
            {"id": rate["id"], "refund_total": written(part, currency)}
            for rate, part in zip(rates, cut, strict=True)
            if part
        ],
    }


def _shipping(order: Json, amount: int, currency: str) -> Iterator[dict[str, Any]]:
    """Shipping that goes back, from the order's shipping lines in turn. What is left over is in the whole amount."""
    for line in rows(order.get("shipping_lines")):
        paid = sum(abs(money(line.get(name), currency)) for name in ("total", "total_tax"))
        part = min(amount, paid)
        if part > 0:
            net, tax = _parts(line, part, None, currency)
            yield _item(line, 0, net, tax, currency)
            amount -= part
