"""What a day in the Oscar shop needs: goods on the shelf, a customer at the checkout, staff who pack."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.test import Client
from oscar.core.loading import get_class, get_model
from oscar.test.factories import create_order as place
from oscar.test.factories import create_product

Category = get_model("catalogue", "Category")
Country = get_model("address", "Country")
EventHandler = get_class("order.processing", "EventHandler")
Order = get_model("order", "Order")
PaymentEventType = get_model("order", "PaymentEventType")
ShippingAddress = get_model("order", "ShippingAddress")
ShippingEventType = get_model("order", "ShippingEventType")

__all__ = ["EventHandler", "Order", "address", "buy", "goods", "place", "refund", "ship", "walk_through_checkout"]

HOME = {
    "first_name": "Ana",
    "last_name": "Souza",
    "line1": "12 Harbour Street",
    "line4": "Leeds",
    "postcode": "LS1 4AP",
}


def country() -> Any:
    names = {"printable_name": "United Kingdom", "name": "UNITED KINGDOM", "is_shipping_country": True}
    return Country.objects.get_or_create(iso_3166_1_a2="GB", defaults=names)[0]


def address() -> Any:
    return ShippingAddress.objects.create(**HOME, country=country(), phone_number="+441132345678")


def goods(title: str, price: str, sku: str, category: str = "Socks") -> Any:
    product = create_product(title=title, price=Decimal(price), partner_sku=sku, partner_name="Mill", num_in_stock=100,
                             product_class="Clothes")  # fmt: skip
    shelf = Category.objects.filter(name=category).first() or Category.add_root(name=category)
    product.categories.add(shelf)
    return product


def buy(*wanted: tuple[Any, int], **columns: Any) -> Any:
    """An order through Oscar's own OrderCreator."""
    Basket, Strategy = get_model("basket", "Basket"), get_class("partner.strategy", "Default")
    basket = Basket.objects.create()
    basket.strategy = Strategy()
    for product, quantity in wanted:
        basket.add_product(product, quantity)
    return place(basket=basket, **columns)


def walk_through_checkout(browser: Client, product: Any, quantity: int = 1, guest: str = "") -> Any:
    """Buy by clicking: basket, address, preview. Returns Oscar's order."""
    country()
    browser.post(f"/basket/add/{product.pk}/", {"quantity": quantity})
    if guest:
        browser.post("/checkout/", {"username": guest, "options": "anonymous"})
    browser.post("/checkout/shipping-address/", {**HOME, "country": "GB", "phone_number": "+441132345678"})
    browser.get("/checkout/shipping-method/")
    browser.get("/checkout/payment-method/")
    answer = browser.post("/checkout/preview/", {"action": "place_order"})
    assert (answer.status_code, answer.get("Location")) == (302, "/checkout/thank-you/"), answer.content.decode()[:2000]
    return Order.objects.latest("pk")


def ship(order: Any, notes: str, *pieces: tuple[Any, int], word: str = "Shipped") -> Any:
    kind, _created = ShippingEventType.objects.get_or_create(name=word)
    lines, quantities = zip(*(pieces or [(line, line.quantity) for line in order.lines.all()]), strict=True)
    return EventHandler().handle_shipping_event(order, kind, lines, quantities, reference=notes)


def refund(order: Any, amount: str, line: Any) -> Any:
    kind, _created = PaymentEventType.objects.get_or_create(name="Refunded")
    return EventHandler().handle_payment_event(order, kind, Decimal(amount), [line], [1], reference="txn-9")
