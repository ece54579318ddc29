"""What came in from stores and files."""

from __future__ import annotations

from django.contrib import admin

from fulfillment.models import ImportRun, StoreSync
from parcelwise.admin import JobAdmin, ReadOnlyAdmin


@admin.register(StoreSync)
class StoreSyncAdmin(JobAdmin):
    list_display = ("external_id", "store", "why", *JobAdmin.list_display)
    list_filter = (*JobAdmin.list_filter, "store")
    search_fields = ("external_id",)


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
