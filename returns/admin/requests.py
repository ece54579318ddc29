"""Returns: the list, and the page on which staff take the next step."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from parcelwise.admin import ChangeInline, ReadOnlyAdmin, ReadOnlyInline, badge
from returns.admin.labels import LabelInline
from returns.admin.steps import DEFAULT_NOTES, SERVICES, STEPS, WORDS, Waiting
from returns.models import ReturnChange, ReturnLabel, ReturnLine, ReturnRequest
from returns.panels import tone_of
from returns.rma import tidy
from returns.services import labels
from returns.services.requests import ReturnRefused


class NoteForm(ActionForm):
    """The reason that goes into the history with the action."""

    why = forms.CharField(required=False, max_length=300, label=gettext_lazy("Note:"))


class LineInline(ReadOnlyInline):
    model = ReturnLine
    fields = ("order_line", "quantity", "reason", "comment")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnLine]:
        found: QuerySet[ReturnLine] = super().get_queryset(request)
        return found.select_related("order_line")


class HistoryInline(ChangeInline):
    model = ReturnChange


@admin.register(ReturnRequest)
class ReturnRequestAdmin(ReadOnlyAdmin):
    change_form_template = "admin/parcelwise_returns/returnrequest/change_form.html"
    action_form = NoteForm
    actions = ("overrule", "receive", "close", "cancel")
    list_display = ("number", "status_column", "customer", "order_column", "pieces", "reasons", "requested_column")
    list_filter = ("status", Waiting, "lines__reason", "shipment__carrier", "order__store", "requested_at")
    list_select_related = ("order__customer__contact", "order__store")
    list_per_page = 50
    show_full_result_count = False
    search_fields = (
        "number",
        "order__number",
        "order__customer__contact__name",
        "order__customer__contact__email",
        "shipment__tracking_number",
    )
    search_help_text = gettext_lazy("return number, order number, tracking number, name or e-mail")
    inlines = (LineInline, LabelInline, HistoryInline)
    fields = readonly_fields = (
        "number",
        "status_column",
        "decision_column",
        "customer",
        "order_column",
        "parcel_column",
        "requested_at",
        "decided_at",
        "received_at",
        "closed_at",
    )

    class Media:
        css = {"all": ("parcelwise/returns/admin.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReturnRequest]:
        found: QuerySet[ReturnRequest] = super().get_queryset(request)
        return found.prefetch_related("lines")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # A number read out over the telephone comes without hyphens and with O for 0.
        if meant := tidy(search_term):
            return queryset.filter(number=meant), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("status"), ordering="status")
    def status_column(self, found: ReturnRequest) -> Any:
        return badge(found.get_status_display(), tone_of(found.status))

    @admin.display(description=gettext_lazy("customer"), ordering="order__customer__contact__name")
    def customer(self, found: ReturnRequest) -> str:
        return str(found.order.contact)

    @admin.display(description=gettext_lazy("order"), ordering="order__number")
    def order_column(self, found: ReturnRequest) -> Any:
        url = reverse("admin:parcelwise_fulfillment_order_change", args=[found.order_id])
        return format_html('<a href="{}">{}</a>', url, found.order.number)

    @admin.display(description=gettext_lazy("parcel"))
    def parcel_column(self, found: ReturnRequest) -> Any:
        if found.shipment is None:
            return "–"
        url = reverse("admin:parcelwise_fulfillment_shipment_change", args=[found.shipment_id])
        return format_html('<a href="{}">{}</a> ({})', url, found.shipment, found.shipment.get_status_display())

    @admin.display(description=gettext_lazy("decision"))
    def decision_column(self, found: ReturnRequest) -> Any:
        if found.decision is None:
            return "–"
        sentences = format_html_join("", "<div>{}</div>", ((reason,) for reason in found.decision.reasons))
        return format_html('{}<span class="pw-quiet">{}</span>', sentences, found.decision.version)

    @admin.display(description=gettext_lazy("requested"), ordering="requested_at")
    def requested_column(self, found: ReturnRequest) -> str:
        return date_format(timezone.localtime(found.requested_at), "j M Y")

    @admin.display(description=gettext_lazy("pieces"))
    def pieces(self, found: ReturnRequest) -> int:
        return sum(line.quantity for line in found.lines.all())

    @admin.display(description=gettext_lazy("reasons"))
    def reasons(self, found: ReturnRequest) -> str:
        return ", ".join(dict.fromkeys(line.get_reason_display() for line in found.lines.all()))

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Steps change no column by hand, but they act: they ask for the change permission."""
        user: Any = request.user
        return bool(user.has_perm("parcelwise_returns.change_returnrequest"))

    @admin.action(description=WORDS["overrule"], permissions=["decide"])
    def overrule(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._step_all(request, queryset, "overrule")

    @admin.action(description=WORDS["receive"], permissions=["decide"])
    def receive(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._step_all(request, queryset, "receive")

    @admin.action(description=WORDS["close"], permissions=["decide"])
    def close(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._step_all(request, queryset, "close")

    @admin.action(description=WORDS["cancel"], permissions=["decide"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ReturnRequest]) -> None:
        self._step_all(request, queryset, "cancel")

    def _step_all(self, request: HttpRequest, queryset: QuerySet[ReturnRequest], step: str) -> None:
        done = [self._step(request, found, step) for found in queryset.select_related("order", "shipment")]
        moved, stayed = done.count(True), done.count(False)
        self.message_user(request, ngettext("%d return moved.", "%d returns moved.", moved) % moved)
        if stayed:
            stands = ngettext("%d cannot take this step now.", "%d cannot take this step now.", stayed) % stayed
            self.message_user(request, stands, messages.WARNING)

    def _step(self, request: HttpRequest, found: ReturnRequest, step: str) -> bool:
        why = request.POST.get("why", "").strip()[:300] or str(DEFAULT_NOTES[step])
        try:
            change = SERVICES[step](found, at=timezone.now(), actor=request.user.get_username(), why=why)
        except ReturnRefused as refusal:
            self.message_user(request, f"{found.number}: {refusal}", messages.ERROR)
            return False
        return change is not None

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/step/", wrap(self.step_view), name="parcelwise_returns_returnrequest_step"),
            path("<int:pk>/label/<str:size>/", wrap(self.label_view), name="parcelwise_returns_returnrequest_label"),
            *super().get_urls(),
        ]

    def step_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One step of one return, from the buttons of its page."""
        found, step = self._found(request, pk), request.POST.get("step", "")
        if not self.has_decide_permission(request):
            raise PermissionDenied
        if request.method == "POST" and step in STEPS.get(found.status, ()) and self._step(request, found, step):
            self.message_user(request, _("%(number)s moved.") % {"number": found.number}, messages.SUCCESS)
        else:
            self.message_user(request, _("%(number)s stays as it is.") % {"number": found.number}, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:parcelwise_returns_returnrequest_change", args=[pk]))

    def label_view(self, request: HttpRequest, pk: int, size: str) -> HttpResponse:
        """The label as a PDF to save, drawn now if need be."""
        found = self._found(request, pk)
        try:
            label = labels.label_for(found, size)
        except ReturnRefused as refusal:
            raise Http404(str(refusal)) from refusal
        if label.pdf is None:
            self.message_user(request, _("The label cannot be drawn: %s") % label.last_error, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:parcelwise_returns_returnrequest_change", args=[pk]))
        return HttpResponse(
            bytes(label.pdf),
            content_type="application/pdf",
            headers={
                "Content-Disposition": f'attachment; filename="{found.number}-{size}.pdf"',
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )

    def _found(self, request: HttpRequest, pk: int) -> ReturnRequest:
        found = ReturnRequest.objects.select_related("order__store", "shipment").filter(pk=pk).first()
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        if found is None:
            raise Http404
        return found

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        found = self.get_object(request, object_id) if object_id else None
        if found is not None and self.has_view_permission(request, found):
            context["title"] = _("Return %(number)s") % {"number": found.number}
            context["subtitle"] = None
            steps = STEPS.get(found.status, ()) if self.has_decide_permission(request) else ()
            context["steps"] = [(step, WORDS[step]) for step in steps]
            if found.status in labels.LABELLED:
                context["sizes"] = ReturnLabel.Size.choices
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response
