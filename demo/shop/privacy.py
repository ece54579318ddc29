"""What the shop's own tables and logins hold of people: they are exported and erased with all the rest."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from demo.shop.models import Order, OrderLine, Parcel, Product
from parcelwise.privacy import Holding, People

ADDRESS = ("email", "name", "phone", "street", "postcode", "city")


class Checkout(Holding):
    name = "shop"
    title = "Checkout and logins"
    removes = "names, addresses and logins"
    keeps = "what was bought, when and for how much"
    personal = (Order, Parcel)
    impersonal = (OrderLine, Product)

    def export(self, people: People) -> list[dict[str, Any]]:
        bought = orders_of(people).values("number", "bought_at", "state", "language", "region", "country", *ADDRESS)
        return [*bought, *logins_of(people).values("username", "email", "first_name", "last_name", "last_login")]

    def erase(self, people: People) -> int:
        orders = orders_of(people)
        Parcel.objects.filter(order__in=orders).update(tracking_code="")
        logins = list(logins_of(people))
        count = orders.update(**dict.fromkeys(ADDRESS, ""))
        for login in logins:
            login.username, login.email, login.first_name, login.last_name = f"erased-{login.pk}", "", "", ""
            login.is_active = False
            login.set_unusable_password()
            login.save()
        return count + len(logins)


def orders_of(people: People) -> QuerySet[Order]:
    return Order.objects.filter(Q(email__in=people.emails) | Q(user__in=logins_of(people))).exclude(email="")


def logins_of(people: People) -> QuerySet[User]:
    """Their logins; those of staff stay."""
    return User.objects.filter(pk__in=[contact.user_id for contact in people if contact.user_id], is_staff=False)
