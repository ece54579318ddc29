"""Carrier accounts: who may change where credentials are sent does not get to read them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.account_pages import AccountPages
from fulfillment.admin.filters import LISTS
from fulfillment.admin.secret_forms import SecretsAdmin, WithSecrets
from fulfillment.models import CarrierAccount
from fulfillment.services import carrier_health
from parcelwise.errors import GiveUp
from parcelwise.outbound.places import check_address
from parcelwise.sealed import Locked

#: What decides to whom an account's credentials are sent.
DESTINATION = {"server_url", "gateway", "carrier", "connector"}


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
class CarrierAccountAdmin(AccountPages, SecretsAdmin):
    form = CarrierAccountForm
    change_form_template = "admin/parcelwise_fulfillment/carrieraccount/change_form.html"
    list_display = (
        "carrier_column", "store", "gateway", "state_column", "failures_column", "next_try_column", "answered_column",
        "error_column",
    )  # fmt: skip
    list_filter = ("gateway", "is_active", "carrier")
    # By name: a key that may be empty is not followed unasked.
    list_select_related = ("store",)
    exclude = ("credentials", "mapping")
    readonly_fields = ("stored_credentials",)

    class Media:
        css = {"all": ("parcelwise/admin.css", *LISTS["all"], "parcelwise/fulfillment/stores.css")}

    def save_model(self, request: HttpRequest, obj: CarrierAccount, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        carrier_health.try_again(obj)

    @admin.display(description=_("stored credentials"))
    def stored_credentials(self, account: CarrierAccount) -> str:
        if isinstance(account.credentials, Locked):
            return _("locked: the key that sealed them is missing from the settings; type them again")
        return ", ".join(account.credentials) or "–"
