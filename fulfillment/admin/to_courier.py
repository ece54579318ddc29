"""The bulk action on parcels that gives them to an own courier."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.models import Courier, RunStop, Shipment
from fulfillment.services import courier_runs
from parcelwise.errors import GiveUp, Misconfigured


class RunForm(forms.Form):
    courier = forms.ModelChoiceField(
        Courier.objects.filter(is_active=True).select_related("contact"), label=gettext_lazy("Courier")
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))


class GivesToCourier:
    """For the admin of parcels: “Give to a courier…”."""

    admin_site: Any
    opts: Any
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    def has_courier_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("parcelwise_fulfillment.change_courierrun"))

    @admin.action(description=gettext_lazy("Give to a courier of our own…"), permissions=["courier"])
    def to_courier(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        form = RunForm(request.POST if "day" in request.POST else None, initial={"day": timezone.localdate()})
        if form.is_bound and form.is_valid():
            self._give(request, queryset, form.cleaned_data)
            return None
        parcels = list(queryset.select_related("order"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Give parcels to a courier"),
            "form": form,
            "parcels": [(parcel, courier_runs.why_not(parcel)) for parcel in parcels],
            "name": ACTION_CHECKBOX_NAME,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/parcelwise_fulfillment/shipment/to_courier.html", context)

    def _give(self, request: HttpRequest, queryset: QuerySet[Shipment], chosen: dict[str, Any]) -> None:
        given: list[RunStop] = []
        for parcel in queryset.select_related("order__store").order_by("pk"):
            try:
                given.append(courier_runs.assign(parcel, chosen["courier"], chosen["day"]))
            except (GiveUp, Misconfigured) as refusal:
                self.message_user(request, f"{parcel.order.number}: {refusal}", messages.WARNING)
                continue
            self.log_change(request, parcel, f"Given to {chosen['courier']} for {chosen['day']}.")
        if given:
            text = ngettext("%d parcel is on the run.", "%d parcels are on the run.", len(given)) % len(given)
            self.message_user(request, text, messages.SUCCESS)
        if nowhere := sum(stop.latitude is None for stop in given):
            text = ngettext(
                "Of %d nobody knows where the door is: fill it in on the page of the run.",
                "Of %d nobody knows where the doors are: fill them in on the page of the run.",
                nowhere,
            )
            self.message_user(request, text % nowhere, messages.WARNING)
