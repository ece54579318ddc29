"""Forms through which credentials go in; nothing shows them again."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from parcelwise.sealed import Secrets


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
