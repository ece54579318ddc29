"""The pages of an ordinary small shop. Nothing in this file knows of Parcelwise."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from demo.shop.models import Product


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/home.html", {"products": Product.objects.all()})


@login_required
def checkout(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/checkout.html", {"products": Product.objects.all()})
