"""The KPI page and its downloads, on whichever admin site the host project has."""

from __future__ import annotations

import csv
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from analytics import page, report, tables
from analytics.conf import analytics
from analytics.forms import FilterForm
from analytics.kpi import Rows, registry
from analytics.models import Kpi


@admin.register(Kpi)
class KpiAdmin(admin.ModelAdmin):
    """In place of a list of rows: the page. Who may see it is the model permission ``view_kpi``."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.changelist_view), name="parcelwise_analytics_kpi_changelist"),
            path("<slug:slug>/<slug:table>.csv", wrap(self.csv_view), name="parcelwise_analytics_kpi_csv"),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        form = self._form(request)
        found = report.build(form.filters)
        form.offer(found.values)
        query = urlencode({name: value for name, value in form.data.items() if value})
        context = {
            **self.admin_site.each_context(request),
            "title": _("KPIs"),
            "opts": self.model._meta,
            "form": form,
            "period": page.period_words(found),
            "sections": page.sections(found, self._linker(request)),
            "query": query,
            "definitions": registry.values(),
            "least": analytics.SMALL_SAMPLE,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "parcelwise/analytics/kpis.html", context)

    def csv_view(self, request: HttpRequest, slug: str, table: str) -> HttpResponse:
        """One table as CSV, with the choice of the page it was taken from."""
        form = self._form(request)
        if slug not in registry:
            raise Http404(_("There is no such KPI."))
        # All KPIs are asked, as on the page: they share the period.
        entry = next((entry for entry in report.build(form.filters).kpis if entry.kpi.slug == slug), None)
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{slug}-{table}.csv"'
        if entry is not None:
            try:
                csv.writer(answer).writerows(tables.as_csv(entry, table))
            except KeyError:
                raise Http404(_("There is no such table.")) from None
        return answer

    def _form(self, request: HttpRequest) -> FilterForm:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return FilterForm(request.GET.dict())

    def _linker(self, request: HttpRequest) -> Callable[[Rows | None], str]:
        """Addresses of admin lists, for models on this site that this person may see."""
        lists: dict[str, tuple[str, Any]] = {}
        allowed: dict[tuple[str, str], bool] = {}

        def may(model: str, lookup: str, value: str) -> bool:
            if (model, lookup) not in allowed:
                allowed[model, lookup] = lists[model][1].lookup_allowed(lookup, value, request)
            return allowed[model, lookup]

        def link(rows: Rows | None) -> str:
            if rows is None:
                return ""
            if rows.model not in lists:
                lists[rows.model] = self._list_of(rows.model, request)
            url, _owner = lists[rows.model]
            # A list that does not take one of the look-ups would show other rows than were counted: no link then.
            if not url or not all(may(rows.model, name, value) for name, value in rows.lookups.items()):
                return ""
            return f"{url}?{urlencode(rows.lookups)}"

        return link

    def _list_of(self, model: str, request: HttpRequest) -> tuple[str, Any]:
        owner = self.admin_site._registry.get(apps.get_model(model))
        if owner is None or not owner.has_view_permission(request):
            return "", None
        meta = owner.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist", current_app=self.admin_site.name), owner
