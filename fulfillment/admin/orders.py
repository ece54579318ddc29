"""Orders: the list, and the page on which one order's whole story stands."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from fulfillment.admin.badges import status_badge
from fulfillment.admin.filters import LISTS, Standing, orders_called
from fulfillment.admin.parcels import AddsParcels
from fulfillment.admin.story import story_of
from fulfillment.models import Customer, Order, Shipment
from fulfillment.statuses import Direction, OrderStatus
from parcelwise.admin import PersonActions, ReadOnlyAdmin, badge, day, moment


@admin.register(Customer)
class CustomerAdmin(PersonActions, ReadOnlyAdmin):
    list_display = ("contact", "mail", "store", "external_id")
    list_filter = ("store",)
    list_select_related = ("contact", "store")
    search_fields = ("contact__name", "contact__email", "external_id")
    actions = PersonActions.person_actions

    def contacts_of(self, rows: QuerySet[Any]) -> list[int]:
        return sorted(set(rows.order_by().values_list("contact", flat=True)))

    @admin.display(description=_("e-mail"), ordering="contact__email")
    def mail(self, customer: Customer) -> str:
        return customer.contact.email


@admin.register(Order)
class OrderAdmin(AddsParcels, ReadOnlyAdmin):
    change_form_template = "admin/parcelwise_fulfillment/order/change_form.html"
    list_display = ("number", "customer_name", "placed_column", "promised_column", "parcels", "total_column", "store")
    list_filter = (Standing, "store", "status", "is_history", "placed_at")
    list_select_related = ("customer__contact", "store")
    list_per_page = 50
    search_fields = (
        "number",
        "external_id",
        "shipments__tracking_number",
        "shipments__numbers__number",
        "customer__contact__name",
        "customer__contact__email",
    )
    search_help_text = _("order number, tracking number, name or e-mail")
    ordering = ("-placed_at",)
    show_full_result_count = False

    class Media:
        css = {"all": ("parcelwise/fulfillment/admin.css", *LISTS["all"])}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        found: QuerySet[Order] = super().get_queryset(request)
        return found.prefetch_related(
            Prefetch("shipments", Shipment.objects.filter(direction=Direction.OUT).order_by("pk"))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # Whole numbers are mostly pasted, and an index knows them. Tracking numbers are printed in groups with blanks.
        joined = search_term.replace(" ", "")
        if exact := orders_called(search_term.strip(), joined):
            return queryset.filter(pk__in=exact), False
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if joined != search_term and any(char.isdigit() for char in joined):
            more, _duplicates = super().get_search_results(request, queryset, joined)
            found, duplicates = (found | more), True
        return found, duplicates

    @admin.display(description=_("customer"), ordering="customer__contact__name")
    def customer_name(self, order: Order) -> str:
        return str(order.customer)

    @admin.display(description=_("placed"), ordering="placed_at")
    def placed_column(self, order: Order) -> str:
        return moment(order.placed_at)

    @admin.display(description=_("promised"), ordering="promised_on")
    def promised_column(self, order: Order) -> str:
        return day(order.promised_on)

    @admin.display(description=_("total"), ordering="total")
    def total_column(self, order: Order) -> str:
        return order.total_shown

    @admin.display(description=_("parcels"))
    def parcels(self, order: Order) -> Any:
        if order.status == OrderStatus.CANCELLED:
            return badge(_("Order cancelled"))
        parcels = [(status_badge(each.status, each.get_status_display()),) for each in order.shipments.all()]
        return format_html_join(" ", "{}", parcels) if parcels else badge(_("not packed yet"), "warn")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = dict(extra_context or {})
        order = self.get_object(request, object_id) if object_id else None
        if order is not None and self.has_view_permission(request, order):
            context["story"] = story_of(order, request.user)
            context["title"] = _("Order %(number)s") % {"number": order.number}
            context["subtitle"] = None
            context["may_relate"] = request.user.has_perm("parcelwise_fulfillment.add_shipment")
            context["may_add_parcel"] = self.may_add_parcel(request, order)
        response: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return response
