"""Stores and carrier accounts. Credentials go in and are never shown again."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from fulfillment.models import CarrierAccount, Store
from fulfillment.services import carrier_health
from parcelwise.clock import is_zone
from parcelwise.errors import GiveUp
from parcelwise.outbound.places import check_address
from parcelwise.sealed import Locked, Secrets

#: What decides to whom an account's credentials are sent.
DESTINATION = {"server_url", "gateway", "carrier"}


class SecretsField(forms.CharField):
    """A JSON object of credentials. Empty means: keep what is stored."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("A JSON object. Stored values are not shown; leave empty to keep them."))
        super().__init__(required=False, **kwargs)

    @method_decorator(sensitive_variables())
    def clean(self, value: Any) -> Secrets | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is not JSON: %(error)s") % {"error": error}) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_('Write an object, for example {"client_id": "…", "client_secret": "…"}.'))
        return Secrets(found)


class WithSecrets(forms.ModelForm):
    """A form whose credentials can be written and not read."""

    new_credentials = SecretsField(label=_("credentials"))

    def save(self, commit: bool = True) -> Any:
        if (secrets := self.cleaned_data.get("new_credentials")) is not None:
            self.instance.credentials = secrets
        return super().save(commit)


class SecretsAdmin(admin.ModelAdmin):
    """Keeps what was typed as credentials out of the reports of errors that are mailed to the site's operators."""

    @method_decorator(sensitive_post_parameters("new_credentials"))
    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        response: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        return response


class StoreForm(WithSecrets):
    """What pages, KPIs and labels count on is looked at before it is stored."""

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if not is_zone(zone):
            raise forms.ValidationError(_("“%(zone)s” is no time zone such as Europe/Berlin.") % {"zone": zone})
        return zone

    def clean_address(self) -> dict[str, Any]:
        address = self.cleaned_data["address"]
        if not isinstance(address or {}, dict):
            raise forms.ValidationError(_('Write an object, for example {"city": "Hamburg", "country": "DE"}.'))
        return address or {}


@admin.register(Store)
class StoreAdmin(SecretsAdmin):
    form = StoreForm
    list_display = ("name", "slug", "kind", "currency", "time_zone", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "slug")
    exclude = ("credentials",)


class CarrierAccountForm(WithSecrets):
    """``https`` is meant where no scheme is written."""

    server_url = forms.URLField(required=False, assume_scheme="https", help_text=_("instead of the carrier's own"))

    def clean_server_url(self) -> str:
        url: str = self.cleaned_data["server_url"]
        if url and "server_url" in self.changed_data:
            try:
                check_address(url)
            except GiveUp as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return url

    def clean(self) -> dict[str, Any]:
        """Credentials that nobody can read here are not sent somewhere else by who only changes the address."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        moved = bool(DESTINATION & set(self.changed_data))
        if moved and self.instance.pk and not cleaned.get("new_credentials") and self._holds_credentials():
            self.add_error("new_credentials", _("Type the credentials again: they would be sent to another place."))
        return cleaned

    def _holds_credentials(self) -> bool:
        stored = self.instance.credentials
        return isinstance(stored, Locked) or bool(stored)


@admin.register(CarrierAccount)
class CarrierAccountAdmin(SecretsAdmin):
    form = CarrierAccountForm
    list_display = ("carrier", "store", "gateway", "is_active", "last_ok_at", "last_error")
    list_filter = ("gateway", "is_active", "carrier")
    # By name: a key that may be empty is not followed unasked.
    list_select_related = ("store",)
    exclude = ("credentials",)
    readonly_fields = ("stored_credentials", "last_ok_at", "last_error", "last_error_at")

    def save_model(self, request: HttpRequest, obj: CarrierAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        carrier_health.try_again(obj)

    @admin.display(description=_("stored credentials"))
    def stored_credentials(self, account: CarrierAccount) -> str:
        if isinstance(account.credentials, Locked):
            return _("locked: the key that sealed them is missing from the settings; type them again")
        return ", ".join(account.credentials) or "–"
