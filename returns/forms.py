"""The form with which a customer chooses what to send back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from returns.models import ReturnReason
from returns.services.requests import Item, Returnable

#: Up to this many pieces are offered as a list; more are typed.
LISTED = 20
COMMENT_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the order on the form. The fields are None when nothing of it can be returned."""

    item: Returnable
    pick: forms.BoundField | None = None
    quantity: forms.BoundField | None = None
    reason: forms.BoundField | None = None
    comment: forms.BoundField | None = None


class ReturnForm(forms.Form):
    """Fields ``pick_<line>``, ``quantity_<line>``, ``reason_<line>`` and ``comment_<line>`` for what can be returned.

    ``form_key`` is made once for each showing of the form: sent twice, it is the same return.
    """

    form_key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=lambda: uuid4().hex)

    use_required_attribute = False

    def __init__(self, items: Sequence[Returnable], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in items:
            if item.available:
                self._add_fields(item)

    def _add_fields(self, item: Returnable) -> None:
        key = item.line.pk
        self.fields[f"pick_{key}"] = forms.BooleanField(required=False, label=item.line.title)
        self.fields[f"quantity_{key}"] = _quantity_field(item.available)
        self.fields[f"reason_{key}"] = forms.ChoiceField(
            choices=ReturnReason.choices,
            required=False,
            widget=forms.RadioSelect,
            label=_("Why do you send it back?"),
            error_messages={"invalid_choice": _("Choose one of the reasons.")},
        )
        self.fields[f"comment_{key}"] = forms.CharField(
            max_length=COMMENT_LENGTH,
            required=False,
            widget=forms.Textarea(attrs={"rows": 3}),
            label=_("Anything we should know? (optional)"),
        )

    def rows(self) -> Iterator[Row]:
        for item in self.items:
            names = (f"{name}_{item.line.pk}" for name in ("pick", "quantity", "reason", "comment"))
            yield Row(item, *(self[name] for name in names)) if item.available else Row(item)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for item in self.items:
            key = item.line.pk
            if not item.available and self.data.get(f"pick_{key}"):
                self.add_error(None, f"{item.line.title}: {item.why_not}")
            if not cleaned.get(f"pick_{key}"):
                self._forget_errors(key)
            elif not cleaned.get(f"reason_{key}") and f"reason_{key}" not in self.errors:
                self.add_error(f"reason_{key}", _("Choose a reason, so that we can decide."))
        if not any(cleaned.get(f"pick_{item.line.pk}") for item in self.items) and not self.non_field_errors():
            self.add_error(None, _("Choose at least one item."))
        return cleaned

    def chosen(self) -> list[Item]:
        """What the customer chose, of a valid form."""
        return [
            Item(
                order_line_id=item.line.pk,
                quantity=int(self.cleaned_data[f"quantity_{item.line.pk}"] or 1),  # a single piece is not asked
                reason=self.cleaned_data[f"reason_{item.line.pk}"],
                comment=self.cleaned_data[f"comment_{item.line.pk}"],
            )
            for item in self.items
            if self.cleaned_data.get(f"pick_{item.line.pk}")
        ]

    def _forget_errors(self, key: int) -> None:
        """What is wrong with an item that was not chosen does not matter."""
        for name in ("quantity", "reason", "comment"):
            self.errors.pop(f"{name}_{key}", None)


def _quantity_field(available: int) -> forms.Field:
    label = _("How many?")
    if available > LISTED:
        return forms.IntegerField(min_value=1, max_value=available, required=False, initial=1, label=label)
    numbers = [(number, str(number)) for number in range(1, available + 1)]
    return forms.TypedChoiceField(
        choices=numbers,
        coerce=int,
        required=False,
        initial=1,
        label=label,
        error_messages={"invalid_choice": _("Not that many can be returned.")},
    )


class HandOverForm(forms.Form):
    """The customer gave the parcel to a carrier and has its number."""

    tracking_number = forms.CharField(max_length=80, label=_("Tracking number"))
