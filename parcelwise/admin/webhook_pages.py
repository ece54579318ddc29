"""What the page of a webhook endpoint has beside its form: its state, a test, secrets, on and off, sending again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from parcelwise.admin.show import badge, moment
from parcelwise.circuit import CircuitState
from parcelwise.errors import ParcelwiseError
from parcelwise.jobs import OPEN, JobState
from parcelwise.models import WebhookDelivery, WebhookEndpoint
from parcelwise.outgoing import acts, line
from parcelwise.outgoing.conf import outgoing as conf

NAME = "parcelwise_webhookendpoint"


def standing(endpoint: WebhookEndpoint) -> SafeString:
    """How the line is, in one word."""
    if not endpoint.is_active:
        return badge(_("switched off"), "bad" if endpoint.off_because else "plain")
    match endpoint.circuit.state(timezone.now()):
        case CircuitState.OPEN:
            return badge(_("left alone until %s") % moment(endpoint.next_try), "bad")
        case CircuitState.HALF_OPEN:
            return badge(_("being tried"), "warn")
    if endpoint.failures:
        return badge(_("in trouble"), "warn")
    return badge(_("works"), "good") if endpoint.last_ok_at else badge(_("not told anything yet"), "plain")


class EndpointPages:
    """Mixed into the admin of :class:`WebhookEndpoint`. All that acts is a POST and asks for "change"."""

    admin_site: Any
    has_change_permission: Callable[..., bool]
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    def get_urls(self) -> list[URLPattern]:
        parent: Any = super()
        acts_of = {
            "test": self.test_view,
            "secret": self.secret_view,
            "off": self.off_view,
            "on": self.on_view,
            "resend": self.resend_view,
        }
        wrap = self.admin_site.admin_view
        own = [path(f"<int:pk>/{act}/", wrap(view), name=f"{NAME}_{act}") for act, view in acts_of.items()]
        return [*own, *parent.get_urls()]

    def _found(self, request: HttpRequest, pk: int) -> WebhookEndpoint:
        if not self.has_change_permission(request):
            raise PermissionDenied
        endpoint = WebhookEndpoint.objects.filter(pk=pk).first()
        if endpoint is None or request.method != "POST":
            raise Http404
        return endpoint

    def _said(self, request: HttpRequest, endpoint: WebhookEndpoint, words: str) -> HttpResponse:
        self.log_change(request, endpoint, words)
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(reverse(f"admin:{NAME}_change", args=[endpoint.pk]))

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A test event, and what was answered."""
        endpoint = self._found(request, pk)
        try:
            delivery, came = acts.send_test(endpoint)
        except ParcelwiseError as error:
            self.message_user(request, str(error), messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{NAME}_change", args=[pk]))
        words = _("It took the test event.") if came.good else came.error
        self.log_change(request, endpoint, words)
        return self._page(request, endpoint, "test", _("Test event"), delivery=delivery, came=came, words=words)

    def secret_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._found(request, pk)
        at_once = "at_once" in request.POST
        secret = acts.make_secret(endpoint, at_once=at_once)
        self.log_change(request, endpoint, _("A new secret was made."))
        return self.show_secret(request, endpoint, secret, overlap=0 if at_once else conf.ROTATION_HOURS)

    def show_secret(
        self, request: HttpRequest, endpoint: WebhookEndpoint, secret: str, *, overlap: int = 0
    ) -> HttpResponse:
        """In the answer itself: it is kept nowhere but sealed in the endpoint."""
        return self._page(request, endpoint, "secret", _("Secret of this endpoint"), secret=secret, overlap=overlap)

    def off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._found(request, pk)
        line.switch_off(endpoint, "", by_staff=True)
        return self._said(request, endpoint, _("Switched off. What happens meanwhile is kept."))

    def on_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._found(request, pk)
        with_missed = "missed" in request.POST
        count = line.switch_on(endpoint, with_missed=with_missed)
        if not with_missed:
            words = _("Switched on. What was missed is not sent.")
        else:
            words = ngettext("Switched on. %d message is sent now.", "Switched on. %d messages are sent now.", count)
            words %= count
        return self._said(request, endpoint, words)

    def resend_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        endpoint = self._found(request, pk)
        try:
            day = parse_date(request.POST.get("since", ""))
        except ValueError:
            day = None
        if day is None:
            self.message_user(request, _("Choose the day since when."), messages.ERROR)
            return HttpResponseRedirect(reverse(f"admin:{NAME}_change", args=[pk]))
        count = acts.resend_failed(endpoint, timezone.make_aware(datetime.combine(day, time())))
        words = ngettext("%d message is sent again.", "%d messages are sent again.", count) % count
        return self._said(request, endpoint, words)

    def _page(
        self, request: HttpRequest, endpoint: WebhookEndpoint, name: str, title: str, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": WebhookEndpoint._meta,
            "endpoint": endpoint,
            "title": title,
            "media": self.media,  # type: ignore[attr-defined]
            **more,
        }
        page = TemplateResponse(request, f"admin/parcelwise/webhookendpoint/{name}.html", context)
        page["Cache-Control"] = "no-store"
        return page

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        endpoint: WebhookEndpoint | None = kwargs.get("obj")
        if endpoint:
            log = reverse("admin:parcelwise_webhookdelivery_changelist") + f"?endpoint__id__exact={endpoint.pk}"
            context |= {
                "endpoint": endpoint,
                "state": standing(endpoint),
                "facts": facts(endpoint),
                "dead": WebhookDelivery.objects.filter(endpoint=endpoint, state=JobState.DEAD).count(),
                "log": log,
                "may_act": self.has_change_permission(request, endpoint),
                "since": (timezone.localdate() - timedelta(days=7)).isoformat(),
                "overlap": conf.ROTATION_HOURS,
                "title": str(endpoint),
                "subtitle": None,
            }
        parent: Any = super()
        return parent.render_change_form(request, context, *args, **kwargs)


def facts(endpoint: WebhookEndpoint) -> Mapping[str, str]:
    """What is known of the line, by name; how far a backlog is."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint)
    hour = rows.filter(finished_at__gte=timezone.now() - timedelta(hours=1), state=JobState.DONE).count()
    found = {
        _("Waiting"): str(rows.filter(state__in=OPEN).count()),
        _("Arrived in the last hour"): str(hour),
        _("Last success"): moment(endpoint.last_ok_at),
        _("Failures in a row"): str(endpoint.failures),
    }
    if endpoint.failing_since:
        found[_("Failing since")] = moment(endpoint.failing_since)
    if endpoint.next_try:
        found[_("Next try")] = moment(endpoint.next_try)
    if endpoint.off_since and not endpoint.is_active:
        found[_("Off since")] = moment(endpoint.off_since)
    return found
