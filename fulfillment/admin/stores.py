"""Stores and carrier accounts. Credentials go in and are never shown again."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fulfillment.models import CarrierAccount, Store
from fulfillment.services import carrier_health
from parcelwise.sealed import Secrets


class SecretsField(forms.CharField):
    """A JSON object of credentials. Empty means: keep what is stored."""

    widget = forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"})

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("A JSON object. Stored values are not shown; leave empty to keep them."))
        super().__init__(required=False, **kwargs)

    def clean(self, value: Any) -> Secrets | None:
        text = super().clean(value).strip()
        if not text:
            return None
        try:
            found = json.loads(text)
        except ValueError as error:
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


@admin.register(Store)
class StoreAdmin(admin.ModelAdmin):
    form = WithSecrets
    list_display = ("name", "slug", "kind", "currency", "time_zone", "is_active")
    list_filter = ("kind", "is_active")
    search_fields = ("name", "slug")
    exclude = ("credentials",)


class CarrierAccountForm(WithSecrets):
    """``https`` is meant where no scheme is written."""

    server_url = forms.URLField(required=False, assume_scheme="https", help_text=_("instead of the carrier's own"))


@admin.register(CarrierAccount)
class CarrierAccountAdmin(admin.ModelAdmin):
    form = CarrierAccountForm
    list_display = ("carrier", "store", "gateway", "is_active", "last_ok_at", "last_error")
    list_filter = ("gateway", "is_active", "carrier")
    exclude = ("credentials",)
    readonly_fields = ("stored_credentials", "last_ok_at", "last_error", "last_error_at")

    def save_model(self, request: HttpRequest, obj: CarrierAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        carrier_health.try_again(obj)

    @admin.display(description=_("stored credentials"))
    def stored_credentials(self, account: CarrierAccount) -> str:
        return ", ".join(account.credentials) or "–"
