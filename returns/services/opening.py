"""How a return begins: what is asked for, the rule's verdict, and what an approval sets going."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.models import Order, OrderLine
from parcelwise import background
from parcelwise.changes import move
from parcelwise.clock import day_of
from parcelwise.models import Decision
from parcelwise.panels import reference
from parcelwise.storable import storable
from returns.errors import ReturnRefused
from returns.models import ReturnChange, ReturnLabel, ReturnLine, ReturnReason, ReturnRequest, ReturnStatus
from returns.policy import Verdict, decide
from returns.rma import new_number
from returns.services import parcels, pieces
from returns.services.standing import facts_of, policy_of

#: Returns of one order that may be asked for in a day: each makes a mail and a label, also one that is called off.
MOST_A_DAY = 20


@dataclass(frozen=True, slots=True)
class Item:
    """Pieces of one order line that somebody wants to send back. ``reason`` is a value of ReturnReason."""

    order_line_id: int
    quantity: int
    reason: str
    comment: str = ""


def open_return(
    order: Order, items: Sequence[Item], *, actor: str, form_key: str | None = None, now: datetime | None = None
) -> ReturnRequest:
    """Ask to send ``items`` of ``order`` back, and decide at once: the request comes back approved or declined.

    The same ``form_key`` again (a double click) gives the same request. ReturnRefused, with a sentence for the customer
    and nothing written, for what cannot be: pieces that were never bought, or are in another return already.
    """
    form_key = (form_key or "")[:64] or None
    if known := _sent_before(order, form_key):
        return known
    now = now or timezone.now()
    if ReturnRequest.objects.filter(order=order, requested_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise ReturnRefused(_("There were many returns of this order today. Please write to us."))
    wanted = _wanted(order, items)
    try:
        with transaction.atomic():
            return _open(order, wanted, actor, form_key, now)
    except IntegrityError:
        if known := _sent_before(order, form_key):
            return known
        raise


def _sent_before(order: Order, form_key: str | None) -> ReturnRequest | None:
    known = ReturnRequest.objects.filter(form_key=form_key).first() if form_key else None
    if known and known.order_id != order.pk:
        raise ReturnRefused(_("This form was already sent for another order. Please start again."))
    return known


def _wanted(order: Order, items: Sequence[Item]) -> list[tuple[OrderLine, Item]]:
    """The items beside their lines, in the order's sequence; ReturnRefused for what makes no sense."""
    lines = {line.pk: line for line in order.lines.all()}
    by_line = {item.order_line_id: item for item in items}
    if not items:
        raise ReturnRefused(_("Choose at least one item to return."))
    if len(by_line) != len(items):
        raise ReturnRefused(_("Each item can be chosen once. Give the number of pieces instead."))
    for item in items:
        if item.order_line_id not in lines:
            raise ReturnRefused(_("One of the chosen items is not part of this order."))
        _check(lines[item.order_line_id], item)
    return [(line, by_line[key]) for key, line in lines.items() if key in by_line]


def _check(line: OrderLine, item: Item) -> None:
    if type(item.quantity) is not int or item.quantity < 1:
        raise ReturnRefused(_("Choose at least one piece of “%(item)s”.") % {"item": line.title})
    if item.quantity > line.quantity:
        sentence = ngettext(
            "Only %(count)d piece of “%(item)s” was bought.",
            "Only %(count)d pieces of “%(item)s” were bought.",
            line.quantity,
        )
        raise ReturnRefused(sentence % {"count": line.quantity, "item": line.title})
    if item.reason not in ReturnReason.values:
        raise ReturnRefused(_("Choose why you return “%(item)s”.") % {"item": line.title})


def _open(
    order: Order, wanted: list[tuple[OrderLine, Item]], actor: str, form_key: str | None, now: datetime
) -> ReturnRequest:
    # The row with the form's key goes first: a second click waits here, and finds this one.
    request = ReturnRequest.objects.create(order=order, number=_free_number(), form_key=form_key, requested_at=now)
    ReturnLine.objects.bulk_create(
        ReturnLine(
            request=request,
            order_line=line,
            quantity=item.quantity,
            reason=item.reason,
            comment=storable(item.comment).strip()[:500],
        )
        for line, item in wanted
    )
    pieces.lock({line.pk: line for line, _item in wanted})
    verdict, version = _decide(request, wanted, actor, now)
    if verdict.approved:
        _approve(request, at=now, actor=version, why=verdict.reasons[0])
    else:
        move(
            request,
            ReturnStatus.DECLINED,
            at=now,
            actor=version,
            why=" ".join(verdict.reasons),
            columns={"decided_at": now},
        )
    return request


def _free_number() -> str:
    while ReturnRequest.objects.filter(number=(number := new_number())).exists():
        pass
    return number


def _decide(
    request: ReturnRequest, wanted: list[tuple[OrderLine, Item]], actor: str, now: datetime
) -> tuple[Verdict, str]:
    order = request.order
    policy, today = policy_of(order.store), day_of(now, order.store.zone)
    asked = {line.pk: item.quantity for line, item in wanted}
    facts = facts_of(order, [line for line, _item in wanted], asked, now=now)
    verdict = decide(facts, policy, today)
    request.decision = Decision.objects.create(
        kind="return",
        subject=reference(request),
        version=policy.version,
        inputs={"facts": facts.as_json(), "window_days": policy.window_days, "today": str(today), "actor": actor},
        outcome={"approved": verdict.approved, "rule": verdict.rule},
        reasons=list(verdict.reasons),
        decided_at=now,
    )
    request.save(update_fields=["decision", "updated_at"])
    return verdict, policy.version


def _approve(request: ReturnRequest, *, at: datetime, actor: str, why: str) -> ReturnChange | None:
    """Take the pieces, open the parcel home and order the label, all in the transaction of the approval."""
    for line in request.lines.select_related("order_line").order_by("order_line_id"):
        pieces.take(line.order_line, line.quantity)
    columns = {"decided_at": at, "shipment": parcels.open_parcel(request)}
    change: ReturnChange | None = move(request, ReturnStatus.APPROVED, at=at, actor=actor, why=why, columns=columns)
    if change is None:
        raise ReturnRefused(_("This return was decided by somebody else a moment ago."))
    ReturnLabel.objects.get_or_create(request=request, size=ReturnLabel.Size.A4)
    background.wake()
    return change


def overrule(request: ReturnRequest, *, at: datetime, actor: str, why: str) -> ReturnChange | None:
    """Staff approve what the rule declined. ReturnRefused when the pieces are in another return by now."""
    if request.status != ReturnStatus.DECLINED:
        return None
    with transaction.atomic():
        pieces.lock({line.order_line_id: line.order_line for line in request.lines.select_related("order_line")})
        change = _approve(request, at=at, actor=actor, why=why)
        if request.decision:
            request.decision.came_true = {"approved": True, "overruled_by": actor, "why": why}
            request.decision.came_true_at = at
            request.decision.save(update_fields=["came_true", "came_true_at"])
    return change
