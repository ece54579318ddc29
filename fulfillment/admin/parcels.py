"""The form with which staff add a parcel to an order: a carrier, a number, and what is inside."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.carriers.links import TRACKING_PAGES
from fulfillment.carriers.names import carrier_name
from fulfillment.carriers.recognise import Candidate, recognise, sole
from fulfillment.models import CarrierAccount, Order, OrderLine
from fulfillment.services import telling_stores
from fulfillment.statuses import OrderStatus
from fulfillment.stores import is_remote


class ParcelForm(forms.Form):
    """One number field for each line that has pieces in no parcel."""

    carrier = forms.SlugField(
        max_length=50,
        required=False,
        label=gettext_lazy("Carrier"),
        help_text=gettext_lazy(
            "ups, fedex, usps, dhl, dpd, gls, … in small letters; empty: read from the number, where only one fits"
        ),
        widget=forms.TextInput(attrs={"list": "pw-carriers", "autocomplete": "off", "class": "vTextField"}),
    )
    tracking_number = forms.CharField(
        max_length=80,
        label=gettext_lazy("Tracking number"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"}),
    )
    notify = forms.BooleanField(
        required=False,
        label=gettext_lazy("The store mails the customer too"),
        help_text=gettext_lazy("Leave it off where Parcelwise tells customers."),
    )

    def __init__(self, order: Order, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order = order
        #: How the carrier was read from the number, when nobody named it.
        self.read: Candidate | None = None
        left = telling_stores.left_over(order)
        self.lines: list[OrderLine] = [line for line in order.lines.all() if line.external_id in left]
        for line in self.lines:
            pieces = left[line.external_id]
            self.fields[f"line-{line.pk}"] = forms.IntegerField(
                min_value=0,
                max_value=pieces,
                initial=pieces,
                label=line.title,
                help_text=ngettext("%d piece is in no parcel", "%d pieces are in no parcel", pieces) % pieces,
            )
        notify = self.fields.pop("notify")
        if is_remote(order.store):
            self.fields["notify"] = notify  # after what is inside

    @property
    def contents(self) -> dict[str, int]:
        """Pieces by the line's external id, without lines of which none are inside."""
        wanted = {line.external_id: self.cleaned_data[f"line-{line.pk}"] for line in self.lines}
        return {key: pieces for key, pieces in wanted.items() if pieces}

    def clean_tracking_number(self) -> str:
        number = "".join(str(self.cleaned_data["tracking_number"]).split()).upper()
        if not number.replace("-", "").isalnum():
            raise forms.ValidationError(_("A tracking number has letters and digits only."))
        return number

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("carrier") and not self.errors:
            self._read_carrier(cleaned)
        if not self.errors and not self.contents:
            raise forms.ValidationError(_("Put at least one piece into the parcel."))
        return cleaned

    def _read_carrier(self, cleaned: dict[str, Any]) -> None:
        """The carrier from the number; an error that names the candidates when there is not exactly one."""
        candidates = recognise(
            cleaned["tracking_number"],
            origin=self.order.store.origin.country,
            destination=str(self.order.ship_to.get("country") or ""),
            known=CarrierAccount.objects.filter(is_active=True).values_list("carrier", flat=True),
        )
        self.read = sole(candidates)
        if self.read:
            cleaned["carrier"] = self.read.carrier
            return
        names = ", ".join(f"{each.carrier} ({each.service})" for each in candidates)
        told = _("The number does not tell which carrier it is: it may be one of %(carriers)s.") % {"carriers": names}
        self.add_error("carrier", told if names else _("No carrier that is known here has such numbers: name it."))


class AddsParcels(admin.ModelAdmin):
    """Gives the order's page the way to a form on which a parcel is added."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.add_parcel_view)
        return [
            path("<path:object_id>/add-parcel/", view, name="parcelwise_fulfillment_order_add_parcel"),
            *super().get_urls(),
        ]

    def may_add_parcel(self, request: HttpRequest, order: Order) -> bool:
        """Whether the reader may, and there is anything to pack."""
        allowed = request.user.has_perm("parcelwise_fulfillment.add_shipment")
        return bool(allowed and order.status == OrderStatus.OPEN and telling_stores.left_over(order))

    def add_parcel_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not (self.has_view_permission(request) and request.user.has_perm("parcelwise_fulfillment.add_shipment")):
            raise PermissionDenied  # before looking: whether there is such an order is not told
        order = self.get_object(request, object_id)
        if order is None:
            raise Http404
        if not self.may_add_parcel(request, order):
            raise PermissionDenied
        form = ParcelForm(order, request.POST or None)
        if request.method == "POST" and form.is_valid():
            parcel = telling_stores.add_parcel(
                order,
                carrier=form.cleaned_data["carrier"],
                tracking_number=form.cleaned_data["tracking_number"],
                contents=form.contents,
                notify=form.cleaned_data.get("notify", False),
            )
            self.log_change(request, order, [{"added": {"name": "parcel", "object": str(parcel)}}])
            messages.success(request, _("%(parcel)s is followed from now on.") % {"parcel": parcel})
            if form.read:
                told = _("Its carrier was read from the number: %(carrier)s; %(why)s.")
                messages.info(request, told % {"carrier": carrier_name(form.read.carrier), "why": form.read.why})
            return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Add a parcel to order %(number)s") % {"number": order.number},
            "opts": self.opts,
            "original": order,
            "form": form,
            "carriers": sorted(TRACKING_PAGES),
            "is_remote": is_remote(order.store),
        }
        return TemplateResponse(request, "admin/parcelwise_fulfillment/order/add_parcel.html", context)
