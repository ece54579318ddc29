"""The planner page: when carriers are asked, how near the limits are, and why a parcel is asked when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.admin.filters import ByCarrier
from fulfillment.models import CarrierCalls, ScanProfile, TrackingPoll
from fulfillment.polling.stages import AT_DESTINATION, UNDER_WAY, UNDER_WAY_ABROAD
from fulfillment.services import poll_board
from fulfillment.services.poll_board import Hour
from fulfillment.statuses import ShipmentStatus
from parcelwise.admin import JobAdmin, ReadOnlyAdmin
from parcelwise.jobs import JobState

STAGES = {
    AT_DESTINATION: gettext_lazy("in the town it goes to"),
    UNDER_WAY: gettext_lazy("between two places"),
    UNDER_WAY_ABROAD: gettext_lazy("between two places, to another country"),
    **{str(status): status.label for status in ShipmentStatus},
}
WHYS = {
    "worth": gettext_lazy("earlier, a call costs more than not knowing"),
    "most": gettext_lazy("the longest pause"),
    "least": gettext_lazy("the shortest pause"),
    "pushed": gettext_lazy("its carrier tells of news unasked"),
    "fixed": gettext_lazy("a pause that the settings fix"),
}
#: Size of a chart in its own units.
WIDTH, HEIGHT = 480, 96


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    top: int
    first: str
    last: str
    summary: str


def chart(hours: Sequence[Hour]) -> Chart:
    """Bars of one hour each, the highest as high as the chart."""
    top, step = max((hour.count for hour in hours), default=0), WIDTH / max(len(hours), 1)
    bars = []
    for number, hour in enumerate(hours):
        height = round(HEIGHT * hour.count / top, 1) if top else 0.0
        title = f"{_clock(hour.begins)}: {hour.count}"
        bars.append(Bar(round(number * step + 1, 1), HEIGHT - height, round(step - 2, 1), height, title))
    total = sum(hour.count for hour in hours)
    summary = ngettext("%(total)d parcel, at most %(top)d in an hour", "%(total)d parcels, at most %(top)d in an hour",
                       total)  # fmt: skip
    first, last = (_clock(hours[0].begins), _clock(hours[-1].begins)) if hours else ("", "")
    return Chart(bars, top, first, last, summary % {"total": total, "top": top})


def why(poll: TrackingPoll) -> str:
    """Why the parcel is asked for when it is, in a sentence."""
    plan = poll.plan
    if poll.state == JobState.WAITING and poll.attempts:
        return _("The carrier did not answer, it is tried again: %(error)s") % {"error": poll.last_error or "–"}
    if not plan:
        return _("New: it is asked for at once.")
    words = {
        "stage": STAGES.get(plan["stage"], plan["stage"]),
        "hours": round(plan["silent_hours"]),
        "chance": round(100 * plan["chance"]),
        "why": WHYS.get(plan["why"], plan["why"]),
    }
    sentence = _(
        "%(stage)s, silent for %(hours)d h when it was planned; chance of news by then %(chance)d %%: %(why)s."
    )
    text = capfirst(sentence % words)
    if plan.get("pressure", 1) > 1:
        text += " " + _("The account is near its limit, so pauses are longer.")
    return text


def _clock(moment: datetime) -> str:
    return date_format(localtime(moment), "H:i")


@admin.register(TrackingPoll)
class TrackingPollAdmin(JobAdmin):
    list_display = ("shipment", *JobAdmin.list_display, "last_asked_at", "asked")
    list_filter = (*JobAdmin.list_filter, ("shipment__carrier", ByCarrier))
    list_select_related = ("shipment",)
    search_fields = ("shipment__tracking_number", "shipment__order__number")
    readonly_fields = (*JobAdmin.readonly_fields, "why_column")
    change_list_template = "admin/parcelwise_fulfillment/trackingpoll/change_list.html"

    @admin.display(description=gettext_lazy("why it is asked when it is"))
    def why_column(self, poll: TrackingPoll) -> str:
        return why(poll)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.planner_view)
        return [path("planner/", view, name="parcelwise_fulfillment_trackingpoll_planner"), *super().get_urls()]

    def planner_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        found, search = poll_board.board(), request.GET.get("q", "").strip()[:80]
        polls = poll_board.upcoming(search)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": _("When carriers are asked"),
            "opts": self.opts,
            "board": found,
            "ahead": chart(found.ahead),
            "back": chart(found.back),
            "search": search,
            "rows": [(poll, why(poll)) for poll in polls],
            "width": WIDTH,
            "height": HEIGHT,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/parcelwise_fulfillment/trackingpoll/planner.html", context)


@admin.register(ScanProfile)
class ScanProfileAdmin(ReadOnlyAdmin):
    list_display = ("carrier", "scans", "through")
    search_fields = ("carrier",)


@admin.register(CarrierCalls)
class CarrierCallsAdmin(ReadOnlyAdmin):
    list_display = ("account", "hour", "asked")
    list_filter = (("account__carrier", ByCarrier), "hour")
    list_select_related = ("account__store",)
    show_full_result_count = False
