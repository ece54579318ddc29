"""How a carrier account stands, for staff: its circuit breaker, its limit, and the buttons that try it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.carriers.names import carrier_name
from fulfillment.models import CarrierAccount
from fulfillment.services import carrier_health, pushes
from fulfillment.services.trying import try_account
from parcelwise.admin import badge, moment
from parcelwise.circuit import CircuitState

_WORDS = {
    CircuitState.CLOSED: (gettext_lazy("works"), "good"),
    CircuitState.OPEN: (gettext_lazy("left alone"), "bad"),
    CircuitState.HALF_OPEN: (gettext_lazy("being tried"), "warn"),
}


def standing(account: CarrierAccount) -> SafeString:
    """The state of the account's circuit as a badge."""
    if not account.is_active:
        return badge(_("switched off"), "plain")
    state = account.circuit.state(timezone.now())
    if state == CircuitState.CLOSED and account.last_ok_at is None:
        return badge(_("not asked yet") if not account.failures else _("has not answered yet"), "warn")
    words, tone = _WORDS[state]
    return badge(words, tone)


class AccountPages:
    """What the page of a carrier account has beside its form."""

    admin_site: Any
    has_view_permission: Callable[..., bool]
    has_change_permission: Callable[..., bool]
    message_user: Callable[..., None]
    log_change: Callable[..., Any]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        parent: Any = super()
        response: HttpResponse = parent.changelist_view(request, {"title": _("Carriers"), **(extra_context or {})})
        return response

    def get_urls(self) -> list[URLPattern]:
        parent: Any = super()
        wrap, name = self.admin_site.admin_view, "parcelwise_fulfillment_carrieraccount"
        return [
            path("<int:pk>/test/", wrap(self.test_view), name=f"{name}_test"),
            path("<int:pk>/again/", wrap(self.again_view), name=f"{name}_again"),
            *parent.get_urls(),
        ]

    def _found(self, request: HttpRequest, pk: int) -> CarrierAccount:
        if not self.has_change_permission(request):
            raise PermissionDenied
        account = CarrierAccount.objects.filter(pk=pk).first()
        if account is None or request.method != "POST":
            raise Http404
        return account

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """One call to the carrier, and a sentence on what came."""
        account = self._found(request, pk)
        tried = try_account(account, "".join(request.POST.get("number", "").split())[:80])
        self.log_change(request, account, tried.words)
        self.message_user(request, tried.words, messages.SUCCESS if tried.good else messages.ERROR)
        return self._back(account)

    def again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The parcels that wait for an account in trouble are due at once."""
        account = self._found(request, pk)
        carrier_health.try_again(account)
        words = _("The account is tried again now, with a few parcels first.")
        self.log_change(request, account, words)
        self.message_user(request, words, messages.SUCCESS)
        return self._back(account)

    def _back(self, account: CarrierAccount) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        account: CarrierAccount | None = kwargs.get("obj")
        if account:
            may_act = self.has_change_permission(request, account)
            context |= {"account": account, "state": standing(account), "facts": facts(account), "may_act": may_act}
            context |= {
                "is_open": carrier_health.is_in_trouble(account),
                "subtitle": None,
                "title": carrier_name(account.carrier),
            }
        parent: Any = super()
        return parent.render_change_form(request, context, *args, **kwargs)

    # Columns of the list

    @admin.display(description=gettext_lazy("carrier"), ordering="carrier")
    def carrier_column(self, account: CarrierAccount) -> str:
        return carrier_name(account.carrier)

    @admin.display(description=gettext_lazy("state"), ordering="opened_at")
    def state_column(self, account: CarrierAccount) -> SafeString:
        error = Truncator(account.last_error).chars(120)
        return (
            format_html('{}<br><span class="quiet">{}</span>', standing(account), error) if error else standing(account)
        )

    @admin.display(description=gettext_lazy("failures"), ordering="failures")
    def failures_column(self, account: CarrierAccount) -> str:
        return str(account.failures) if account.failures else "–"

    @admin.display(description=gettext_lazy("next try"), ordering="paused_until")
    def next_try_column(self, account: CarrierAccount) -> str:
        return moment(account.paused_until)

    @admin.display(description=gettext_lazy("last answer"), ordering="last_ok_at")
    def answered_column(self, account: CarrierAccount) -> str:
        return moment(account.last_ok_at)


def facts(account: CarrierAccount) -> Mapping[str, str]:
    """What is known of the account's line, by name."""
    limit, now = account.limit_per_minute, timezone.now()
    fresh = account.limit_began_at and (now - account.limit_began_at).total_seconds() < 60
    used = account.limit_used if fresh else 0
    found = {
        _("Failures in a row"): str(account.failures),
        _("In trouble since"): moment(account.opened_at),
        _("Next try"): moment(account.paused_until),
        _("Last answer"): moment(account.last_ok_at),
        _("Last failure"): moment(account.last_error_at),
    }
    if url := pushes.address(account):
        found[_("Address for pushes")] = url if pushes.is_expected(account) else _("%s (no “hook_secret” yet)") % url
    if limit:
        found[_("Asked for in this minute")] = _("%(used)d of %(limit)d") % {"used": used, "limit": limit}
    return found
