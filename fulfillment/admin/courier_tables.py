"""What couriers leave behind: positions, speeds, proofs; and who is asked about roads."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.admin.secret_forms import SecretsAdmin, WithSecrets
from fulfillment.carriers.gps.routing import providers
from fulfillment.models import CourierPosition, ProofOfDelivery, RoutingService, SpeedStatistics
from parcelwise.admin import ReadOnlyAdmin, badge, moment
from parcelwise.circuit import CircuitState
from parcelwise.sealed import Locked


@admin.register(CourierPosition)
class CourierPositionAdmin(ReadOnlyAdmin):
    list_display = ("at", "run", "device", "accuracy", "recorded_at")
    list_select_related = ("run__courier__contact", "device")
    list_filter = ("at",)
    show_full_result_count = False
    ordering = ("-at",)


@admin.register(SpeedStatistics)
class SpeedStatisticsAdmin(ReadOnlyAdmin):
    list_display = ("store", "part", "key", "count", "told", "through")
    list_filter = ("store", "part")
    list_select_related = ("store",)

    @admin.display(description=gettext_lazy("what it says"))
    def told(self, row: SpeedStatistics) -> str:
        figures = row.figures
        if row.part == SpeedStatistics.Part.SPEED and figures.get("seconds"):
            return _("%(speed).1f km/h along the straight line") % {
                "speed": 3.6 * figures["metres"] / figures["seconds"]
            }
        if row.part == SpeedStatistics.Part.SERVICE and row.count:
            return _("%(seconds)d s at a door") % {"seconds": figures["seconds"] / row.count}
        if row.part == SpeedStatistics.Part.ERRORS and figures.get("told"):
            share = {"share": 100 * figures["held"] / figures["told"], "runs": figures["runs"]}
            return _("%(share).0f %% of windows held, in %(runs)d runs") % share
        return "–"


@admin.register(ProofOfDelivery)
class ProofOfDeliveryAdmin(ReadOnlyAdmin):
    list_display = ("shipment", "kind", "words", "place", "taken_at", "source")
    list_filter = ("kind", "taken_at")
    list_select_related = ("shipment",)
    search_fields = ("shipment__order__number", "words")
    fields = readonly_fields = ("shipment", "kind", "words", "place", "taken_at", "source", "picture")
    show_full_result_count = False
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("image")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.picture_view)
        name = "parcelwise_fulfillment_proofofdelivery_picture"
        return [path("<int:pk>/picture/", view, name=name), *super().get_urls()]

    def picture_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The picture itself."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = ProofOfDelivery.objects.filter(pk=pk).exclude(image=None).first()
        if found is None:
            raise Http404
        return HttpResponse(
            bytes(found.image or b""), content_type=found.media_type, headers={"Cache-Control": "no-store"}
        )

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, proof: ProofOfDelivery) -> SafeString | str:
        if not proof.media_type:
            return "–"
        url = reverse("admin:parcelwise_fulfillment_proofofdelivery_picture", args=[proof.pk])
        return format_html('<img src="{}" alt="{}" width="320">', url, _("Picture of the delivery"))


class RoutingServiceForm(WithSecrets):
    """``https`` is meant where no scheme is written."""

    kind = forms.ChoiceField(
        choices=lambda: [(name, name) for name in sorted(providers)], label=gettext_lazy("Kind of service")
    )
    server_url = forms.URLField(
        required=False,
        assume_scheme="https",
        label=gettext_lazy("Server"),
        help_text=gettext_lazy("instead of the service's own; an OSRM always needs one"),
    )

    class Meta:
        model = RoutingService
        fields = ("kind", "server_url", "is_active")

    def clean(self) -> dict[str, Any]:
        """A key that nobody can read here is not sent somewhere else by who only changes the address."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        stored = self.instance.credentials
        holds = bool(self.instance.pk) and (isinstance(stored, Locked) or bool(stored))
        if holds and {"kind", "server_url"} & set(self.changed_data) and not cleaned.get("new_credentials"):
            self.add_error("new_credentials", _("Type the credentials again: they would be sent to another place."))
        return cleaned


@admin.register(RoutingService)
class RoutingServiceAdmin(SecretsAdmin):
    form = RoutingServiceForm
    list_display = ("kind", "server_url", "state_column", "ok_column", "last_error")
    fields = ("kind", "server_url", "new_credentials", "is_active", "state_column", "ok_column", "last_error")
    readonly_fields = ("state_column", "ok_column", "last_error")

    class Media:
        css = {"all": ("parcelwise/admin.css",)}

    def save_model(self, request: HttpRequest, obj: RoutingService, form: Any, change: bool) -> None:
        obj.circuit = obj.circuit.worked()  # what was wrong may be mended: it is tried again at once
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("state"))
    def state_column(self, service: RoutingService) -> SafeString:
        if not service.is_active:
            return badge(_("switched off"), "plain")
        if service.circuit.state(timezone.now()) != CircuitState.CLOSED:
            return badge(_("left alone"), "bad")
        return badge(_("works"), "good") if service.last_ok_at else badge(_("not asked yet"), "warn")

    @admin.display(description=gettext_lazy("last answer"))
    def ok_column(self, service: RoutingService) -> str:
        return moment(service.last_ok_at)
