"""The work queue: trouble with parcels, the most urgent and oldest first, and what staff do about it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.admin import exception_work
from fulfillment.admin.badges import status_badge
from fulfillment.admin.exception_filters import Kind, Owner, Queue, Urgency
from fulfillment.admin.filters import LISTS, orders_called
from fulfillment.models import ExceptionChange, ExceptionNote, ShipmentException, SilenceStatistics, TrackingPoll
from fulfillment.services import exceptions
from fulfillment.trouble import Resolution, Severity
from parcelwise.admin import ChangeInline, ReadOnlyAdmin, ReadOnlyInline, badge, moment, record_link
from parcelwise.panels import reference

TONES = {Severity.HIGH: "bad", Severity.MEDIUM: "warn"}
#: What staff may say; that it moved on is said by itself.
RESOLUTIONS = [choice for choice in Resolution.choices if choice[0] != Resolution.MOVED_ON]
DAYS = ((1, gettext_lazy("1 day")), (3, gettext_lazy("3 days")), (7, gettext_lazy("7 days")))
#: Where a session keeps what the last act changed.
UNDO = "parcelwise_exceptions_undo"


class ActForm(ActionForm):
    """What goes with an action: the reason of a resolution, the days of a snooze, a note."""

    resolution = forms.ChoiceField(choices=[("", "–"), *RESOLUTIONS], required=False, label=gettext_lazy("Reason:"))
    days = forms.TypedChoiceField(choices=DAYS, coerce=int, required=False, label=gettext_lazy("Snooze:"))
    until = forms.DateField(
        required=False, label=gettext_lazy("or until:"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(required=False, max_length=500, label=gettext_lazy("Note:"))


class NoteInline(ReadOnlyInline):
    model = ExceptionNote
    fields = ("written_at", "author", "words")
    ordering = ("-written_at", "-pk")
    verbose_name_plural = gettext_lazy("notes")


class ChangeOfExceptionInline(ChangeInline):
    model = ExceptionChange


@admin.register(ShipmentException)
class ShipmentExceptionAdmin(ReadOnlyAdmin):
    change_form_template = "admin/parcelwise_fulfillment/shipmentexception/change_form.html"
    action_form = ActForm
    change_list_template = "admin/parcelwise_fulfillment/shipmentexception/change_list.html"
    actions = ("assign_to_me", "resolve", "snooze", "ask_carrier", "reopen", "download")
    list_display = ("what", "parcel", "why", "since_column", "owner_column")
    list_display_links = ("what",)
    list_filter = (Queue, Kind, Urgency, Owner, "shipment__order__store")
    list_select_related = ("shipment__order", "owner")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("shipment__tracking_number", "shipment__order__number", "why")
    search_help_text = gettext_lazy("tracking number, order number, or words of the reason")
    inlines = (NoteInline, ChangeOfExceptionInline)
    fields = readonly_fields = (
        "what",
        "why",
        "suggestion_column",
        "parcel",
        "status_column",
        "since_column",
        "opened_at",
        "opened_by",
        "owner",
        "snoozed_until",
        "standing",
        "before",
    )

    class Media:
        css = {"all": (*LISTS["all"], "parcelwise/fulfillment/exceptions.css")}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        joined = search_term.replace(" ", "")
        if exact := orders_called(search_term.strip(), joined):
            return queryset.filter(shipment__order__in=exact), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=gettext_lazy("what"), ordering="severity")
    def what(self, found: ShipmentException) -> SafeString:
        urgency = badge(found.get_severity_display(), TONES.get(Severity(found.severity), "plain"))
        return format_html("{} {}", found.get_kind_display(), urgency)

    @admin.display(description=gettext_lazy("parcel"), ordering="shipment__order__number")
    def parcel(self, found: ShipmentException) -> SafeString:
        order = found.shipment.order
        return format_html(
            '{} <span class="pw-under">{}</span>',
            record_link(reference(order), self.admin_site, name=order.number),
            record_link(reference(found.shipment), self.admin_site, name=found.shipment),
        )

    @admin.display(description=gettext_lazy("since"), ordering="since")
    def since_column(self, found: ShipmentException) -> str:
        return _("%(when)s, for %(age)s") % {
            "when": moment(found.since),
            "age": timesince(found.since, found.closed_at or timezone.now(), depth=1),
        }

    @admin.display(description=gettext_lazy("owner"), ordering="owner")
    def owner_column(self, found: ShipmentException) -> Any:
        if found.closed_at:
            return self.standing(found)
        owner = found.owner.get_username() if found.owner else "–"
        if found.snoozed_until and found.snoozed_until > timezone.now():
            until = badge(_("snoozed until %(when)s") % {"when": moment(found.snoozed_until)})
            return format_html("{} {}", owner, until)
        return owner

    @admin.display(description=gettext_lazy("standing"))
    def standing(self, found: ShipmentException) -> SafeString:
        if found.closed_at is None:
            return badge(_("open"), "warn")
        how = badge(found.get_resolution_display(), "good")
        return format_html("{} {} {}", how, moment(found.closed_at), found.closed_by)

    @admin.display(description=gettext_lazy("the one before"), empty_value="–")
    def before(self, found: ShipmentException) -> SafeString | str | None:
        return record_link(reference(found.previous), self.admin_site, name=found.previous) if found.previous else None

    @admin.display(description=gettext_lazy("status of the parcel"))
    def status_column(self, found: ShipmentException) -> SafeString:
        return status_badge(found.shipment.status, found.shipment.get_status_display())

    @admin.display(description=gettext_lazy("what to do"))
    def suggestion_column(self, found: ShipmentException) -> str:
        return found.suggestion

    @admin.action(description=gettext_lazy("Assign to me"), permissions=["run"])
    def assign_to_me(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> None:
        self._act(request, "assign", _keys(queryset))

    @admin.action(description=gettext_lazy("Resolve, with the reason"), permissions=["run"])
    def resolve(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> None:
        self._act(request, "resolve", _keys(queryset))

    @admin.action(description=gettext_lazy("Snooze"), permissions=["run"])
    def snooze(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> None:
        self._act(request, "snooze", _keys(queryset))

    @admin.action(description=gettext_lazy("Ask the carrier now"), permissions=["run"])
    def ask_carrier(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> None:
        self._act(request, "ask", _keys(queryset))

    @admin.action(description=gettext_lazy("Download as a table (CSV)"), permissions=["run"])
    def download(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> HttpResponseBase:
        return exception_work.as_csv(queryset)

    @admin.action(description=gettext_lazy("Reopen"), permissions=["run"])
    def reopen(self, request: HttpRequest, queryset: QuerySet[ShipmentException]) -> None:
        self._act(request, "reopen", _keys(queryset))

    def _act(self, request: HttpRequest, act: str, keys: list[int]) -> None:
        """One act on some exceptions, with what the form says; the message has a button that undoes it."""
        actor, form = request.user.get_username(), ActForm(request.POST)
        del form.fields["action"]  # the page of one has buttons instead
        said = form.cleaned_data if form.is_valid() else {}
        note = said.get("note", "")
        if act == "resolve" and not said.get("resolution"):
            self.message_user(request, _("Choose a reason."), messages.WARNING)
            return
        if act == "assign":
            changed = exceptions.assign(keys, request.user, actor)
        elif act == "resolve":
            changed = exceptions.resolve(keys, said["resolution"], actor, note)
        elif act == "snooze":
            until = _until(said)
            if until <= timezone.now():
                self.message_user(request, _("Choose a day that is yet to come."), messages.WARNING)
                return
            changed = exceptions.snooze(keys, until, actor)
        elif act == "ask":
            self._say_asked(request, len(exceptions.ask_carriers(keys, actor)), len(keys))
            return
        elif act == "reopen":
            changed = exceptions.reopen(keys, actor)
        else:
            changed = []
        if act != "resolve" and note:
            for exception in ShipmentException.objects.filter(pk__in=[row["pk"] for row in changed] or keys):
                exceptions.add_note(exception, note, actor)
        self._say(request, changed, len(keys))

    def _say_asked(self, request: HttpRequest, asked: int, of: int) -> None:
        words = ngettext("The carrier of %d parcel is asked now.", "The carriers of %d parcels are asked now.", asked)
        said = words % asked
        if asked < of:
            left = ngettext("%d cannot be asked for.", "%d cannot be asked for.", of - asked) % (of - asked)
            said = f"{said} {left}" if asked else left
        self.message_user(request, said, messages.SUCCESS if asked else messages.WARNING)

    def _say(self, request: HttpRequest, changed: list[exceptions.Before], asked: int) -> None:
        if not changed:
            self.message_user(request, _("Nothing was changed."), messages.WARNING)
            return
        request.session[UNDO] = changed
        words = ngettext("%d exception changed.", "%d exceptions changed.", len(changed)) % len(changed)
        if asked > len(changed):
            left = asked - len(changed)
            words += " " + ngettext("%d stays as it was.", "%d stay as they were.", left) % left
        button = format_html(
            '{} <form method="post" action="{}" class="pw-undo">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><button>{}</button></form>',
            words,
            reverse("admin:parcelwise_fulfillment_shipmentexception_undo", current_app=self.admin_site.name),
            get_token(request),
            _("Undo"),
        )
        self.message_user(request, button, messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "parcelwise_fulfillment_shipmentexception"
        return [
            path("undo/", wrap(self.undo_view), name=f"{name}_undo"),
            path("<int:pk>/act/", wrap(self.act_view), name=f"{name}_act"),
            *super().get_urls(),
        ]

    def undo_view(self, request: HttpRequest) -> HttpResponse:
        """Take the last act back, where nobody has gone on from it."""
        if request.method != "POST" or not self.has_run_permission(request):
            raise PermissionDenied
        count = exceptions.undo(request.session.pop(UNDO, []), request.user.get_username())
        level = messages.SUCCESS if count else messages.WARNING
        self.message_user(request, ngettext("%d is as it was.", "%d are as they were.", count) % count, level)
        return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_shipmentexception_changelist"))

    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One act on one exception, from the buttons of its page."""
        if request.method != "POST" or not self.has_run_permission(request):
            raise PermissionDenied
        found = ShipmentException.objects.filter(pk=pk).first()
        if found is None:
            raise Http404
        if request.POST.get("act") == "note":
            exceptions.add_note(found, request.POST.get("note", ""), request.user.get_username())
        else:
            self._act(request, request.POST.get("act", ""), [pk])
        following = exception_work.next_after(found, request.user) if request.POST.get("then") == "next" else None
        found.refresh_from_db()
        if following and found.closed_at is None and request.POST.get("act") == "resolve":
            following = None  # it was not resolved: no reason was chosen
        if request.POST.get("then") == "next" and following is None and found.closed_at:
            self.message_user(request, _("That was the last one that waits for you."), messages.SUCCESS)
        page = reverse(
            "admin:parcelwise_fulfillment_shipmentexception_change", args=[following.pk if following else pk]
        )
        return HttpResponseRedirect(page)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = {"title": _("Exceptions"), **(extra_context or {})}
        response: HttpResponse = super().changelist_view(request, shown)
        context = getattr(response, "context_data", None) or {}
        if "cl" in context:
            context["chips"] = exception_work.chips(context["cl"])
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        found: ShipmentException | None = kwargs.get("obj")
        if found:
            context["title"] = _("%(kind)s: order %(number)s") % {
                "kind": found.get_kind_display(),
                "number": found.shipment.order.number,
            }
            context["subtitle"] = None
            context["may_act"] = self.has_run_permission(request)
            context["resolutions"], context["days"] = RESOLUTIONS, DAYS
            context["following"] = exception_work.next_after(found, request.user)
            context["left"] = exception_work.left_for(request.user)
            context["may_ask"] = TrackingPoll.objects.filter(shipment=found.shipment_id).exists()
            if request.user.has_perm("parcelwise_fulfillment.view_order"):
                context["mail"] = exception_work.mail_link(found)
            if request.user.has_perm("parcelwise_fulfillment.change_shipment"):
                context["again"] = exception_work.again_address(found)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(SilenceStatistics)
class SilenceStatisticsAdmin(ReadOnlyAdmin):
    list_display = ("part", "key", "count", "through")
    list_filter = ("part",)
    search_fields = ("key",)
    ordering = ("part", "-count")


def _until(said: dict[str, Any]) -> datetime:
    """When a snooze ends: on the morning of a day, or after some days."""
    if day := said.get("until"):
        return timezone.make_aware(datetime.combine(day, time(6)))
    return timezone.now() + timedelta(days=said.get("days") or 1)


def _keys(queryset: QuerySet[ShipmentException]) -> list[int]:
    return list(queryset.order_by().values_list("pk", flat=True))
