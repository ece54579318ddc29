"""The log of webhooks: what was to be told, to whom, and what came of each try."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from parcelwise.admin.jobs import JobAdmin
from parcelwise.admin.show import badge, moment, preformatted, record_link
from parcelwise.models import WebhookDelivery, WebhookEvent
from parcelwise.outgoing import acts

TONES = {2: "good", 3: "warn", 4: "bad", 5: "bad"}


class ByKind(admin.SimpleListFilter):
    """Families and events that there are in the log."""

    title, parameter_name = _("event"), "kind"
    field = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        kinds = WebhookEvent.objects.order_by("kind").values_list("kind", flat=True).distinct()[:100]
        return [(kind, kind) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.field: self.value()}) if self.value() else queryset


class DeliveryByKind(ByKind):
    field = "event__kind"


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(JobAdmin):
    list_display = ("event_column", "endpoint", "about", "standing", "answer_column", "created_column")
    list_filter = ("state", "endpoint", DeliveryByKind, "created_at")
    list_select_related = ("event", "endpoint")
    search_fields = ("event__uuid", "event__subject", "event__kind")
    search_help_text = _("the event's name without evt_, or what it is about (parcelwise_fulfillment.order:17)")
    actions = ("send_again", "call_off")
    fields = readonly_fields = (
        "event_link", "endpoint", "about", "state_column", "attempts_column", "next_attempt", "created_at",
        "finished_at", "tries_table", "message", "last_error",
    )  # fmt: skip

    class Media:
        css = {"all": ("parcelwise/stacked.css", "parcelwise/webhooks.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        found: QuerySet[WebhookDelivery] = super().get_queryset(request)
        return found.select_related("event", "endpoint").defer("endpoint__secrets")

    def get_fields(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> Any:
        """What was told is for who may see events: it says more than that something was told."""
        may = request.user.has_perm("parcelwise.view_webhookevent")
        return [name for name in self.fields if may or name != "message"]

    @admin.display(description=_("event"), ordering="event__kind")
    def event_column(self, delivery: WebhookDelivery) -> str:
        return delivery.event.kind

    @admin.display(description=_("event"))
    def event_link(self, delivery: WebhookDelivery) -> SafeString:
        about = record_link(f"parcelwise.webhookevent:{delivery.event_id}", self.admin_site, name=delivery.event.name)
        return format_html("{} {}", delivery.event.kind, about)

    @admin.display(description=_("about"))
    def about(self, delivery: WebhookDelivery) -> SafeString | str:
        return record_link(delivery.event.subject, self.admin_site)

    @admin.display(description=_("last answer"), ordering="status")
    def answer_column(self, delivery: WebhookDelivery) -> SafeString | str:
        if delivery.status is None:
            return str(_("none")) if delivery.tries else "–"
        return badge(delivery.status, TONES.get(delivery.status // 100, "plain"))

    @admin.display(description=_("noted"), ordering="created_at")
    def created_column(self, delivery: WebhookDelivery) -> str:
        return moment(delivery.created_at)

    @admin.display(description=_("tries"))
    def tries_table(self, delivery: WebhookDelivery) -> SafeString | str:
        if not delivery.tries:
            return "–"
        rows = format_html_join(
            "",
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            (
                (
                    moment(datetime.fromisoformat(one["at"])),
                    f"{one.get('ms', 0)} ms",
                    one.get("status", "–"),
                    " ".join(filter(None, (one.get("error", ""), one.get("answer", "")))) or "–",
                )
                for one in reversed(delivery.tries)
            ),
        )
        names = format_html_join(
            "", "<th>{}</th>", ((name,) for name in (_("when"), _("took"), _("status"), _("answer")))
        )
        return format_html('<table class="pw-tries"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>', names, rows)

    @admin.display(description=_("message"))
    def message(self, delivery: WebhookDelivery) -> SafeString | str:
        return _shown(delivery.event)

    @admin.action(description=_("Send again"), permissions=["run"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        count = acts.resend(queryset)
        self.message_user(request, ngettext("%d is sent again.", "%d are sent again.", count) % count)


@admin.register(WebhookEvent)
class WebhookEventAdmin(JobAdmin):
    list_display = ("kind", "about", "occurred_column", "told_column", "standing")
    list_filter = ("state", ByKind, "occurred_at")
    search_fields = ("uuid", "subject", "kind")
    search_help_text = _("its name without evt_, or what it is about (parcelwise_fulfillment.order:17)")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "kind", "name", "about", "occurred_at", "created_at", "state_column", "attempts_column", "deliveries_list",
        "message", "last_error", "traceback",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEvent]:
        found: QuerySet[WebhookEvent] = super().get_queryset(request)
        return found.annotate(told=Count("deliveries"))

    @admin.display(description=_("about"))
    def about(self, event: WebhookEvent) -> SafeString | str:
        return record_link(event.subject, self.admin_site)

    @admin.display(description=_("happened"), ordering="occurred_at")
    def occurred_column(self, event: WebhookEvent) -> str:
        return moment(event.occurred_at)

    @admin.display(description=_("endpoints"))
    def told_column(self, event: Any) -> int:
        return int(event.told)

    @admin.display(description=_("told to"))
    def deliveries_list(self, event: WebhookEvent) -> SafeString | str:
        rows = event.deliveries.select_related("endpoint").defer("endpoint__secrets")
        return format_html_join(
            "",
            "<div>{} {}</div>",
            (
                (record_link(f"parcelwise.webhookdelivery:{each.pk}", self.admin_site, name=each.endpoint.name),
                 self.state_column(each))
                for each in rows
            ),
        ) or "–"  # fmt: skip

    @admin.display(description=_("message"))
    def message(self, event: WebhookEvent) -> SafeString | str:
        return _shown(event)


def _shown(event: WebhookEvent) -> SafeString | str:
    """The message as it is sent, set out to be read."""
    if event.erased_at:
        return str(_("erased"))
    return preformatted(json.dumps(json.loads(event.body), indent=2, ensure_ascii=False)) if event.body else "–"
