"""Orders, for each audience, and as a store states one."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from fulfillment.api.serializers.common import AddressTold, MoneyOf, StoreNamed, is_told
from fulfillment.api.serializers.shipments import ShipmentForCustomer, ShipmentForStaff, ShipmentForStore
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData
from fulfillment.models import Order
from fulfillment.statuses import OrderStatus, PaymentStatus
from parcelwise.api.fields import Day, Moment, Money, Said, Text, Told

MOST_LINES, MOST_PARCELS = 1000, 200


@extend_schema_serializer(component_name="LineForCustomer")
class LineForCustomer(Told):
    id = serializers.CharField(source="external_id")
    title = serializers.CharField()
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyOf("unit_price", "order.currency", help_text="For one piece.")


@extend_schema_serializer(component_name="LineForStore")
class LineForStore(LineForCustomer):
    product_id = serializers.CharField()
    category = serializers.CharField()
    weight_grams = serializers.IntegerField()


@extend_schema_serializer(component_name="Buyer")
class BuyerTold(Told):
    id = serializers.CharField(source="external_id", help_text="What the store calls them.")
    name = serializers.CharField(source="contact.name")
    email = serializers.CharField(source="contact.email")
    phone = serializers.CharField(source="contact.phone")
    language = serializers.CharField(source="contact.language")


class _Purchase(Told):
    """What everybody sees."""

    shipments_by: type[Told] = ShipmentForCustomer

    id = serializers.UUIDField(source="uuid")
    store = StoreNamed()
    number = serializers.CharField()
    status = serializers.ChoiceField(OrderStatus.choices)
    payment_status = serializers.ChoiceField(PaymentStatus.choices, allow_blank=True)
    placed_at = Moment()
    promised_on = serializers.DateField(allow_null=True, help_text="The last good day, in the store's zone.")
    total = MoneyOf("total")
    shipping = MoneyOf("shipping")
    ship_to = AddressTold(source="destination")
    updated_at = Moment()

    def to_representation(self, order: Order) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(order)
        if not is_told(self, "shipments"):
            told.pop("shipments")
        return told

    def get_shipments(self, order: Order) -> Any:
        if not is_told(self, "shipments"):
            return []
        for shipment in order.parcels:  # type: ignore[attr-defined]
            shipment.order = order
        told = self.shipments_by(order.parcels, many=True, context={"expand": ()})  # type: ignore[attr-defined]
        return told.data


_SHIPMENTS = "With `expand=shipments`."


@extend_schema_serializer(component_name="OrderForCustomer")
class OrderForCustomer(_Purchase):
    lines = LineForCustomer(many=True, source="lines.all")
    shipments = serializers.SerializerMethodField(help_text=_SHIPMENTS, required=False)

    @extend_schema_field(ShipmentForCustomer(many=True))
    def get_shipments(self, order: Order) -> Any:
        return super().get_shipments(order)


@extend_schema_serializer(component_name="OrderForStore")
class OrderForStore(_Purchase):
    shipments_by = ShipmentForStore

    external_id = serializers.CharField(help_text="What the store calls it.")
    customer = BuyerTold()
    lines = LineForStore(many=True, source="lines.all")
    shipments = serializers.SerializerMethodField(help_text=_SHIPMENTS, required=False)

    @extend_schema_field(ShipmentForStore(many=True))
    def get_shipments(self, order: Order) -> Any:
        return super().get_shipments(order)


@extend_schema_serializer(component_name="OrderForStaff")
class OrderForStaff(OrderForStore):
    shipments_by = ShipmentForStaff

    is_history = serializers.BooleanField(help_text="Imported: nobody is told about it.")
    stated_at = Moment(source="source_updated_at", allow_null=True, help_text="When this was true at the store.")
    created_at = Moment()
    shipments = serializers.SerializerMethodField(help_text=_SHIPMENTS, required=False)

    @extend_schema_field(ShipmentForStaff(many=True))
    def get_shipments(self, order: Order) -> Any:
        return super().get_shipments(order)


@extend_schema_serializer(component_name="AddressStated")
class AddressStated(Said):
    name = Text(required=False, default="", allow_blank=True)
    lines = serializers.ListField(child=Text(), required=False, default=list, max_length=6)
    city = Text(required=False, default="", allow_blank=True)
    region = Text(required=False, default="", allow_blank=True, max_length=40)
    postcode = Text(required=False, default="", allow_blank=True, max_length=20)
    country = serializers.RegexField(r"^[A-Z]{2}$", help_text="ISO 3166-1 alpha-2.")


@extend_schema_serializer(component_name="BuyerStated")
class BuyerStated(Said):
    id = Text(max_length=80, help_text="What the store calls them: always the same for the same person.")
    name = Text(required=False, default="", allow_blank=True)
    email = serializers.EmailField(required=False, default="", allow_blank=True)
    phone = Text(required=False, default="", allow_blank=True, max_length=32)
    language = Text(required=False, default="", allow_blank=True, max_length=12)


@extend_schema_serializer(component_name="LineStated")
class LineStated(Said):
    id = Text(max_length=80)
    title = Text(max_length=300)
    quantity = serializers.IntegerField(min_value=0, max_value=1_000_000)
    sku = Text(required=False, default="", allow_blank=True, max_length=80)
    product_id = Text(required=False, default="", allow_blank=True, max_length=80)
    category = Text(required=False, default="", allow_blank=True, max_length=120)
    unit_price = Money(required=False, default=None)
    weight_grams = serializers.IntegerField(required=False, default=0, min_value=0, max_value=100_000_000)


@extend_schema_serializer(component_name="OrderParcelStated")
class OrderParcelStated(Said):
    id = Text(max_length=80, help_text="What the store calls it.")
    carrier = serializers.SlugField(required=False, default="", allow_blank=True, max_length=50)
    service = Text(required=False, default="", allow_blank=True, max_length=80)
    tracking_number = Text(required=False, default="", allow_blank=True, max_length=80)
    tracking_url = serializers.URLField(required=False, default="", allow_blank=True, max_length=500)
    contents = serializers.DictField(
        child=serializers.IntegerField(min_value=1, max_value=1_000_000), required=False, default=None,
        help_text="Pieces by the line's id; left out, all of the order.",
    )  # fmt: skip
    announced_at = Moment(required=False, default=None)
    handed_over_at = Moment(required=False, default=None)
    delivered_at = Moment(required=False, default=None)
    cancelled = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(component_name="OrderStated")
class OrderStated(Said):
    """The whole order, as it is now: what is not in it is gone."""

    external_id = Text(max_length=80, help_text="What the store calls it. The same again is the same order.")
    number = Text(max_length=80, help_text="What people call it.")
    placed_at = Moment()
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    customer = BuyerStated()
    ship_to = AddressStated()
    lines = LineStated(many=True, min_length=1, max_length=MOST_LINES)
    parcels = OrderParcelStated(
        many=True, required=False, default=None, max_length=MOST_PARCELS,
        help_text="All of them. Left out, nothing is said of parcels.",
    )  # fmt: skip
    status = serializers.ChoiceField(OrderStatus.values, required=False, default=OrderStatus.OPEN)
    payment_status = serializers.ChoiceField(PaymentStatus.values, required=False, default="", allow_blank=True)
    promised_on = Day(required=False, default=None, allow_null=True)
    total = Money(required=False, default=None)
    shipping = Money(required=False, default=None)
    updated_at = Moment(
        required=False, default=None, help_text="When this was true. An older statement than the known one is refused."
    )

    def validate(self, stated: dict[str, Any]) -> dict[str, Any]:
        errors: dict[str, str] = {}
        for name in ("total", "shipping"):
            _same_currency(errors, name, stated[name], stated["currency"])
        for place, line in enumerate(stated["lines"]):
            _same_currency(errors, f"lines.{place}.unit_price", line["unit_price"], stated["currency"])
        known = _once(errors, "lines", stated["lines"])
        _once(errors, "parcels", stated["parcels"] or ())
        for place, parcel in enumerate(stated["parcels"] or ()):
            if unknown := set(parcel["contents"] or ()) - known:
                told = _("There is no line “%(name)s”.") % {"name": sorted(unknown)[0][:80]}
                errors[f"parcels.{place}.contents"] = told
        if errors:
            raise serializers.ValidationError(errors)
        return stated


def order_data(stated: dict[str, Any], raw: Any) -> OrderData:
    """The statement as the fact that every adapter gives."""
    buyer = dict(stated["customer"])
    minor = lambda amount: amount.minor if amount else 0  # noqa: E731
    return OrderData(
        customer=CustomerData(external_id=buyer.pop("id"), stated_at=stated["updated_at"], **buyer),
        ship_to=_address(stated["ship_to"]),
        lines=tuple(
            LineData(line["id"], **{**_without(line, "id"), "unit_price": minor(line["unit_price"])})
            for line in stated["lines"]
        ),
        parcels=tuple(ParcelData(parcel["id"], **_without(parcel, "id")) for parcel in stated["parcels"] or ()),
        parcels_stated=stated["parcels"] is not None,
        total=minor(stated["total"]),
        shipping=minor(stated["shipping"]),
        raw=raw,
        **_without(stated, "customer", "ship_to", "lines", "parcels", "total", "shipping"),
    )


def _address(stated: dict[str, Any]) -> Address:
    return Address(**{**stated, "lines": tuple(stated["lines"])})


def _without(stated: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in stated.items() if name not in names}


def _same_currency(errors: dict[str, str], place: str, amount: Any, currency: str) -> None:
    if amount and (amount.currency != currency or amount.minor < 0):
        errors[place] = _("It is in the order's currency and not below zero.")


def _once(errors: dict[str, str], name: str, things: Any) -> set[str]:
    seen: set[str] = set()
    for place, thing in enumerate(things):
        if thing["id"] in seen:
            errors[f"{name}.{place}.id"] = _("This id stands twice.")
        seen.add(thing["id"])
    return seen
