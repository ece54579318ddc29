"""Five stores of one project: two tenants of one model, a child of it, another model, and another data base."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet

from fulfillment.stores import Each, Fields, ModelStore
from tests.models_project.sales.models import Bag, CounterSale, ExpressSale, OldSale, Sale, SaleLine, paid


class OfTenant(ModelStore):
    tenant: ClassVar[str]
    order_model = Sale
    follows = {SaleLine: "sale_id", Bag: lambda bag: [bag.sale_id]}
    hears = {paid: lambda sent: [sale.pk for sale in sent["sales"]]}
    prefetch = ("lines", "parcels")
    customer = Fields(external_id="email", user_id="buyer_id")
    lines = Each(lambda sale: [line for line in sale.lines.all() if not line.is_deleted])

    def orders(self) -> QuerySet[Any]:
        return super().orders().filter(tenant=self.tenant)


class North(OfTenant):
    slug, name, tenant = "north", "North", "north"


class South(OfTenant):
    slug, name, tenant = "south", "South", "south"


class Express(ModelStore):
    slug, name, order_model, manager, deleted = "express", "Express", ExpressSale, "everything", "deleted_at"
    ship_to = Fields(name="courier")


class Counter(ModelStore):
    slug, name, order_model, deleted = "counter", "Counter", CounterSale, "is_deleted"
    lines = Each(lambda sale: ())
    parcels = Each(lambda sale: ())


class Archive(ModelStore):
    slug, name, order_model, using = "archive", "Archive", OldSale, "archive"
    lines = Each(lambda sale: ())
    parcels = Each(lambda sale: ())
