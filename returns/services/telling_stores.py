"""What the platform of an order's store is told of a return: that it was asked for, decided, labelled, dealt with."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any

from fulfillment.models import StoreWrite, WriteKind
from fulfillment.services.writes import queue_write
from returns.models import ReturnChange, ReturnLabel, ReturnRequest, ReturnStatus


def tell(request: ReturnRequest, change: ReturnChange) -> None:
    """Queue what follows from one step of a return. Keyed by the return and the step, so twice is once."""
    if step := _STEPS.get(change.new):
        step(request, change)


def tell_label(label: ReturnLabel) -> StoreWrite | None:
    """Queue the label of a return for its platform, once it is drawn."""
    request = label.request
    is_needed = request.status in (ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT)
    if label.pdf is None or label.size != ReturnLabel.Size.A4 or not is_needed:
        return None
    parcel = request.shipment
    payload = {
        "rma": request.number,
        "carrier": parcel.carrier if parcel else "",
        "tracking_number": parcel.tracking_number if parcel else "",
        "tracking_url": parcel.tracking_url if parcel else "",
        "label_pdf": base64.b64encode(bytes(label.pdf)).decode(),
    }
    return _queue(request, WriteKind.RETURN_LABEL, payload, after=_written(request, WriteKind.RETURN_APPROVED))


def _requested(request: ReturnRequest, again: str = "") -> StoreWrite | None:
    payload = {"rma": request.number, "lines": _lines(request), "requested_at": request.requested_at.isoformat()}
    return _queue(request, WriteKind.RETURN_REQUESTED, payload, again=again)


def _approved(request: ReturnRequest, change: ReturnChange) -> None:
    # One that was declined before is a new return there: a declined one cannot be opened again.
    overruled = _written(request, WriteKind.RETURN_DECLINED) is not None
    first = _requested(request, ":again" if overruled else "")
    _queue(request, WriteKind.RETURN_APPROVED, {"rma": request.number, "notify": False}, after=first)


def _declined(request: ReturnRequest, change: ReturnChange) -> None:
    payload = {"rma": request.number, "reason": _rule(request), "note": change.why, "notify": False}
    _queue(request, WriteKind.RETURN_DECLINED, payload, after=_requested(request))


def _cancelled(request: ReturnRequest, change: ReturnChange) -> None:
    first = _written(request, f"{WriteKind.RETURN_REQUESTED}:again") or _written(request, WriteKind.RETURN_REQUESTED)
    if first:
        _queue(request, WriteKind.RETURN_CANCELLED, {"rma": request.number}, after=first)


def _closed(request: ReturnRequest, change: ReturnChange) -> None:
    first = _written(request, WriteKind.RETURN_APPROVED)
    payload = {"rma": request.number, "lines": _lines(request), "note": change.why}
    if first:
        _queue(request, WriteKind.RETURN_PROCESSED, payload, after=first)


_STEPS: Mapping[str, Callable[[ReturnRequest, ReturnChange], None]] = {
    ReturnStatus.APPROVED: _approved,
    ReturnStatus.DECLINED: _declined,
    ReturnStatus.CANCELLED: _cancelled,
    ReturnStatus.CLOSED: _closed,
}


def _lines(request: ReturnRequest) -> list[dict[str, Any]]:
    return [
        {"line": line.order_line.external_id, "pieces": line.quantity, "reason": line.reason, "note": line.comment}
        for line in request.lines.select_related("order_line")
    ]


def _rule(request: ReturnRequest) -> str:
    return str(request.decision.outcome.get("rule", "")) if request.decision else ""


def _written(request: ReturnRequest, kind: str) -> StoreWrite | None:
    return StoreWrite.objects.filter(key=_key(request, kind)).first()


def _key(request: ReturnRequest, kind: str) -> str:
    return f"return:{request.uuid}:{kind}"


def _queue(
    request: ReturnRequest,
    kind: str,
    payload: Mapping[str, Any],
    *,
    after: StoreWrite | None = None,
    again: str = "",
) -> StoreWrite | None:
    return queue_write(
        request.order, kind, payload, key=_key(request, kind) + again, shipment=request.shipment, after=after
    )
