"""Own couriers: who they are, their devices' keys (shown once), and where they are on today's runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, FloatField, Max, OuterRef, Q, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache

from fulfillment.maps import COURIER, DESTINATION, Spot, draw, tiles_of_settings
from fulfillment.models import Courier, CourierDevice, CourierPosition, CourierRun, RunStop
from fulfillment.services import courier_eta, couriers
from fulfillment.services.positions import point_of
from parcelwise import links
from parcelwise.admin import PersonActions, ReadOnlyAdmin, ReadOnlyInline, badge, moment
from parcelwise.models import Contact

_TONES = {CourierRun.State.PLANNED: "plain", CourierRun.State.UNDER_WAY: "good", CourierRun.State.DONE: "plain"}


class CourierForm(forms.ModelForm):
    """A courier is a contact who works here."""

    name = forms.CharField(max_length=200, label=gettext_lazy("Name"))
    email = forms.EmailField(required=False, label=gettext_lazy("E-mail"))
    phone = forms.CharField(required=False, max_length=32, label=gettext_lazy("Phone"))

    class Meta:
        model = Courier
        fields = ("is_active",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("name", "email", "phone"):
                self.initial.setdefault(name, getattr(self.instance.contact, name))

    def save(self, commit: bool = True) -> Any:
        contact = self.instance.contact if self.instance.pk else Contact()
        for name in ("name", "email", "phone"):
            setattr(contact, name, self.cleaned_data[name])
        contact.save()
        self.instance.contact = contact
        return super().save(commit)


class DeviceInline(ReadOnlyInline):
    model = CourierDevice
    fields = readonly_fields = ("name", "key_id", "issued_at", "issued_by", "last_seen_at", "withdrawn_at")


@admin.register(Courier)
class CourierAdmin(PersonActions, admin.ModelAdmin):
    form = CourierForm
    fields = ("name", "email", "phone", "is_active")
    list_display = ("name_column", "is_active", "devices_column", "seen_column")
    list_filter = ("is_active",)
    list_select_related = ("contact",)
    search_fields = ("contact__name", "contact__email", "contact__phone")
    actions = ("export_data", "erase_person")
    inlines = (DeviceInline,)
    change_form_template = "admin/parcelwise_fulfillment/courier/change_form.html"

    class Media:
        css = {"all": ("parcelwise/admin.css",)}

    has_change_permission: Callable[..., bool]

    def contacts_of(self, rows: QuerySet[Any]) -> list[int]:
        return list(rows.order_by("pk").values_list("contact", flat=True))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # they are switched off, or erased as a person

    def get_queryset(self, request: HttpRequest) -> QuerySet[Courier]:
        usable = Q(devices__withdrawn_at=None)
        found: QuerySet[Courier] = super().get_queryset(request)
        return found.annotate(usable=Count("devices", filter=usable), seen=Max("devices__last_seen_at"))

    def get_urls(self) -> list[URLPattern]:
        name = "parcelwise_fulfillment_courier_key"
        return [path("<int:pk>/key/", self.admin_site.admin_view(self.key_view), name=name), *super().get_urls()]

    @property
    def key_view(self) -> Callable[..., HttpResponse]:
        return never_cache(self._issue)

    def _issue(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A new key, on this page and never again."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        courier = Courier.objects.filter(pk=pk).select_related("contact").first()
        if courier is None or request.method != "POST":
            raise Http404
        device, key = couriers.issue_key(courier, request.POST.get("name", "").strip(), request.user.get_username())
        self.log_change(request, courier, f"Key {device.key_id} issued.")
        context = {
            **self.admin_site.each_context(request),
            "title": _("A key for %(name)s") % {"name": courier},
            "courier": courier,
            "device": device,
            "key": key,
            "page": links.absolute(reverse("parcelwise_gps:courier", args=[couriers.link_token(device)])),
            "api": links.absolute(reverse("parcelwise_gps:positions")),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/parcelwise_fulfillment/courier/key.html", context)

    @admin.display(description=gettext_lazy("courier"), ordering="contact__name")
    def name_column(self, courier: Courier) -> str:
        return str(courier.contact)

    @admin.display(description=gettext_lazy("usable keys"))
    def devices_column(self, courier: Any) -> int:
        return int(courier.usable)

    @admin.display(description=gettext_lazy("last seen"), ordering="seen")
    def seen_column(self, courier: Any) -> str:
        return moment(courier.seen)


@admin.register(CourierDevice)
class CourierDeviceAdmin(ReadOnlyAdmin):
    list_display = ("name", "courier", "key_id", "issued_at", "issued_by", "last_seen_at", "withdrawn_at")
    list_filter = (("withdrawn_at", admin.EmptyFieldListFilter),)
    list_select_related = ("courier__contact",)
    search_fields = ("name", "key_id", "courier__contact__name")
    fields = readonly_fields = ("courier", "name", "key_id", "issued_at", "issued_by", "last_seen_at", "withdrawn_at")
    actions = ("withdraw",)

    @admin.action(description=gettext_lazy("Withdraw keys"), permissions=["run"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[CourierDevice]) -> None:
        done = 0
        for device in queryset:
            if couriers.withdraw(device):
                self.log_change(request, device, "Key withdrawn.")
                done += 1
        text = ngettext("%d key opens nothing any more.", "%d keys open nothing any more.", done)
        self.message_user(request, text % done, messages.SUCCESS)


class StopInline(admin.TabularInline):
    model = RunStop
    extra = 0
    fields = ("position", "parcel", "address", "latitude", "longitude", "state", "arrived_at", "settled_at")
    readonly_fields = ("parcel", "address", "state", "arrived_at", "settled_at")
    formfield_overrides = {FloatField: {"widget": forms.NumberInput(attrs={"class": "pw-degrees"})}}

    def get_queryset(self, request: HttpRequest) -> QuerySet[RunStop]:
        found: QuerySet[RunStop] = super().get_queryset(request)
        return found.select_related("shipment__order")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_planned = obj is None or obj.state == CourierRun.State.PLANNED
        return is_planned and bool(super().has_delete_permission(request, obj))

    @admin.display(description=gettext_lazy("parcel"))
    def parcel(self, stop: RunStop) -> SafeString:
        url = reverse("admin:parcelwise_fulfillment_shipment_change", args=[stop.shipment_id])
        return format_html('<a href="{}">{}</a>', url, stop.shipment.order.number)

    @admin.display(description=gettext_lazy("address"))
    def address(self, stop: RunStop) -> str:
        to = stop.shipment.destination_address
        return ", ".join(filter(None, (to.name, *to.lines, f"{to.postcode} {to.city}".strip())))


@admin.register(CourierRun)
class CourierRunAdmin(admin.ModelAdmin):
    list_display = ("courier_column", "day", "state_column", "stops_column", "where_column", "store")
    list_display_links = ("courier_column", "day")
    list_filter = ("state", "day", "store")
    list_select_related = ("courier__contact", "store")
    search_fields = ("courier__contact__name", "stops__shipment__order__number")
    date_hierarchy = None
    inlines = (StopInline,)
    readonly_fields = ("courier", "store", "day", "state", "started_at", "departed_at", "ended_at", "where", "drawing")
    fields = (
        "courier", "store", "day", "state", ("latitude", "longitude"), "started_at", "departed_at", "ended_at", "where",
        "drawing",
    )  # fmt: skip

    class Media:
        css = {"all": ("parcelwise/admin.css", "parcelwise/fulfillment/map.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CourierRun]:
        latest = CourierPosition.objects.filter(run=OuterRef("pk")).order_by("-at").values("at")[:1]
        found: QuerySet[CourierRun] = super().get_queryset(request)
        return found.annotate(
            seen_at=Subquery(latest),
            all_stops=Count("stops", distinct=True),
            open_stops=Count("stops", filter=Q(stops__state=RunStop.State.OPEN), distinct=True),
            lacks_place=Exists(RunStop.objects.filter(run=OuterRef("pk"), latitude=None)),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a run is made by giving parcels to a courier

    @admin.display(description=gettext_lazy("courier"), ordering="courier__contact__name")
    def courier_column(self, run: CourierRun) -> str:
        return str(run.courier.contact)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_column(self, run: CourierRun) -> SafeString:
        return badge(run.get_state_display(), _TONES[CourierRun.State(run.state)])

    @admin.display(description=gettext_lazy("stops"))
    def stops_column(self, run: Any) -> str:
        done = run.all_stops - run.open_stops
        words = _("%(done)d of %(all)d done") % {"done": done, "all": run.all_stops}
        missing = _("doors are missing")
        return f"{words}, {missing}" if run.lacks_place else words

    @admin.display(description=gettext_lazy("last position"))
    def where_column(self, run: Any) -> str:
        if run.seen_at is None:
            return "–"
        return _("%(age)s ago") % {"age": timesince(run.seen_at, depth=1)}

    @admin.display(description=gettext_lazy("last position"))
    def where(self, run: Any) -> str:
        fix = run.positions.order_by("-at").first()
        if fix is None:
            return "–"
        age = timesince(fix.at, depth=1)
        return _("%(age)s ago, within %(metres)d m") % {"age": age, "metres": round(fix.accuracy)}

    @admin.display(description=gettext_lazy("map"))
    def drawing(self, run: CourierRun) -> SafeString:
        spots = [
            Spot(door.latitude, door.longitude, DESTINATION, str(stop.position))
            for stop in run.stops.all()
            if (door := point_of(stop))
        ]
        fix = courier_eta.last_fix(run, timezone.now())
        if fix:
            spots.append(Spot(fix.latitude, fix.longitude, COURIER, str(run.courier)))
        drawn = draw(spots, tiles=tiles_of_settings(), as_of=moment(fix.at) if fix else "")
        return SafeString(render_to_string("parcelwise/fulfillment/parts/map.html", {"map": drawn}) or "–")
