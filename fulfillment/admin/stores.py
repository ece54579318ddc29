"""Stores: how each stands, how it is connected, and what can be done about it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.filters import LISTS, Kind
from fulfillment.admin.store_form import ADDRESS, PREFERENCES, SHOP, StoreForm, switches_of
from fulfillment.admin.store_pages import StorePages
from fulfillment.admin.store_words import TONES, kind_label, silence
from fulfillment.models import InboxEvent, Store, StoreRun
from fulfillment.services import store_watch
from fulfillment.services.store_watch import Standing
from fulfillment.services.track_page import proxy_url
from fulfillment.stores import is_remote
from fulfillment.stores.track_url import TRACK_URL, proxy_of
from parcelwise.admin import badge
from parcelwise.jobs import OPEN, JobState


@admin.register(Store)
class StoreAdmin(StorePages, admin.ModelAdmin):
    form = StoreForm
    change_form_template = "admin/parcelwise_fulfillment/store/change_form.html"
    change_list_template = "admin/parcelwise_fulfillment/store/change_list.html"
    list_display = ("name", "kind_column", "standing_column", "delivery_column", "reconciled_column", "sync_column")
    list_filter = (Kind,)
    search_fields = ("name", "slug", "url")

    class Media:
        css = {"all": ("parcelwise/admin.css", *LISTS["all"], "parcelwise/fulfillment/stores.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Store]:
        found: QuerySet[Store] = super().get_queryset(request).defer("credentials", "address")
        label = f"{Store._meta.label_lower}:"
        about = Concat(Value(label), Cast(OuterRef("pk"), CharField()), output_field=CharField())
        deliveries = InboxEvent.objects.filter(store=OuterRef("pk")).order_by("-pk")
        syncs = StoreRun.objects.filter(store=OuterRef("pk"), kind=StoreRun.Kind.FIRST_SYNC).order_by("-pk")
        return found.annotate(
            in_trouble=Exists(store_watch.trouble(about)),
            last_delivery=Subquery(deliveries.values("created_at")[:1]),
            sync_state=Subquery(syncs.values("state")[:1]),
            sync_seen=Subquery(syncs.values("seen")[:1]),
            sync_total=Subquery(syncs.values("total")[:1]),
        )

    # The list

    @admin.display(description=_("kind"), ordering="kind")
    def kind_column(self, store: Store) -> str:
        return kind_label(store.kind)

    @admin.display(description=_("connection"))
    def standing_column(self, store: Any) -> SafeString | str:
        if not is_remote(store):
            return "–"
        standing = store_watch.standing(store, in_trouble=store.in_trouble)
        shown = badge(standing.label, TONES[standing])
        if standing != Standing.SILENT:
            return shown
        headline, what_next = silence(store)
        return format_html('{} <span class="pw-under">{}. {}</span>', shown, headline, what_next)

    @admin.display(description=_("last delivery"), empty_value="–")
    def delivery_column(self, store: Any) -> str | None:
        return ago(store.last_delivery)

    @admin.display(description=_("last look"), ordering="reconciled_at", empty_value="–")
    def reconciled_column(self, store: Store) -> str | None:
        return ago(store.reconciled_at)

    @admin.display(description=_("first sync"), ordering="synced_at", empty_value="–")
    def sync_column(self, store: Any) -> SafeString | str | None:
        if store.sync_state in OPEN:
            of = f" / {store.sync_total:,}" if store.sync_total else ""
            return badge(f"{store.sync_seen:,}{of}", "warn")
        if store.sync_state == JobState.DEAD:
            return badge(_("failed"), "bad")
        if store.synced_at:
            return str(_("done"))
        return badge(_("not begun"), "warn") if is_remote(store) and store.is_active else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {"title": _("Stores"), **(extra_context or {})})

    # The page of one store

    def get_fieldsets(self, request: HttpRequest, obj: Store | None = None) -> Any:
        local = not (obj and is_remote(obj))
        sets: list[Any] = [
            (_("The shop"), {"fields": (*SHOP, "is_active") if local else SHOP}),
            (_("Where parcels leave and returns go"), {"fields": ADDRESS}),
        ]
        if obj and (switches := switches_of(obj)):
            description = _("What happens here is written to the platform, so that both tell the same.")
            sets.insert(0, (_("Written back to the platform"), {"fields": tuple(switches), "description": description}))
        if obj and proxy_of(obj):
            told = _("The platform passes visits to this address on to: %(url)s") % {"url": proxy_url(obj) or "?"}
            sets.append((_("Under the shop's own domain"), {"fields": (TRACK_URL,), "description": told}))
        return sets

    def get_form(self, request: HttpRequest, obj: Any | None = None, change: bool = False, **kwargs: Any) -> Any:
        # Fields that are not columns are declared in the form; the factory is told of the columns alone.
        shown = [name for _title, part in self.get_fieldsets(request, obj) for name in part["fields"]]
        form = super().get_form(request, obj, change, fields=[name for name in shown if name in StoreForm.Meta.fields])
        hidden = set(StoreForm.declared_fields) - set(shown)
        return type("ShownStoreForm", (form,), dict.fromkeys(hidden)) if hidden else form

    def save_model(self, request: HttpRequest, obj: Store, form: Any, change: bool) -> None:
        """Writes what the form is about and nothing else: workers write the other columns meanwhile."""
        columns = [name for name in form.changed_data if name in StoreForm.Meta.fields]
        switched = {name: form.cleaned_data[name] for name in form.changed_data if name in PREFERENCES}
        if any(name in ADDRESS for name in form.changed_data):
            columns.append("address")
        with transaction.atomic():
            if switched:
                now = Store.objects.select_for_update().get(pk=obj.pk)
                obj.preferences = {**now.preferences, **switched}
                columns.append("preferences")
            obj.save(update_fields=columns)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A store is disconnected, never deleted: its orders hang on it."""
        return False

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self.ask_to_connect(request)
        return HttpResponseRedirect(reverse("admin:parcelwise_fulfillment_store_connect"))

    def get_urls(self) -> list[URLPattern]:
        wrap, name = self.admin_site.admin_view, "parcelwise_fulfillment_store"
        return [
            path("connect/", wrap(self.choose_view), name=f"{name}_connect"),
            path("connect/<slug:kind>/", wrap(self.connect_view), name=f"{name}_connect_kind"),
            path("<int:pk>/credentials/", wrap(self.credentials_view), name=f"{name}_credentials"),
            path("<int:pk>/disconnect/", wrap(self.disconnect_view), name=f"{name}_disconnect"),
            path("<int:pk>/act/", wrap(self.act_view), name=f"{name}_act"),
            path("<int:pk>/progress/", wrap(self.progress_view), name=f"{name}_progress"),
            path("<int:pk>/progress.json", wrap(self.progress_json), name=f"{name}_progress_json"),
            *super().get_urls(),
        ]


def ago(moment: Any) -> str | None:
    """How long ago it was, for a list."""
    if moment and (timezone.now() - moment).total_seconds() < 60:
        return str(_("just now"))
    return str(_("%(time)s ago") % {"time": timesince(moment, depth=1)}) if moment else None
