from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from returns.models import ReturnPolicy


@admin.register(ReturnPolicy)
class ReturnPolicyAdmin(admin.ModelAdmin):
    list_display = ("store", "window", "carrier", "updated_at")
    list_select_related = ("store",)
    readonly_fields = ("updated_at",)

    @admin.display(description=_("window"), ordering="window_days")
    def window(self, policy: ReturnPolicy) -> str:
        return _("%(days)d days after delivery") % {"days": policy.window_days}
