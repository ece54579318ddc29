"""Webhook endpoints for staff: how each line is, and the few things that are done with one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from parcelwise.admin.show import badge, moment
from parcelwise.admin.webhook_pages import EndpointPages, standing
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from parcelwise.models import WebhookDelivery, WebhookEndpoint
from parcelwise.outbound.places import check_address
from parcelwise.outgoing import acts
from parcelwise.outgoing.kinds import choices, scopes

#: Days over which the share of failures is shown.
DAYS = 7


class EndpointForm(forms.ModelForm):
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("“*” is everything, and a family such as “shipment.*” what is added to it later, too."),
    )
    scope = forms.ChoiceField(label=gettext_lazy("Hears of"), required=False)

    class Meta:
        model = WebhookEndpoint
        fields = ("name", "url", "scope", "types", "parallel", "limit_per_minute")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = choices()
        # What an app declared that is gone stays chosen until somebody unticks it.
        kept = [(each, each) for each in self.instance.types if each not in dict(known)]
        self.fields["types"].choices = [*known, *kept]  # type: ignore[attr-defined]
        self.fields["scope"].choices = [("", _("everything")), *scopes()]  # type: ignore[attr-defined]
        # Zero would mean any number; who wants none switches the endpoint off.
        self.fields["limit_per_minute"].validators.append(MinValueValidator(1))

    def clean_url(self) -> str:
        """An address that calls would be refused to is refused here."""
        url = str(self.cleaned_data["url"]).strip()
        try:
            check_address(url)
        except GiveUp as refused:
            raise forms.ValidationError(str(refused)) from refused
        return url

    def clean_parallel(self) -> int:
        return max(1, min(int(self.cleaned_data["parallel"]), 32))


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(EndpointPages, admin.ModelAdmin):
    form = EndpointForm
    change_form_template = "admin/parcelwise/webhookendpoint/change_form.html"
    change_list_template = "admin/parcelwise/webhookendpoint/change_list.html"
    list_display = ("name", "address", "scope_column", "standing_column", "last_ok_column", "failed_column",
                    "waiting_column")  # fmt: skip
    fieldsets = (
        (None, {"fields": ("name", "url", "scope", "types")}),
        (gettext_lazy("How fast it is told"), {"fields": ("parallel", "limit_per_minute"), "classes": ("collapse",)}),
    )
    show_full_result_count = False

    class Media:
        css = {"all": ("parcelwise/admin.css", "parcelwise/stacked.css", "parcelwise/webhooks.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        since = timezone.now() - timedelta(days=DAYS)
        found: QuerySet[WebhookEndpoint] = super().get_queryset(request)
        return found.defer("secrets").annotate(
            waiting=_count(state=JobState.WAITING),
            arrived=_count(state=JobState.DONE, finished_at__gte=since),
            lost=_count(state=JobState.DEAD, finished_at__gte=since),
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self._scopes = dict(scopes())
        context = {"title": _("Webhook endpoints"), "nothing_yet": not WebhookEndpoint.objects.exists()}
        answer: HttpResponse = super().changelist_view(request, {**context, **(extra_context or {})})
        return answer

    def response_add(self, request: HttpRequest, obj: WebhookEndpoint, post_url_continue: Any = None) -> HttpResponse:
        """Its secret, which is shown this once."""
        return self.show_secret(request, obj, acts.make_secret(obj))

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its log goes with it, and is not listed line by line."""
        count = WebhookDelivery.objects.filter(endpoint__in=list(objs)).count()
        return [str(one) for one in objs], {WebhookDelivery._meta.verbose_name_plural: count}, set(), []

    @admin.display(description=gettext_lazy("address"), ordering="url")
    def address(self, endpoint: WebhookEndpoint) -> str:
        return Truncator(endpoint.url.partition("?")[0]).chars(60)

    @admin.display(description=gettext_lazy("hears of"), ordering="scope")
    def scope_column(self, endpoint: WebhookEndpoint) -> str:
        return self._scopes.get(endpoint.scope, endpoint.scope) if endpoint.scope else _("everything")

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def standing_column(self, endpoint: WebhookEndpoint) -> SafeString:
        word = standing(endpoint)
        why = endpoint.off_because or (endpoint.last_error if endpoint.failures else "")
        return format_html('{}<span class="pw-under">{}</span>', word, Truncator(why).chars(100)) if why else word

    @admin.display(description=gettext_lazy("last success"), ordering="last_ok_at")
    def last_ok_column(self, endpoint: WebhookEndpoint) -> str:
        return moment(endpoint.last_ok_at)

    @admin.display(description=gettext_lazy("lost in 7 days"))
    def failed_column(self, endpoint: Any) -> SafeString | str:
        ended = endpoint.arrived + endpoint.lost
        if not ended:
            return "–"
        share = _("%(lost)d of %(ended)d") % {"lost": endpoint.lost, "ended": ended}
        return badge(share, "bad") if endpoint.lost else share

    @admin.display(description=gettext_lazy("waiting"))
    def waiting_column(self, endpoint: Any) -> str:
        return str(endpoint.waiting)


def _count(**which: Any) -> Coalesce:
    rows = WebhookDelivery.objects.filter(endpoint=OuterRef("pk"), **which).order_by().values("endpoint")
    counted = rows.annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
