"""What came in from stores and files."""

from __future__ import annotations

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fulfillment.admin.filters import LISTS
from fulfillment.models import ImportRun, StoreRun, StoreSync
from parcelwise.admin import JobAdmin, ReadOnlyAdmin, moment, short


@admin.register(StoreSync)
class StoreSyncAdmin(JobAdmin):
    list_display = ("about", "store", "why", "standing")
    list_filter = (*JobAdmin.list_filter, "store")
    list_select_related = ("store",)
    search_fields = ("external_id",)

    class Media:
        css = LISTS

    @admin.display(description=_("order"), ordering="external_id")
    def about(self, sync: StoreSync) -> SafeString | str:
        return short(sync.external_id)


@admin.register(StoreRun)
class StoreRunAdmin(JobAdmin):
    """Walks over a platform's orders: how far each is, and what it found."""

    list_display = (
        "kind",
        "store",
        "standing",
        "progress",
        "found",
        "begun",
    )
    list_filter = (*JobAdmin.list_filter, "kind", "store", "created_at")
    list_select_related = ("store",)
    ordering = ("-created_at", "-pk")
    fields = (
        "kind",
        "store",
        "state_column",
        "progress",
        "doing",
        "since",
        "began_at",
        "finished_at",
        "recorded",
        "closed",
        "failed",
        "attempts_column",
        "next_attempt",
        "last_error",
        "traceback",
    )

    class Media:
        css = LISTS

    @admin.display(description=_("found"))
    def found(self, run: StoreRun) -> str:
        """What it came to: only what there was."""
        counts = ((run.recorded, _("new or changed")), (run.closed, _("gone")), (run.failed, _("could not be read")))
        return ", ".join(f"{count:,} {word}" for count, word in counts if count) or str(_("nothing new"))

    @admin.display(description=_("started"), ordering="created_at")
    def begun(self, run: StoreRun) -> str:
        return moment(run.created_at)

    @admin.display(description=_("progress"))
    def progress(self, run: StoreRun) -> SafeString | str:
        if run.total is None:
            return ngettext("%d order", "%d orders", run.seen) % run.seen
        words = _("%(seen)d of %(total)d") % {"seen": run.seen, "total": run.total}
        return format_html('<progress value="{}" max="{}"></progress> {}', run.seen, max(run.total, 1), words)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnlyAdmin):
    list_display = (
        "started_at",
        "store",
        "mapping",
        "rows_read",
        "rows_rejected",
        "orders_created",
        "orders_updated",
        "orders_unchanged",
        "finished_at",
    )
    list_filter = ("store",)
