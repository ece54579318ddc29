"""The shop's side of the simulation: its catalogue, its customers' logins and its own rows."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser

from demo.shop.models import Order, OrderLine, Parcel, Product
from demo.simulate.cast import ARTICLES, Person
from demo.simulate.year import PlannedOrder
from fulfillment.facts import Address

#: Logins of the demo: name -> (is staff, whole name). The password is the name.
LOGINS = {"ben": (True, "Ben Petersen"), "ana": (False, "Ana Souza"), "cleo": (False, "Cleo Lindqvist")}

ANA = Person(
    "Ana Souza",
    "ana@example.com",
    "+49 89 5550101",
    "en",
    Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE"),
)
CLEO = Person(
    "Cleo Lindqvist",
    "cleo@example.com",
    "+49 30 5550102",
    "de",
    Address("Cleo Lindqvist", ("Kastanienallee 7",), "Berlin", "BE", "10435", "DE"),
)


def ensure_logins() -> dict[str, AbstractBaseUser]:
    """Ben (staff), Ana and Cleo (customers), each with their own name as password."""
    users: dict[str, AbstractBaseUser] = {}
    for login, (is_staff, name) in LOGINS.items():
        first, last = name.split(" ", 1)
        user, created = get_user_model().objects.get_or_create(
            username=login,
            defaults={
                "first_name": first,
                "last_name": last,
                "email": f"{login}@example.com",
                "is_staff": is_staff,
                "is_superuser": is_staff,
            },
        )
        if created:
            user.set_password(login)
            user.save()
        users[login] = user
    return users


def ensure_products() -> dict[str, Product]:
    """The catalogue by SKU."""
    for article in ARTICLES:
        Product.objects.update_or_create(
            sku=article.sku,
            defaults={
                "name": article.name,
                "category": article.category,
                "price": article.price,
                "weight_grams": article.weight_grams,
            },
        )
    return {product.sku: product for product in Product.objects.all()}


def order_row(plan: PlannedOrder, number: str, user_id: int | None) -> Order:
    home = plan.person.home
    return Order(
        number=number,
        user_id=user_id,
        email=plan.person.email,
        name=plan.person.name,
        phone=plan.person.phone,
        language=plan.person.language,
        street=home.lines[0],
        postcode=home.postcode,
        city=home.city,
        region=home.region,
        country=home.country,
        state=Order.State.CANCELLED if plan.cancelled else Order.State.SHIPPED,
        shipping_price="4.90" if home.country == "DE" else "9.90",
        bought_at=plan.bought_at,
        deliver_by=plan.deliver_by,
    )


def line_rows(plan: PlannedOrder, order: Order, products: dict[str, Product]) -> list[OrderLine]:
    return [
        OrderLine(order=order, product=products[article.sku], quantity=quantity, price=article.price)
        for article, quantity in plan.lines
    ]


def parcel_rows(plan: PlannedOrder, order: Order, codes: Sequence[str]) -> list[Parcel]:
    return [
        Parcel(
            order=order,
            carrier=parcel.carrier,
            service=parcel.service,
            tracking_code=code,
            packed_at=parcel.packed_at,
        )
        for parcel, code in zip(plan.parcels, codes, strict=True)
    ]
