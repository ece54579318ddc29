"""The outbox: what stores are told, what they said to it, and the button that tells them once more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.filters import LISTS
from fulfillment.models import StoreWrite
from parcelwise.admin import JobAdmin, moment, record_link
from parcelwise.admin.show import as_list
from parcelwise.panels import reference

#: Letters that are shown of one value of a payload: a label in it is a whole file.
SHOWN = 2000


@admin.register(StoreWrite)
class StoreWriteAdmin(JobAdmin):
    list_display = ("kind", "order_link", "store", "standing", "happened_column")
    list_filter = (*JobAdmin.list_filter, "kind", "store", "created_at")
    list_select_related = ("order", "store")
    search_fields = ("^key", "=order__number", "=order__external_id", "=external_id")
    search_help_text = _("order number, the beginning of the write's key, or what the platform calls the result")
    fields = (
        "kind",
        "order_link",
        "store",
        "key",
        "state_column",
        "platform_words",
        "attempts_column",
        "next_attempt",
        "created_at",
        "began_at",
        "last_call_at",
        "happened_at",
        "announced_at",
        "external_id",
        "after_link",
        "payload_list",
        "result_list",
        "traceback",
    )

    class Media:
        css = LISTS

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        write: StoreWrite | None = kwargs.get("obj")
        if write and write.order:  # by what staff know, not by the key
            words = {"kind": write.get_kind_display(), "number": write.order.number}
            context["subtitle"] = _("%(kind)s of order %(number)s") % words
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description=_("order"), ordering="order__number")
    def order_link(self, write: StoreWrite) -> SafeString | str:
        order = write.order
        return record_link(reference(order), self.admin_site, name=order.number) if order else "–"

    @admin.display(description=_("happened"), ordering="happened_at")
    def happened_column(self, write: StoreWrite) -> str:
        return moment(write.happened_at)

    @admin.display(description=_("must have happened before"))
    def after_link(self, write: StoreWrite) -> SafeString | str:
        after = write.after
        return record_link(reference(after), self.admin_site, name=after.get_kind_display()) if after else "–"

    @admin.display(description=_("what the platform said"))
    def platform_words(self, write: StoreWrite) -> str:
        return write.last_error or "–"

    @admin.display(description=_("what it is told"))
    def payload_list(self, write: StoreWrite) -> SafeString | str:
        return as_list(_shortened(write.payload))

    @admin.display(description=_("what it confirmed"))
    def result_list(self, write: StoreWrite) -> SafeString | str:
        return as_list(_shortened(write.result))


def _shortened(values: dict[str, Any]) -> dict[str, Any]:
    return {name: Truncator(value).chars(SHOWN) if isinstance(value, str) else value for name, value in values.items()}
