"""What gives the KPI page its place in the admin."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class NoRows(models.Manager["Kpi"]):
    def get_queryset(self) -> models.QuerySet[Kpi]:
        return super().get_queryset().none()


class Kpi(models.Model):
    """No table and no rows: a name, a permission (``view_kpi``) and a line on the index of any admin site.

    The empty manager keeps ``dumpdata`` and the like from asking a table that is not there.
    """

    objects = NoRows()

    class Meta:
        managed = False
        default_permissions = ("view",)
        base_manager_name = "objects"
        verbose_name = _("KPI")
        verbose_name_plural = _("KPIs")

    def __str__(self) -> str:
        return str(_("KPI"))
