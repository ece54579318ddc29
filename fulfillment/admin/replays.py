"""The page on which staff have the deliveries of a span of time worked off again: how many, and then the button."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fulfillment.models import CarrierAccount, InboxEvent, Store
from fulfillment.services import inbox
from parcelwise.jobs import JobQuerySet


class RangeForm(forms.Form):
    """Which deliveries: of one store or carrier account, received between two moments, of one topic or of all."""

    store = forms.ModelChoiceField(Store.objects.all(), label=gettext_lazy("Store"), required=False)
    account = forms.ModelChoiceField(
        CarrierAccount.objects.select_related("store"),
        label=gettext_lazy("Or carrier account"),
        required=False,
        help_text=gettext_lazy("For what a carrier has pushed."),
    )
    topic = forms.CharField(
        max_length=100,
        required=False,
        label=gettext_lazy("Topic"),
        help_text=gettext_lazy("Empty: every topic."),
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    since = forms.SplitDateTimeField(label=gettext_lazy("Received from"), widget=AdminSplitDateTime())
    until = forms.SplitDateTimeField(label=gettext_lazy("Received until"), widget=AdminSplitDateTime())

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("store")) == bool(cleaned.get("account")):
            raise forms.ValidationError(_("Choose a store or a carrier account."))
        if not self.errors and cleaned["until"] <= cleaned["since"]:
            raise forms.ValidationError(_("The end must be later than the beginning."))
        return cleaned

    @property
    def deliveries(self) -> JobQuerySet:
        chosen = self.cleaned_data
        found: JobQuerySet = InboxEvent.objects.filter(
            store=chosen["store"],
            account=chosen["account"],
            created_at__gte=chosen["since"],
            created_at__lt=chosen["until"],
        )
        return found.filter(topic=chosen["topic"]) if chosen["topic"] else found


class ReplaysRanges(admin.ModelAdmin):
    """Gives the list of deliveries the way to that page."""

    change_list_template = "admin/parcelwise_fulfillment/inboxevent/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.replay_view)
        return [path("replay/", view, name="parcelwise_fulfillment_inboxevent_replay"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        may = {"may_replay": self._may_replay(request)}
        return super().changelist_view(request, {**(extra_context or {}), **may})

    def _may_replay(self, request: HttpRequest) -> bool:
        return request.user.has_perm("parcelwise_fulfillment.change_inboxevent")

    def replay_view(self, request: HttpRequest) -> HttpResponse:
        """First a POST says how many there are; the next one, with ``sure``, works them off again."""
        if not self._may_replay(request):
            raise PermissionDenied
        form = RangeForm(request.POST if request.method == "POST" else None)
        count = form.deliveries.count() if form.is_valid() else None
        if count and "sure" in request.POST:
            done = inbox.replay(form.deliveries)
            messages.success(
                request,
                ngettext("%d delivery is worked off again.", "%d deliveries are worked off again.", done) % done,
            )
            return HttpResponseRedirect(self._way_back(request))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Replay a range of time"),
            "opts": self.opts,
            "form": form,
            "media": self.media + form.media,
            "count": count,
        }
        return TemplateResponse(request, "admin/parcelwise_fulfillment/inboxevent/replay.html", context)

    def _way_back(self, request: HttpRequest) -> str:
        page = "parcelwise_fulfillment_inboxevent_changelist" if self.has_view_permission(request) else "index"
        return reverse(f"admin:{page}", current_app=self.admin_site.name)
