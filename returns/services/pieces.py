"""The ledger of returned pieces: never more than were bought, whoever asks at the same moment."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import F
from django.utils.translation import gettext as _

from fulfillment.models import OrderLine
from returns.errors import ReturnRefused
from returns.models import ReturnedPieces, ReturnRequest


def lock(lines: Mapping[int, OrderLine]) -> None:
    """Make every other return of these lines wait for this transaction (where the data base has row locks).

    Rows are locked in the order of their keys, so that two returns of the same lines cannot wait for each other.
    """
    ReturnedPieces.objects.bulk_create(
        [ReturnedPieces(order_line=line) for line in lines.values()], ignore_conflicts=True
    )
    list(ReturnedPieces.objects.select_for_update().filter(order_line__in=lines).order_by("pk"))


def take(line: OrderLine, quantity: int) -> None:
    """Count ``quantity`` pieces as returned; ReturnRefused when they are not there any more."""
    room = ReturnedPieces.objects.filter(order_line=line, quantity__lte=line.quantity - quantity)
    if quantity > line.quantity or room.update(quantity=F("quantity") + quantity) != 1:
        raise ReturnRefused(_("“%(item)s” is already in another return.") % {"item": line.title})


def give_back(request: ReturnRequest) -> None:
    """Let the pieces of a return that will not happen be returned again."""
    for line in request.lines.all():
        held = ReturnedPieces.objects.filter(order_line=line.order_line_id, quantity__gte=line.quantity)
        held.update(quantity=F("quantity") - line.quantity)
