"""What has to be typed to connect a store, platform by platform, and where each thing is found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from fulfillment.stores.addresses import platform_address
from fulfillment.stores.credentials import credentials_of
from parcelwise.errors import GiveUp
from parcelwise.outbound.places import check_address
from parcelwise.sealed import Secrets

_SIZE = {"size": 60}


def _secret(label: Any, help_text: Any = "", **options: Any) -> forms.CharField:
    """A field that is never shown again: not after a mistake either."""
    widget = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password", **_SIZE})
    return forms.CharField(
        label=label, help_text=help_text, widget=widget, max_length=500, **{"strip": True, **options}
    )


class ConnectForm(forms.Form):
    """Base of the forms: where the store is. Subclasses ask for the credentials."""

    kind: ClassVar[str] = ""
    #: What to do on the platform first, one step each.
    steps: ClassVar[tuple[Any, ...]] = ()
    #: Fields that most people leave empty.
    further: ClassVar[tuple[str, ...]] = ("hook_secret",)

    url = forms.CharField(label=_("Address"), max_length=300, widget=forms.TextInput(attrs=_SIZE))
    hook_secret = _secret(_("Secret of its webhooks"), required=False)

    def __init__(self, *args: Any, kind: str = "", **kwargs: Any) -> None:
        self.of_kind = kind or self.kind
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"

    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.further]

    def further_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name in self.further]

    def further_has_errors(self) -> bool:
        return any(name in self.errors for name in self.further)

    def clean_url(self) -> str:
        try:
            address = platform_address(self.of_kind, self.cleaned_data["url"])
            check_address(address)
        except GiveUp as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return address

    @method_decorator(sensitive_variables())
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            typed = {name: cleaned.get(name, "") for name in ("key", "secret", "token", "hook_secret")}
            try:
                cleaned["credentials"] = credentials_of(self.of_kind, **typed)
            except GiveUp as refusal:
                self.add_error(None, str(refusal))
        return cleaned

    @property
    def credentials(self) -> Secrets:
        """What was typed, as the store keeps it."""
        found: Secrets = self.cleaned_data["credentials"]
        return found


class AnyForm(ConnectForm):
    """For a platform that brings no form of its own: everything that there may be."""

    key = _secret(_("Key"), required=False)
    secret = _secret(_("Secret"), required=False)
    token = _secret(_("Token"), required=False)
    api_version = forms.CharField(label=_("API version"), max_length=20, required=False)


class ShopifyForm(ConnectForm):
    kind = "shopify"
    further = ("token", "api_version", "hook_secret")
    steps = (
        _("Open dev.shopify.com and create an app: Apps → Create app → Start from Dev Dashboard."),
        _(
            "In the app's version choose the scopes below and release it. If your customers' names and addresses stay "
            "empty, ask for access to protected customer data too."
        ),
        _("Install the app on your store: Home → Install app."),
        _("Copy its client id and its secret from Settings."),
    )

    url = forms.CharField(
        label=_("Shop"),
        max_length=300,
        widget=forms.TextInput(attrs={**_SIZE, "placeholder": "your-shop.myshopify.com"}),
        help_text=_("The address that ends in .myshopify.com: Shopify admin → Settings → Domains."),
    )
    key = forms.CharField(
        label=_("Client id"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={**_SIZE, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Dev Dashboard → your app → Settings. Leave empty if you have a fixed admin token."),
    )
    secret = _secret(
        _("Client secret"), _("On the same page. Shopify also signs with it what it tells us."), required=False
    )
    token = _secret(
        _("Admin token"),
        _("Only for an app that was made in the shop's admin before 2026: it begins with shpat_."),
        required=False,
    )
    api_version = forms.RegexField(
        r"^20\d\d-(01|04|07|10)$",
        label=_("API version"),
        required=False,
        widget=forms.TextInput(attrs={"size": 12, "placeholder": "2026-07"}),
        help_text=_("Leave empty for the version that this release was tested with."),
        error_messages={"invalid": _("Shopify's versions look like 2026-07.")},
    )
    hook_secret = _secret(
        _("Secret of notifications made by hand"),
        _("Only if you made webhooks yourself: Shopify admin → Settings → Notifications → Webhooks."),
        required=False,
    )


class WooCommerceForm(ConnectForm):
    kind = "woocommerce"
    steps = (
        _("Log in to WordPress as an administrator."),
        _("Open WooCommerce → Settings → Advanced → REST API and choose “Add key”."),
        _("Choose a user who may manage orders, and the permission “Read/Write”. Then “Generate API key”."),
        _("Copy both values at once: WordPress shows them only this time."),
    )

    url = forms.CharField(
        label=_("Site"),
        max_length=300,
        widget=forms.TextInput(attrs={**_SIZE, "placeholder": "https://shop.example"}),
        help_text=_("As you open it in the browser, with the folder if WordPress lies in one."),
    )
    key = _secret(_("Consumer key"), _("Begins with ck_."))
    secret = _secret(_("Consumer secret"), _("Begins with cs_."))
    hook_secret = _secret(
        _("Secret of its webhooks"),
        _("Leave empty: we make one and give it to WooCommerce. Type one if you make the webhooks by hand."),
        required=False,
    )


FORMS: Mapping[str, type[ConnectForm]] = {"shopify": ShopifyForm, "woocommerce": WooCommerceForm}


def form_of(kind: str) -> type[ConnectForm]:
    """The form of a kind of platform."""
    return FORMS.get(kind, AnyForm)
