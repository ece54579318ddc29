"""What is held of people who sent something back: their comments, their labels, what staff noted."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise.models import Decision
from parcelwise.panels import reference
from parcelwise.privacy import Holding, People, Traces
from returns.models import (
    ReturnChange,
    ReturnedPieces,
    ReturnLabel,
    ReturnLine,
    ReturnPolicy,
    ReturnRequest,
    ReturnStatus,
)

#: The parcel or the money is still to come.
OPEN = (ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED)
#: What of a decision about a return says who somebody was, or is staff's own words.
FREE_TEXT = {"inputs": ("actor",), "came_true": ("why", "overruled_by")}


class Returns(Holding):
    name = "returns"
    title = _("Returns")
    removes = _("comments, labels, notes of staff")
    keeps = _("return numbers, items, reasons, days and decisions")
    personal = (ReturnChange, ReturnLabel, ReturnLine, ReturnRequest)
    impersonal = (ReturnPolicy, ReturnedPieces)
    decisions = ("return",)

    def traces(self, people: People) -> Traces:
        found = returns_of(people)
        labels = ReturnLabel.objects.filter(request__in=found).only("pk")
        return Traces(frozenset([*map(reference, found), *map(reference, labels)]))

    def export(self, people: People) -> list[dict[str, Any]]:
        found = returns_of(people).select_related("order", "decision").prefetch_related("lines__order_line", "changes")
        return [_told(request) for request in found.order_by("requested_at", "pk")]

    def erase(self, people: People) -> int:
        found = returns_of(people)
        # The rows go, so that a worker who is drawing one has nowhere to put it.
        labels, _by_model = ReturnLabel.objects.filter(request__in=found).delete()
        comments = ReturnLine.objects.filter(request__in=found).exclude(comment="").update(comment="")
        notes = ReturnChange.objects.filter(request__in=found).exclude(why="").update(why="")
        forms = found.filter(form_key__isnull=False).update(form_key=None)
        return labels + comments + notes + forms + _forget_words(found)

    def warnings(self, people: People) -> list[str]:
        count = returns_of(people).filter(status__in=OPEN).count()
        sentence = ngettext(
            "%(count)d return is open. Its label goes, and who sent the parcel is not known when it arrives.",
            "%(count)d returns are open. Their labels go, and who sent the parcels is not known when they arrive.",
            count,
        )
        return [sentence % {"count": count}] if count else []


def returns_of(people: People) -> QuerySet[ReturnRequest]:
    return ReturnRequest.objects.filter(order__customer__contact__in=people)


def _told(request: ReturnRequest) -> dict[str, Any]:
    return {
        "number": request.number,
        "order": request.order.number,
        "status": request.status,
        "requested_at": request.requested_at,
        "decided_at": request.decided_at,
        "received_at": request.received_at,
        "closed_at": request.closed_at,
        "lines": [
            {
                "title": line.order_line.title,
                "quantity": line.quantity,
                "reason": line.get_reason_display(),
                "comment": line.comment,
            }
            for line in request.lines.all()
        ],
        "decided_because": request.decision.reasons if request.decision else [],
        "history": [
            {"at": change.occurred_at, "to": change.new, "by": change.actor, "why": change.why}
            for change in request.changes.all()
        ],
        "labels": list(request.labels.order_by("pk").values("size", "made_at")),
    }


def _forget_words(found: QuerySet[ReturnRequest]) -> int:
    changed = 0
    for decision in Decision.objects.filter(pk__in=found.values("decision")):
        left = {name: _without(getattr(decision, name), words) for name, words in FREE_TEXT.items()}
        if any(getattr(decision, name) != value for name, value in left.items()):
            changed += Decision.objects.filter(pk=decision.pk).update(**left)
    return changed


def _without(value: Any, names: tuple[str, ...]) -> Any:
    return {name: one for name, one in value.items() if name not in names} if isinstance(value, dict) else value
