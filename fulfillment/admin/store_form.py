"""What staff say of a store: its name, where parcels leave, and what its platform is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from fulfillment.facts import Address
from fulfillment.models import Store
from fulfillment.services.writes import SWITCHES
from fulfillment.stores import platform_class
from fulfillment.stores.track_url import TRACK_URL, clean_track_url
from parcelwise.clock import is_zone
from parcelwise.errors import Misconfigured

#: What each switch turns off, in words.
SWITCH_WORDS = {
    "write_tracking": (_("Tracking numbers"), _("of parcels that are packed here")),
    "write_events": (_("Tracking events"), _("where each parcel is, shown on the platform's own order page")),
    "write_returns": (_("Returns"), _("requested, approved, declined, received")),
    "write_refunds": (_("Refunds"), _("that are decided here")),
}
_PARTS = {
    "address_name": _("Name on parcels"),
    "address_lines": _("Street"),
    "address_postcode": _("Postcode"),
    "address_city": _("City"),
    "address_region": _("State or region"),
    "address_country": _("Country"),
}
SHOP = ("name", "slug", "support_email", "currency", "time_zone")
ADDRESS = tuple(_PARTS)
#: Fields that are kept in ``Store.preferences``.
PREFERENCES = frozenset({*SWITCH_WORDS, TRACK_URL})


class StoreForm(forms.ModelForm):
    """What pages, KPIs and labels count on is looked at before it is stored."""

    address_name = forms.CharField(label=_PARTS["address_name"], required=False, max_length=120)
    address_lines = forms.CharField(
        label=_PARTS["address_lines"], required=False, max_length=400, widget=forms.Textarea(attrs={"rows": 2})
    )
    address_postcode = forms.CharField(label=_PARTS["address_postcode"], required=False, max_length=20)
    address_city = forms.CharField(label=_PARTS["address_city"], required=False, max_length=120)
    address_region = forms.CharField(
        label=_PARTS["address_region"], required=False, max_length=60, help_text=_("code, such as CA")
    )
    address_country = forms.RegexField(
        r"^[A-Za-z]{2}$", label=_PARTS["address_country"], required=False, help_text=_("two letters, such as DE"),
        error_messages={"invalid": _("Write the country's two letters, such as DE.")},
    )  # fmt: skip
    write_tracking = forms.BooleanField(required=False)
    write_events = forms.BooleanField(required=False)
    write_returns = forms.BooleanField(required=False)
    write_refunds = forms.BooleanField(required=False)
    track_url = forms.CharField(
        label=_("Our page under the shop's domain"), required=False, max_length=300,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text=_("such as https://shop.example/apps/track; messages lead there. Empty: they lead to our own domain"),
    )  # fmt: skip

    class Meta:
        model = Store
        fields = ("name", "slug", "support_email", "currency", "time_zone", "is_active")
        labels: ClassVar = {"slug": _("Short name"), "support_email": _("Support e-mail"), "is_active": _("Active")}
        help_texts: ClassVar = {
            "slug": _("for commands and files: manage.py sync_store …"),
            "support_email": _("shown to customers who need help"),
            "currency": _("three letters, such as EUR"),
            "time_zone": _("such as Europe/Berlin; figures by day are counted in it"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        origin = self.instance.origin
        for part in _PARTS:
            value = getattr(origin, part.removeprefix("address_"))
            self.initial.setdefault(part, "\n".join(value) if isinstance(value, tuple) else value)
        for switch in set(SWITCH_WORDS) & set(self.fields):
            label, help_text = SWITCH_WORDS[switch]
            self.fields[switch].label, self.fields[switch].help_text = label, help_text
            self.initial.setdefault(switch, self.instance.preferences.get(switch, True))
        if TRACK_URL in self.fields:
            self.initial.setdefault(TRACK_URL, self.instance.preferences.get(TRACK_URL, ""))

    def clean_track_url(self) -> str:
        return clean_track_url(self.instance, self.cleaned_data["track_url"])

    def clean_time_zone(self) -> str:
        zone: str = self.cleaned_data["time_zone"]
        if not is_zone(zone):
            raise forms.ValidationError(_("“%(zone)s” is no time zone such as Europe/Berlin.") % {"zone": zone})
        return zone

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
            raise forms.ValidationError(_("Write the currency's three letters, such as EUR."))
        return currency

    def save(self, commit: bool = True) -> Any:
        changed = set(self.changed_data)
        if changed & set(_PARTS):
            lines = tuple(line.strip() for line in self.cleaned_data["address_lines"].splitlines() if line.strip())
            parts = {part: self.cleaned_data[f"address_{part}"] for part in ("name", "city", "region", "postcode")}
            country = self.cleaned_data["address_country"].upper()
            self.instance.address = Address(lines=lines, country=country, **parts).as_json()
        if said := {name: self.cleaned_data[name] for name in changed & PREFERENCES}:
            self.instance.preferences = {**self.instance.preferences, **said}
        return super().save(commit)


def switches_of(store: Store) -> Sequence[str]:
    """The switches that mean something on the store's platform."""
    try:
        writes = platform_class(store.kind).writes
    except Misconfigured:
        return ()
    return [switch for switch, kinds in SWITCHES.items() if kinds & writes]
