"""Carrier accounts: who may change where credentials are sent does not get to read them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.account_forms import DESCRIBED, JSON_FIELDS, CarrierAccountForm
from fulfillment.admin.account_pages import AccountPages
from fulfillment.admin.filters import LISTS, ByCarrier
from fulfillment.admin.secret_forms import SecretsAdmin
from fulfillment.models import CarrierAccount
from fulfillment.services import carrier_health, parcel_links, pushes
from parcelwise.sealed import Locked


@admin.register(CarrierAccount)
class CarrierAccountAdmin(AccountPages, SecretsAdmin):
    form = CarrierAccountForm
    change_list_template = "admin/parcelwise_fulfillment/carrieraccount/change_list.html"
    change_form_template = "admin/parcelwise_fulfillment/carrieraccount/change_form.html"
    list_display = (
        "carrier_column", "store", "state_column", "failures_column", "next_try_column", "answered_column",
    )  # fmt: skip
    list_filter = ("gateway", "is_active", ("carrier", ByCarrier))
    # By name: a key that may be empty is not followed unasked.
    list_select_related = ("store",)
    readonly_fields = ("stored_credentials",)
    fieldsets = (
        (None, {"fields": ("carrier", "gateway", "connector", "store", "new_credentials", "stored_credentials",
                           "server_url", "test_mode", "is_active", "link_template")}),
        (_("How fast it is asked"), {"fields": ("deadline", "limit_per_minute", "limit_per_day")}),
        (_("Reading a JSON answer"), {
            "fields": (*(f"json_{name}" for name in JSON_FIELDS), "json_codes", "json_sample"),
            "description": _("For the gateway “json” only: where things are in the answer of a carrier of your own."),
            "classes": ("collapse",),
        }),
    )  # fmt: skip

    class Media:
        css = {"all": ("parcelwise/admin.css", *LISTS["all"], "parcelwise/fulfillment/stores.css")}

    def get_fieldsets(self, request: HttpRequest, obj: CarrierAccount | None = None) -> Any:
        """How JSON is read stands open where it matters."""
        gateway = request.POST.get("gateway") or (obj.gateway if obj else "")
        return [(name, {**told, "classes": () if gateway == DESCRIBED else told.get("classes", ())})
                for name, told in self.fieldsets or ()]  # fmt: skip

    def save_model(self, request: HttpRequest, obj: CarrierAccount, form: Any, change: bool) -> None:
        pushes.succeed_secret(obj)
        super().save_model(request, obj, form, change)
        if "link_template" in form.changed_data:
            parcel_links.relink(obj, form.initial.get("link_template") or "")
        carrier_health.try_again(obj)

    @admin.display(description=_("stored credentials"))
    def stored_credentials(self, account: CarrierAccount) -> str:
        if isinstance(account.credentials, Locked):
            return _("locked: the key that sealed them is missing from the settings; type them again")
        return ", ".join(account.credentials) or "–"
