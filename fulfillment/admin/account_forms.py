"""The form of a carrier account; for a carrier that staff describe, how its JSON is read, tried before it is saved."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.admin.secret_forms import WithSecrets
from fulfillment.carriers import gateways
from fulfillment.carriers.connectors import installed
from fulfillment.carriers.json_mapping import ISO, JsonMapping, faults
from fulfillment.carriers.links import fault_of
from fulfillment.carriers.names import carrier_name
from fulfillment.carriers.readers.described import DescribedReader
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.statuses import ShipmentStatus
from parcelwise.errors import GiveUp
from parcelwise.outbound.places import check_address
from parcelwise.sealed import Locked

#: What decides to whom an account's credentials are sent.
DESTINATION = {"server_url", "gateway", "carrier", "connector", "json_url", "json_header", "json_header_value"}
#: The gateway that reads as staff have described.
DESCRIBED = "json"
#: Fields of a mapping in the form, with what they are called and what helps to fill them.
JSON_FIELDS: Mapping[str, tuple[Any, Any]] = {
    "url": (
        gettext_lazy("Address"),
        gettext_lazy("with {number} where the tracking number goes; {name} of a credential: https://…/{number}?key={key}"),
    ),
    "header": (gettext_lazy("Header with the key"), gettext_lazy("Authorization, X-Api-Key, …; may be empty")),
    "header_value": (gettext_lazy("What it holds"), gettext_lazy("Bearer {token}, where token is a credential's name")),
    "events": (
        gettext_lazy("List of events"),
        gettext_lazy("shipments[0].events, parcels[id={number}].scans, groups[*].events, data[\"odd name\"]"),
    ),
    "code": (gettext_lazy("Code"), gettext_lazy("in an event: status.code")),
    "text": (gettext_lazy("Words"), gettext_lazy("in an event: description")),
    "time": (gettext_lazy("Time"), gettext_lazy("in an event: timestamp")),
    "time_2": (gettext_lazy("Hour"), gettext_lazy("in an event, where it stands apart from the day")),
    "time_format": (gettext_lazy("Format of times"), gettext_lazy("iso, unix, unix_ms, or %d.%m.%Y %H:%M")),
    "time_zone": (gettext_lazy("Time zone"), gettext_lazy("of times without an offset: Europe/Berlin")),
    "place": (gettext_lazy("Place"), gettext_lazy("in an event: location.city")),
    "place_2": (gettext_lazy("Place, second part"), gettext_lazy("in an event: location.country")),
    "eta": (gettext_lazy("Carrier's estimate"), gettext_lazy("in the answer")),
    "number_at": (
        gettext_lazy("Number in the answer"),
        gettext_lazy("where the answer repeats the number, so that one about another parcel is noticed"),
    ),
}  # fmt: skip


class CarrierAccountForm(WithSecrets):
    """``https`` is meant where no scheme is written."""

    server_url = forms.URLField(
        required=False, assume_scheme="https", help_text=gettext_lazy("instead of the carrier's own")
    )
    json_codes = forms.CharField(
        required=False,
        label=gettext_lazy("What codes mean"),
        help_text=gettext_lazy("One a line: CODE = status, or CODE = status reason. All others stay unknown."),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
    )
    json_sample = forms.CharField(
        required=False,
        label=gettext_lazy("An answer to try it on"),
        help_text=gettext_lazy("The JSON of one parcel as the carrier sends it. It is read and not kept."),
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
    )

    #: What came of reading the sample.
    tried: TrackingUpdate | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "gateway" in self.fields:
            self.fields["gateway"].widget.attrs["list"] = "pw-gateways"
            self.fields["connector"].widget.attrs["list"] = "pw-connectors"
        mapping = JsonMapping.from_json(self.instance.mapping or {})
        for name in JSON_FIELDS:
            self.initial.setdefault(f"json_{name}", getattr(mapping, name))
        self.initial.setdefault("json_codes", _written(mapping.codes))

    def clean_server_url(self) -> str:
        url: str = self.cleaned_data["server_url"]
        if url and "server_url" in self.changed_data:
            _check(url)
        return url

    def clean_link_template(self) -> str:
        template: str = self.cleaned_data["link_template"].strip()
        if template and (fault := fault_of(template)):
            raise forms.ValidationError(fault)
        return template

    def clean_json_codes(self) -> dict[str, tuple[str, str]]:
        """Code -> status and reason."""
        codes: dict[str, tuple[str, str]] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["json_codes"].splitlines())):
            code, equals, told = line.rpartition("=")
            words = told.split()
            if not equals or not code.strip() or len(words) not in (1, 2):
                raise forms.ValidationError(_("“%(line)s” is not CODE = status reason.") % {"line": line})
            codes[code.strip()] = (words[0], words[1] if len(words) == 2 else "")
        return codes

    def clean(self) -> dict[str, Any]:
        """Credentials that nobody can read here are not sent somewhere else by who only changes the address."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        moved = bool(DESTINATION & set(self.changed_data))
        if moved and self.instance.pk and not cleaned.get("new_credentials") and self._holds_credentials():
            self.add_error("new_credentials", _("Type the credentials again: they would be sent to another place."))
        if cleaned.get("gateway") == DESCRIBED and "json_codes" in cleaned:
            self._clean_mapping(cleaned)
        if "_try" in self.data and not self.errors:
            self.add_error(None, _("Nothing is saved yet: this was a try."))
        return cleaned

    def _clean_mapping(self, cleaned: dict[str, Any]) -> None:
        told = {name: cleaned.get(f"json_{name}") or "" for name in JSON_FIELDS}
        mapping = JsonMapping(**{**told, "time_format": told["time_format"] or ISO}, codes=cleaned["json_codes"])
        found = list(faults(mapping))
        for name, sentence in found:
            self.add_error(f"json_{name}", sentence)
        if not found and "json_url" in self.changed_data:
            try:
                _check(mapping.url.replace("{number}", "1"))
            except forms.ValidationError as refusal:
                self.add_error("json_url", refusal)
        if found:
            return
        is_new = mapping.as_json() != self.instance.mapping
        if cleaned.get("json_sample"):
            self._try(mapping, cleaned)
        elif is_new:
            self.add_error("json_sample", _("Paste an answer: how it is read is tried before it is saved."))
        cleaned["mapping"] = mapping.as_json()

    def _try(self, mapping: JsonMapping, cleaned: dict[str, Any]) -> None:
        try:
            answer = json.loads(cleaned["json_sample"])
        except (ValueError, RecursionError) as error:
            self.add_error("json_sample", _("This is not JSON: %(error)s") % {"error": error})
            return
        reader = DescribedReader(carrier_name(cleaned.get("carrier") or ""), mapping)
        number = str(next(iter(reader.named(answer)), "1"))
        read = reader.read(number, answer)
        if isinstance(read, TrackingFailure) or not read.scans:
            self.add_error("json_events", _("No event can be read from the answer with these places."))
            if isinstance(read, TrackingUpdate) and read.unreadable:
                self.add_error("json_time", _("The first event: %(why)s") % {"why": read.unreadable[0][1]})
            return
        self.tried = read

    @property
    def known_gateways(self) -> list[str]:
        return sorted(gateways)

    @property
    def known_connectors(self) -> list[str]:
        return sorted(installed())

    @property
    def tried_rows(self) -> list[dict[str, Any]]:
        """The events of the sample as they were read, newest first."""
        scans = sorted(self.tried.scans, key=lambda scan: scan.occurred_at, reverse=True) if self.tried else []
        return [{"scan": scan, "status": ShipmentStatus(scan.status).label} for scan in scans[:20]]

    def save(self, commit: bool = True) -> Any:
        if "mapping" in self.cleaned_data:
            self.instance.mapping = self.cleaned_data["mapping"]
        return super().save(commit)

    def _holds_credentials(self) -> bool:
        stored = self.instance.credentials
        return isinstance(stored, Locked) or bool(stored)


for _name, (_label, _help) in JSON_FIELDS.items():
    CarrierAccountForm.declared_fields[f"json_{_name}"] = CarrierAccountForm.base_fields[f"json_{_name}"] = (
        forms.CharField(required=False, max_length=500, label=_label, help_text=_help)
    )


def _written(codes: Mapping[str, tuple[str, str]]) -> str:
    return "\n".join(f"{code} = {' '.join(filter(None, told))}" for code, told in codes.items())


def _check(url: str) -> None:
    try:
        check_address(url)
    except GiveUp as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
