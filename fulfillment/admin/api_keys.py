"""Keys of the API: made, replaced and withdrawn by staff, who see a secret once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.models import ApiAccess
from fulfillment.scopes import STORE
from fulfillment.services import api_access
from parcelwise.admin import ReadOnlyAdmin, badge, moment
from parcelwise.errors import GiveUp
from parcelwise.keys import KeyRefused
from parcelwise.scopes import scopes

#: Days for which a key goes on when it is replaced.
OVERLAPS = (0, 1, 7, 30)


class KeyForm(forms.ModelForm):
    name = forms.CharField(
        max_length=120,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("the program that will hold it: cash desk, warehouse, …"),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("as little as the program needs; you can give what you may do yourself"),
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=3650,
        required=False,
        initial=365,
        label=gettext_lazy("Days until it expires"),
        help_text=gettext_lazy("empty: it does not expire"),
    )

    class Meta:
        model = ApiAccess
        fields = ("audience", "store", "contact", "user")

    #: Who fills it in; set by the admin.
    maker: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.secret = ""
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        own = [each for each in scopes() if not each.permission or self.maker.has_perm(each.permission)]
        field.choices = [(each.name, f"{each.name} – {each.title}") for each in own]
        self.fields["audience"].initial = STORE

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        audience, wanted = cleaned.get("audience"), set(cleaned.get("scopes") or ())
        if audience and (beyond := wanted - {each.name for each in scopes(audience)}):
            self.add_error("scopes", _("Not for callers of this kind: %s.") % ", ".join(sorted(beyond)))
        user = cleaned.get("user")
        if user and user != self.maker and not self.maker.is_superuser:
            self.add_error("user", _("A key with the permissions of somebody else is made by themselves."))
        return cleaned


@admin.register(ApiAccess)
class ApiAccessAdmin(ReadOnlyAdmin):
    form = KeyForm
    change_form_template = "admin/parcelwise_fulfillment/apiaccess/change_form.html"
    list_display = ("name", "beginning", "standing", "holder", "expires", "used")
    list_filter = ("audience", "store")
    search_fields = ("key__name", "key__prefix")
    list_select_related = ("key", "store", "contact", "user")
    raw_id_fields = ("contact", "user")
    actions = ("withdraw_all",)
    show_full_result_count = False

    class Media:
        css = {"all": ("parcelwise/admin.css", "parcelwise/fulfillment/api-keys.css")}

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("parcelwise_fulfillment.add_apiaccess")

    def get_fieldsets(self, request: HttpRequest, obj: ApiAccess | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ("name", "audience", "store", "contact", "user", "scopes", "days")})]
        shown = ("name", "beginning", "standing", "holder", "allowed", "made", "expires", "used")
        return [(None, {"fields": shown})]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiAccess | None = None) -> Any:
        return ("name", "beginning", "standing", "holder", "allowed", "made", "expires", "used") if obj else ()

    def get_form(self, request: HttpRequest, obj: ApiAccess | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, change, **{**kwargs, "form": forms.ModelForm, "fields": ()})
        kwargs["fields"] = KeyForm.Meta.fields
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"maker": request.user})

    def save_model(self, request: HttpRequest, obj: ApiAccess, form: Any, change: bool) -> None:
        if change:
            raise PermissionDenied
        said = form.cleaned_data
        try:
            form.secret = api_access.give_key(obj, said["name"], said["scopes"], days=said["days"], maker=request.user)
        except GiveUp as refused:
            raise PermissionDenied(str(refused)) from refused
        obj.secret = form.secret  # type: ignore[attr-defined]

    def response_add(self, request: HttpRequest, obj: ApiAccess, post_url_continue: str | None = None) -> HttpResponse:
        return self._made(request, obj, obj.secret)  # type: ignore[attr-defined]

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "parcelwise_fulfillment_apiaccess"
        return [
            path("<int:pk>/replace/", wrap(self.replace_view), name=f"{name}_replace"),
            path("<int:pk>/withdraw/", wrap(self.withdraw_view), name=f"{name}_withdraw"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        access: ApiAccess | None = kwargs.get("obj")
        # A secret is shown after one key, so there is one way to save.
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if access:
            is_live = access.key.is_live
            context |= {
                "title": access.key.name,
                "subtitle": None,
                "may_withdraw": is_live and self.has_run_permission(request),
                "may_replace": is_live and self.has_add_permission(request) and not _successor(access),
                "overlaps": OVERLAPS,
                "access": access,
            }
        return super().render_change_form(request, context, *args, **kwargs)

    def replace_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A key that takes over, with its secret; the old one goes on for so many days."""
        access = self._found(request, pk, self.has_add_permission(request))
        days = request.POST.get("days", "")
        if days not in map(str, OVERLAPS):
            raise Http404
        try:
            fresh, secret = api_access.replace_key(access, timedelta(days=int(days)), maker=request.user)
        except (KeyRefused, GiveUp) as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return self._back(access)
        self.log_change(request, access, _("Replaced; it goes on for %s days.") % days)
        self.log_addition(request, fresh, [{"added": {}}])
        return self._made(request, fresh, secret)

    def withdraw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        access = self._found(request, pk, self.has_run_permission(request))
        if api_access.withdraw(access, by=request.user.get_username()):
            self.log_change(request, access, _("Withdrawn."))
            self.message_user(request, _("The key opens nothing from now on."), messages.SUCCESS)
        return self._back(access)

    @admin.action(description=gettext_lazy("Withdraw at once"), permissions=["run"])
    def withdraw_all(self, request: HttpRequest, queryset: QuerySet[ApiAccess]) -> None:
        count = sum(api_access.withdraw(access, by=request.user.get_username()) for access in queryset)
        self.message_user(request, ngettext("%d key is withdrawn.", "%d keys are withdrawn.", count) % count)

    def _found(self, request: HttpRequest, pk: int, is_allowed: bool) -> ApiAccess:
        if not is_allowed:
            raise PermissionDenied  # before looking
        found = ApiAccess.objects.select_related(*self.list_select_related).filter(pk=pk).first()
        if found is None or request.method != "POST":
            raise Http404
        return found

    def _back(self, access: ApiAccess) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_apiaccess_change", args=[access.pk]))

    def _made(self, request: HttpRequest, access: ApiAccess, secret: str) -> HttpResponse:
        """The one page that shows a secret. It is kept by no browser, and in no message."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("The key of %(name)s") % {"name": access.key.name},
            "opts": self.opts,
            "access": access,
            "secret": secret,
        }
        page = TemplateResponse(request, "admin/parcelwise_fulfillment/apiaccess/made.html", context)
        page["Cache-Control"] = "private, no-store"
        page["Referrer-Policy"] = "no-referrer"
        return page

    # Columns

    @admin.display(description=gettext_lazy("name"), ordering="key__name")
    def name(self, access: ApiAccess) -> str:
        return access.key.name

    @admin.display(description=gettext_lazy("begins with"), ordering="key__prefix")
    def beginning(self, access: ApiAccess) -> str:
        return f"pwk_{access.key.prefix}_…"

    @admin.display(description=gettext_lazy("state"))
    def standing(self, access: ApiAccess) -> SafeString:
        key = access.key
        if key.withdrawn_at:
            return badge(_("withdrawn"), "plain")
        if not key.is_live:
            return badge(_("expired"), "plain")
        soon = key.expires_at and key.expires_at - timezone.now() < timedelta(days=14)
        return badge(_("ends soon"), "warn") if soon else badge(_("works"), "good")

    @admin.display(description=gettext_lazy("speaks for"))
    def holder(self, access: ApiAccess) -> str:
        return f"{access.get_audience_display()}: {access.store or access.contact or access.user}"

    @admin.display(description=gettext_lazy("may"))
    def allowed(self, access: ApiAccess) -> str:
        return ", ".join(access.key.scopes) or "–"

    @admin.display(description=gettext_lazy("made"))
    def made(self, access: ApiAccess) -> str:
        return f"{moment(access.key.made_at)} · {access.key.made_by or '–'}"

    @admin.display(description=gettext_lazy("expires"), ordering="key__expires_at")
    def expires(self, access: ApiAccess) -> str:
        return moment(access.key.expires_at)

    @admin.display(description=gettext_lazy("last used"), ordering="key__last_used_at")
    def used(self, access: ApiAccess) -> str:
        return moment(access.key.last_used_at)


def _successor(access: ApiAccess) -> Any:
    return type(access.key).objects.filter(replaces=access.key).first()
