"""Deliveries: what platforms told us, byte for byte, what became of it, and the button that works it off again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fulfillment.admin.bodies import as_it_came, to_read
from fulfillment.admin.filters import LISTS
from fulfillment.admin.replays import ReplaysRanges
from fulfillment.models import CarrierAccount, InboxEvent, Order, Outcome, Shipment, Verdict
from fulfillment.services import inbox
from parcelwise.admin import JobAdmin, badge, breakable, preformatted, record_link, short
from parcelwise.admin.show import as_list
from parcelwise.jobs import JobQuerySet, JobState
from parcelwise.panels import reference

TONES = {
    Outcome.RECORDED: "good",
    Outcome.FETCHING: "good",
    Outcome.UNKNOWN: "warn",
    Outcome.UNREADABLE: "bad",
    Outcome.NO_PARCEL: "warn",
}


class AccountFilter(admin.SimpleListFilter):
    """The carrier account that pushed it. Django's own filter would read each account's store by itself."""

    title = _("carrier account")
    parameter_name = "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(account.pk), str(account)) for account in CarrierAccount.objects.select_related("store")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return queryset.filter(account=int(chosen)) if chosen.isdecimal() else queryset


@admin.register(InboxEvent)
class DeliveryAdmin(ReplaysRanges, JobAdmin):
    """Newest first: what needs attention has its filter."""

    list_display = (
        "received",
        "topic_column",
        "about",
        "became",
        "sender",
    )
    list_filter = (
        "state",
        "outcome",
        "store",
        AccountFilter,
        ("topic", admin.AllValuesFieldListFilter),
        "verdict",
        "created_at",
    )
    list_select_related = ("store", "account__store")
    search_fields = ("^delivery_key", "^subject", "=event_key")
    search_help_text = _("order number; the beginning of what it is about or of its key; the whole key of its event")
    ordering = ("-created_at", "-pk")
    actions = ("replay", "call_off")
    fields = (
        "sender",
        "topic",
        "subject_link",
        "state_column",
        "outcome_column",
        "detail",
        "received",
        "sent_at",
        "verdict_column",
        "delivery_key",
        "event_key",
        "attempts_column",
        "next_attempt",
        "finished_at",
        "replayed",
        "last_error",
        "traceback",
        "headers_list",
        "body_to_read",
        "body_as_it_came",
    )

    class Media:
        css = LISTS

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Bodies are personal data: to be allowed to replay is not to be allowed to read."""
        return request.user.has_perm("parcelwise_fulfillment.view_inboxevent")

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboxEvent]:
        found: QuerySet[InboxEvent] = super().get_queryset(request)
        order = Order.objects.filter(store=OuterRef("store"), external_id=OuterRef("subject"))
        parcel = Shipment.objects.filter(tracking_number=OuterRef("subject")).exclude(tracking_number="")
        return found.defer("body", "headers", "last_traceback").annotate(
            order_pk=Subquery(order.values("pk")[:1]),
            order_number=Subquery(order.values("number")[:1]),
            parcel_pk=Subquery(parcel.order_by("-pk").values("pk")[:1]),
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        orders = Order.objects.filter(number=search_term.strip())
        if search_term and (named := set(orders.values_list("external_id", flat=True))):
            found |= queryset.filter(subject__in=named)
        return found, duplicates

    def get_urls(self) -> list[URLPattern]:
        body = self.admin_site.admin_view(self.body_view)
        return [
            path("<path:object_id>/body/", body, name="parcelwise_fulfillment_inboxevent_body"),
            *super().get_urls(),
        ]

    def body_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The body as a file, every byte as it came. No browser shows it as a page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        event = self.get_object(request, object_id)
        if event is None:
            raise Http404
        return HttpResponse(
            bytes(event.body),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="delivery-{event.pk}.bin"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )

    @admin.action(description=_("Replay"), permissions=["run"])
    def replay(self, request: HttpRequest, queryset: JobQuerySet) -> None:
        count = inbox.replay(queryset)
        self.message_user(request, ngettext("%d is worked off again.", "%d are worked off again.", count) % count)

    @admin.display(description=_("received"), ordering="created_at")
    def received(self, event: InboxEvent) -> str:
        """To the second, in little room: what came just before and after is what one looks for."""
        return f"{localtime(event.created_at):%Y-%m-%d %H:%M:%S}"

    @admin.display(description=_("from"), ordering="store__name")
    def sender(self, event: InboxEvent) -> str:
        """The store, or the carrier account that it was pushed to."""
        return str(event.store or event.account or "–")

    @admin.display(description=_("topic"), ordering="topic")
    def topic_column(self, event: InboxEvent) -> SafeString:
        return breakable(event.topic)

    @admin.display(description=_("about"), ordering="subject")
    def about(self, event: Any) -> SafeString | str:
        """The order's or parcel's number where there is one; else the platform's name of what it is about."""
        if event.account_id and event.parcel_pk:
            return record_link(f"{Shipment._meta.label_lower}:{event.parcel_pk}", self.admin_site, name=event.subject)
        if event.order_pk is None:
            return short(event.subject) or "–"
        link = record_link(f"{Order._meta.label_lower}:{event.order_pk}", self.admin_site, name=event.order_number)
        return format_html('<span title="{}">{}</span>', event.subject, link)

    @admin.display(description=_("what became of it"), ordering="outcome")
    def became(self, event: InboxEvent) -> SafeString:
        """What became of one that is worked off, the state of any other; and a signature that is not the usual."""
        is_done = event.state == JobState.DONE and event.outcome
        word = self.outcome_column(event) if is_done else self.state_column(event)
        if event.verdict != Verdict.SIGNED:
            word = format_html("{} {}", word, self.verdict_column(event))
        return self.with_trouble(event, word)

    @admin.display(description=_("outcome"), ordering="outcome")
    def outcome_column(self, event: InboxEvent) -> SafeString:
        return badge(event.get_outcome_display() or _("not worked off yet"), TONES.get(Outcome(event.outcome), "plain"))

    @admin.display(description=_("signature"), ordering="verdict")
    def verdict_column(self, event: InboxEvent) -> SafeString:
        return badge(event.get_verdict_display(), "good" if event.verdict == Verdict.SIGNED else "warn")

    @admin.display(description=_("about"))
    def subject_link(self, event: InboxEvent) -> SafeString | str:
        """The order or parcel that it is about."""
        if event.account_id and (parcel := Shipment.objects.filter(tracking_number=event.subject).last()):
            return record_link(reference(parcel), self.admin_site, name=event.subject) if event.subject else "–"
        order = Order.objects.filter(store=event.store_id, external_id=event.subject).first() if event.subject else None
        if order is None:
            return event.subject or "–"
        return record_link(reference(order), self.admin_site, name=_("order %s") % order.number)

    @admin.display(description=_("headers"))
    def headers_list(self, event: InboxEvent) -> SafeString | str:
        return as_list(event.headers)

    @admin.display(description=_("body to read"))
    def body_to_read(self, event: InboxEvent) -> SafeString | str:
        text = to_read(bytes(event.body))
        return preformatted(text) if text else str(_("It is not JSON."))

    @admin.display(description=_("body as it came"))
    def body_as_it_came(self, event: InboxEvent) -> SafeString:
        body = bytes(event.body)
        size = ngettext("%d byte", "%d bytes", len(body)) % len(body)
        url = reverse("admin:parcelwise_fulfillment_inboxevent_body", args=[event.pk], current_app=self.admin_site.name)
        return format_html(
            '<details><summary>{}</summary>{}</details><a href="{}">{}</a>',
            size,
            preformatted(as_it_came(body)),
            url,
            _("Download"),
        )
