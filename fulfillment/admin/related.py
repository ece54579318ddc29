"""The page on which staff say how a parcel stands to others: further numbers, one box, sent again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.carriers.links import TRACKING_PAGES
from fulfillment.models import Shipment, ShipmentNumber
from fulfillment.services import again, consignments, legs, shipments, tracking
from fulfillment.statuses import Direction, NumberRole, ShipmentStatus
from parcelwise.errors import GiveUp

#: The parcel's own number, for one that has none yet.
OWN = "own"


class NumberForm(forms.Form):
    """A number under which the parcel is known too, or its own where it has none."""

    carrier = forms.SlugField(
        max_length=50,
        required=False,
        label=gettext_lazy("Carrier"),
        help_text=gettext_lazy("in small letters; empty: read from the number, where only one fits"),
        widget=forms.TextInput(attrs={"list": "pw-carriers", "autocomplete": "off", "class": "vTextField"}),
    )
    number = forms.CharField(
        max_length=80,
        label=gettext_lazy("Number"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"}),
    )
    role = forms.ChoiceField(label=gettext_lazy("What it is"))

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        roles: list[tuple[str, Any]] = [
            (NumberRole.LAST_MILE.value, _("the number of the carrier that brings it to the door")),
            (NumberRole.FIRST_MILE.value, _("the number of the carrier that had it before")),
            (NumberRole.ALTERNATIVE.value, _("another writing of its number")),
        ]
        own = [(OWN, _("its own number: it has none yet"))]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = roles if shipment.tracking_number else own

    def clean_number(self) -> str:
        number = "".join(str(self.cleaned_data["number"]).split()).upper()
        if not number.replace("-", "").isalnum():
            raise forms.ValidationError(_("A tracking number has letters and digits only."))
        return number


class AgainForm(forms.Form):
    """Pieces of the parcel that are sent again: a field for each line in it."""

    def __init__(self, shipment: Shipment, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inside = list(shipment.lines.select_related("order_line").order_by("order_line__position", "pk"))
        for line in self.inside:
            self.fields[f"line-{line.order_line_id}"] = forms.IntegerField(
                min_value=0, max_value=line.quantity, initial=line.quantity, label=line.order_line.title
            )

    @property
    def contents(self) -> dict[str, int]:
        wanted = {line.order_line.external_id: self.cleaned_data[f"line-{line.order_line_id}"] for line in self.inside}
        return {key: pieces for key, pieces in wanted.items() if pieces}


class RelatesParcels(admin.ModelAdmin):
    """Gives a parcel's page the way to the page of its numbers and siblings."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.related_view)
        return [
            path("<path:object_id>/related/", view, name="parcelwise_fulfillment_shipment_related"),
            *super().get_urls(),
        ]

    def may_relate(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request) and request.user.has_perm("parcelwise_fulfillment.add_shipment"))

    def related_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if not self.may_relate(request):
            raise PermissionDenied  # before looking: whether there is such a parcel is not told
        shipment = self.get_object(request, object_id)
        if shipment is None:
            raise Http404
        doing = request.POST.get("do", "") if request.method == "POST" else ""
        number = NumberForm(shipment, request.POST if doing == "add" else None)
        send = AgainForm(shipment, request.POST if doing == "again" else None)
        if doing and (told := self._done(request, shipment, doing, number, send)):
            return told
        context = {
            **self.admin_site.each_context(request),
            "title": _("Numbers and siblings of %(parcel)s") % {"parcel": shipment},
            "opts": self.opts,
            "original": shipment,
            "number_form": number,
            "again_form": send if again.may_send_again(shipment) else None,
            "numbers": shipment.numbers.all(),
            "others": shipment.consignment.shipments.exclude(pk=shipment.pk).select_related("order")
            if shipment.consignment
            else (),
            "pieces": pieces_of(shipment),
            "candidates": candidates(shipment),
            "carriers": sorted(TRACKING_PAGES),
        }
        return TemplateResponse(request, "admin/parcelwise_fulfillment/shipment/related.html", context)

    def _done(
        self, request: HttpRequest, shipment: Shipment, doing: str, number: NumberForm, send: AgainForm
    ) -> HttpResponse | None:
        """Do what was asked for and log it; None where a form has to be corrected."""
        form = {"add": number, "again": send}.get(doing)
        if form is not None and not form.is_valid():
            return None
        acts: dict[str, Callable[[], tuple[str, str]]] = {
            "add": lambda: _add(shipment, number),
            "remove": lambda: _remove(shipment, request.POST.get("which", "")),
            "join": lambda: _join(shipment, request.POST.get("which", ""), request.user.get_username()),
            "part": lambda: _part(shipment),
            "again": lambda: _again(shipment, send, request.user.get_username()),
        }
        act = acts.get(doing)
        if act is None:
            return None
        try:
            kind, what = act()
        except GiveUp as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, shipment, [{kind: {"name": "parcel", "object": what}}])
            self.log_change(request, shipment.order, [{kind: {"name": "parcel", "object": what}}])
            messages.success(request, what)
        return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_shipment_related", args=[shipment.pk]))


def pieces_of(shipment: Shipment) -> QuerySet[Shipment]:
    """The other pieces of its shipment, the first one first."""
    first = shipment.master_id or shipment.pk
    return Shipment.objects.filter(Q(pk=first) | Q(master=first)).exclude(pk=shipment.pk).order_by("pk")


def candidates(shipment: Shipment) -> QuerySet[Shipment]:
    """Parcels of other orders of the shop with the same carrier and number: those that may be in its box."""
    if not shipment.tracking_number:
        return Shipment.objects.none()
    same = Shipment.objects.filter(
        order__store=shipment.order.store_id,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        direction=Direction.OUT,
    )
    live = same.exclude(order=shipment.order_id).exclude(status=ShipmentStatus.CANCELLED)
    if shipment.consignment_id:
        live = live.exclude(consignment=shipment.consignment_id)
    return live.select_related("order").order_by("-pk")[:20]


def _add(shipment: Shipment, form: NumberForm) -> tuple[str, str]:
    told = form.cleaned_data
    if told["role"] == OWN:
        if not told["carrier"]:
            raise GiveUp(_("Name the carrier."))
        shipments.renumber(shipment, told["carrier"], told["number"])
        tracking.ensure_poll(shipment)
        return "changed", _("%(parcel)s is followed from now on.") % {"parcel": shipment}
    leg = legs.add_by_hand(shipment, told["carrier"], told["number"], told["role"])
    return "added", _("%(number)s is a number of this parcel.") % {"number": leg}


def _remove(shipment: Shipment, which: str) -> tuple[str, str]:
    found = ShipmentNumber.objects.filter(shipment=shipment, pk=int(which) if which.isdecimal() else 0).first()
    if found is None:
        raise GiveUp(_("That number is not this parcel's any more."))
    legs.close_leg(found)
    return "deleted", _("%(number)s is no number of this parcel.") % {"number": found}


def _join(shipment: Shipment, which: str, actor: str) -> tuple[str, str]:
    other = next((each for each in candidates(shipment) if str(each.pk) == which), None)
    if other is None:
        raise GiveUp(_("That parcel cannot be in the same box."))
    consignments.join_by_hand(shipment, other, actor)
    return "added", _("It is in one box with order %(number)s.") % {"number": other.order.number}


def _part(shipment: Shipment) -> tuple[str, str]:
    consignments.part(shipment)
    return "changed", _("It is a parcel of its own.")


def _again(shipment: Shipment, form: AgainForm, actor: str) -> tuple[str, str]:
    fresh = again.send_again(shipment, form.contents, actor)
    pieces = sum(form.contents.values())
    told = _("%(count)d pieces of it are sent again as %(parcel)s. Its label is to be made.")
    return "added", told % {"count": pieces, "parcel": fresh}
