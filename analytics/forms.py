"""What a reader of the KPI page can choose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from analytics.conf import analytics
from analytics.kpi import registry
from analytics.report import EVERYTHING, Filters

CHOICES = (12, 26, 52)
ALL = [("", _("All"))]


class FilterForm(forms.Form):
    """Weeks, and one field for each dimension any KPI has. A wrong choice is said and counts as none."""

    def __init__(self, query: Mapping[str, Any]) -> None:
        weeks = {str(number): _last_weeks(number) for number in sorted({*CHOICES, analytics.WEEKS})}
        self.declared = _dimensions()
        known = {*self.declared, "weeks"}
        super().__init__({"weeks": str(analytics.WEEKS), **{k: v for k, v in query.items() if k in known and v}})
        for name, (label, choices) in self.declared.items():
            self.fields[name] = (
                forms.ChoiceField(label=label, required=False, choices=[*ALL, *choices])
                if choices
                else forms.CharField(label=label, required=False, max_length=80, widget=forms.Select(choices=ALL))
            )
        self.fields["weeks"] = forms.ChoiceField(
            label=_("Period"), choices=[*weeks.items(), (str(EVERYTHING), _("Everything"))]
        )

    @property
    def filters(self) -> Filters:
        self.full_clean()
        chosen = self.cleaned_data
        where = {name: chosen[name] for name in self.declared if chosen.get(name)}
        return Filters(int(chosen.get("weeks", analytics.WEEKS)), where)

    def offer(self, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Fill the choices of split dimensions with what occurred; a chosen value stays even if it did not."""
        for name, (_label, choices) in self.declared.items():
            if choices:
                continue
            found = {value: str(label) for value, label in values.get(name, {}).items() if value}
            if chosen := self.data.get(name):
                found.setdefault(chosen, chosen)
            self.fields[name].widget.choices = [*ALL, *sorted(found.items(), key=lambda pair: pair[1])]


def _dimensions() -> dict[str, tuple[Any, list[tuple[str, Any]]]]:
    """Name -> label and choices, each asked for once; no choices where the facts bring them."""
    found: dict[str, tuple[Any, list[tuple[str, Any]]]] = {}
    for kpi in registry.values():
        for name, label in kpi.dimensions.items():
            if name not in found:
                found[name] = (label, [] if name == kpi.split else list(kpi.choices(name)))
    return found


def _last_weeks(number: int) -> str:
    return ngettext("Last week", "Last %(weeks)s weeks", number) % {"weeks": number}
