"""What staff can do with a return, in words, and what waits for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from returns.models import ReturnChange, ReturnStatus
from returns.services import requests

Step = Callable[..., ReturnChange | None]

#: What staff can do with a return, by its status; the first is the usual next step.
STEPS: Mapping[str, tuple[str, ...]] = {
    ReturnStatus.DECLINED: ("overrule",),
    ReturnStatus.APPROVED: ("receive", "cancel"),
    ReturnStatus.IN_TRANSIT: ("receive",),
    ReturnStatus.RECEIVED: ("close",),
}
SERVICES: Mapping[str, Step] = {
    "overrule": requests.overrule,
    "receive": requests.receive,
    "close": requests.close,
    "cancel": requests.cancel,
}
WORDS = {
    "overrule": gettext_lazy("Approve against the rule"),
    "receive": gettext_lazy("Parcel is here"),
    "close": gettext_lazy("Close: the money was given back"),
    "cancel": gettext_lazy("Cancel this return"),
}
#: What the history says when staff gave no note.
DEFAULT_NOTES = {
    "overrule": gettext_lazy("Approved by staff against the rule"),
    "receive": gettext_lazy("Received, says staff"),
    "close": gettext_lazy("Closed by staff after refund"),
    "cancel": gettext_lazy("Cancelled by staff"),
}


class Waiting(admin.SimpleListFilter):
    """How long a return has been waiting, by what it waits for."""

    title = gettext_lazy("what it waits for")
    parameter_name = "waiting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("unsent", _("approved over 14 days ago, not sent")),
            ("lost", _("on its way for over 14 days")),
            ("unpaid", _("received, not closed")),
            ("overdue", _("received over 3 days ago, not closed")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        long_ago = now - timedelta(days=14)
        wanted = {
            "unsent": Q(status=ReturnStatus.APPROVED, decided_at__lt=long_ago),
            "lost": Q(status=ReturnStatus.IN_TRANSIT, shipment__handed_over_at__lt=long_ago),
            "unpaid": Q(status=ReturnStatus.RECEIVED),
            "overdue": Q(status=ReturnStatus.RECEIVED, received_at__lt=now - timedelta(days=3)),
        }.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)
