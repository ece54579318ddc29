"""Staff make keys, with no more than they may do themselves, and see a secret once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from fulfillment.models import ApiAccess, Store
from parcelwise.keys import ApiKey
from tests.api.conftest import Program, of_store
from tests.factories import a_store

pytestmark = pytest.mark.django_db

ADD = "admin:parcelwise_fulfillment_apiaccess_add"


def maker(*names: str) -> tuple[Client, User]:
    user = User.objects.create_user("dora", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client, user


def asked(shop: Store, **changes: Any) -> dict[str, Any]:
    return {"name": "Till", "audience": "store", "store": shop.pk, "scopes": ["orders:read"], "days": "30", **changes}


def secret_in(page: Any) -> str:
    found = re.search(r"pwk_\w{10}_\w{43}", page.content.decode())
    return found[0] if found else ""


def test_a_key_is_made_shown_once_and_works():
    store = a_store()
    client, _user = maker("add_apiaccess", "view_apiaccess", "view_order")
    page = client.post(reverse(ADD), asked(store))
    assert page.status_code == 200, page.content
    assert "no-store" in page["Cache-Control"]
    whole = secret_in(page)
    assert Program(whole).get("/orders/").status_code == 200
    access = ApiAccess.objects.get()
    assert (access.key.made_by, access.key.scopes, access.store) == ("dora", ["orders:read"], store)
    later = client.get(reverse("admin:parcelwise_fulfillment_apiaccess_change", args=[access.pk]))
    assert later.status_code == 200
    assert whole.rpartition("_")[2] not in later.content.decode()
    assert access.key.digest not in later.content.decode()


def test_nobody_gives_what_they_may_not_do_themselves():
    store = a_store()
    client, user = maker("add_apiaccess", "view_order")
    boss = User.objects.create_superuser("boss")
    for wrong in (
        {"scopes": ["shipments:read"]},
        {"scopes": ["exceptions:write"]},
        {"audience": "staff", "store": "", "user": boss.pk},
        {"audience": "customer", "store": "", "user": user.pk},
        {"store": ""},
        {"scopes": []},
    ):
        page = client.post(reverse(ADD), asked(store, **wrong))
        assert (page.status_code, secret_in(page)) == (200, ""), wrong
    assert ApiKey.objects.count() == 0
    own = client.post(reverse(ADD), asked(store, audience="staff", store="", user=user.pk))
    assert Program(secret_in(own)).get("/orders/").status_code == 200


def test_who_may_not_make_keys_makes_none():
    client, _user = maker("view_apiaccess", "view_order", "change_apiaccess")
    assert client.post(reverse(ADD), asked(a_store())).status_code == 403


def test_a_key_is_replaced_and_withdrawn():
    shop = of_store(a_store(), "orders:read")
    client, _user = maker("add_apiaccess", "view_apiaccess", "change_apiaccess", "view_order")
    access = ApiAccess.objects.get()
    page = client.get(reverse("admin:parcelwise_fulfillment_apiaccess_change", args=[access.pk]))
    assert "Withdraw at once" in page.content.decode()
    replaced = client.post(reverse("admin:parcelwise_fulfillment_apiaccess_replace", args=[access.pk]), {"days": "7"})
    assert Program(secret_in(replaced)).get("/orders/").status_code == 200
    assert shop.get("/orders/").status_code == 200
    client.post(reverse("admin:parcelwise_fulfillment_apiaccess_withdraw", args=[access.pk]))
    assert shop.get("/orders/").status_code == 401
    access.key.refresh_from_db()
    assert access.key.withdrawn_by == "dora"


def test_a_key_that_does_more_than_oneself_may_is_not_replaced_by_oneself():
    of_store(a_store(), "orders:read", "shipments:read")
    client, _user = maker("add_apiaccess", "view_order", "view_apiaccess")
    place = reverse("admin:parcelwise_fulfillment_apiaccess_replace", args=[ApiAccess.objects.get().pk])
    assert secret_in(client.post(place, {"days": "7"}, follow=True)) == ""
    assert ApiKey.objects.count() == 1
