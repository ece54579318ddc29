"""The pages of an ordinary small shop. Nothing in this file knows of Parcelwise."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from demo.shop.forms import SHIPPING, SHIPPING_ABROAD, CheckoutForm
from demo.shop.models import Order, Product

#: Days after the purchase until which the shop promises to deliver.
PROMISED_DAYS = 5
#: Pictures by the second part of a SKU.
PICTURES = {
    "BOOT": "boot", "SAND": "sandal", "JACK": "jacket", "TROU": "trousers", "BASE": "shirt", "SOCK": "socks",
    "TENT": "tent", "SLEE": "bag", "MATT": "mat", "STOV": "stove", "LAMP": "lamp", "BOTT": "bottle", "PACK": "pack",
    "POLE": "poles", "KNIF": "knife",
}  # fmt: skip
#: What goes well with everything.
EXTRAS = ("Gear", "Clothing")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    products = Product.objects.order_by("category", "price")
    return render(request, "shop/home.html", {"shelf": [(product, _picture(product)) for product in products]})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def checkout(request: HttpRequest) -> HttpResponse:
    """Buy a product (``?sku=``) and whatever goes with it. Nobody pays: it is a test order."""
    wanted = request.GET.get("sku", "")
    form = CheckoutForm(_offered(wanted), wanted, request.POST or None, initial=_address_of(_customer(request)))
    if request.method == "POST" and form.is_valid():
        return redirect("shop:thanks", number=_place(form, _customer(request)).number)
    return render(request, "shop/checkout.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@login_required
def thanks(request: HttpRequest, number: str) -> HttpResponse:
    order = get_object_or_404(Order.objects.prefetch_related("lines__product"), number=number, user=request.user)
    return render(request, "shop/thanks.html", {"order": order})


def _customer(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _picture(product: Product) -> str:
    """Path of the picture among the static files; a pack where there is none."""
    return f"shop/{PICTURES.get(product.sku[3:7], 'pack')}.svg"


def _offered(sku: str) -> list[Product]:
    """The wanted product first, then a few inexpensive ones."""
    wanted = list(Product.objects.filter(sku=sku))
    extras = Product.objects.filter(category__in=EXTRAS).exclude(sku=sku).order_by("price")
    return wanted + list(extras[:3])


def _address_of(user: User) -> dict[str, str]:
    """What the customer gave with the last order; their name and mail before the first."""
    last = Order.objects.filter(user=user).order_by("-bought_at").first()
    if last is None:
        return {"name": user.get_full_name(), "email": user.email, "country": "DE"}
    return {name: getattr(last, name) for name in CheckoutForm.Meta.fields}


def _place(form: CheckoutForm, user: User) -> Order:
    with transaction.atomic():
        order: Order = form.save(commit=False)
        order.user = user
        order.number = secrets.token_hex(8)
        order.shipping_price = SHIPPING.get(order.country, SHIPPING_ABROAD)
        order.deliver_by = timezone.localdate() + timedelta(days=PROMISED_DAYS)
        order.save()
        order.number = f"NL-{10_000 + order.pk}"
        order.save(update_fields=["number"])
        # One by one: whoever follows the shop's models hears of each line.
        for line in form.lines(order):
            line.save()
    return order
