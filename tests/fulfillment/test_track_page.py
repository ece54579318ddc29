"""Where messages lead customers is looked at before they do: the page under the shop's own domain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from fulfillment.models import Store
from fulfillment.services import track_page
from fulfillment.stores.base import Tick
from tests.factories import a_store
from tests.shopfront import PREFIX, a_proxied_store, a_shopfront

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def store() -> Store:
    return a_proxied_store()


@pytest.fixture
def front(live_server: Any, store: Store, settings: Any) -> Iterator[str]:
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": live_server.url}}
    with a_shopfront(store, live_server.url) as address:
        yield address


def tick_of(store: Store) -> Tick:
    [tick] = track_page.ticks(store)
    assert tick.minor, "the store works without it"
    return tick


def test_our_page_is_found_under_the_shops_domain(store, front):
    tick = tick_of(store)
    assert (tick.good, tick.found, tick.remedy) == (True, front + PREFIX, "")


def test_a_page_of_the_shops_own_is_not_ours(store, front):
    store.preferences = {"track_url": f"{front}/apps/other"}
    tick = tick_of(store)
    assert not tick.good
    assert tick.found == f"{front}/apps/other shows another page than ours."
    assert tick.remedy


def test_an_app_proxy_that_leads_to_another_store_is_found(store, front):
    other = a_store(**{name: getattr(store, name) for name in ("kind", "url", "preferences", "credentials")})
    assert "shows another page than ours" in tick_of(other).found


def test_a_secret_that_is_another_apps_is_found(store, front):
    store.credentials = {"client_secret": "another"}
    store.save()
    assert "answers with status 404" in tick_of(store).found


def test_an_address_where_nobody_answers_is_told(store, front):
    store.preferences = {"track_url": "http://127.0.0.1:9/apps/track"}
    assert not tick_of(store).good


def test_without_an_address_there_is_nothing_to_look_at(store):
    assert list(track_page.ticks(store)) == []


def test_staff_type_the_address_and_see_what_the_platform_must_be_told(store, settings):
    User.objects.create_superuser("ben", password="ben")
    ben = Client()
    ben.login(username="ben", password="ben")
    address = reverse("admin:parcelwise_fulfillment_store_change", args=[store.pk])
    assert f"http://127.0.0.1:8000/parcelwise/proxy/shopify/{store.uuid}" in ben.get(address).content.decode()
    typed = {
        "name": store.name, "slug": store.slug, "support_email": store.support_email, "currency": store.currency,
        "time_zone": store.time_zone, "track_url": "https://shop.example/apps/track/",
    }  # fmt: skip
    assert ben.post(address, {**typed, "track_url": "https://shop.example/"}).status_code == 200
    store.refresh_from_db()
    assert "track_url" not in store.preferences
    assert ben.post(address, typed).status_code == 302
    store.refresh_from_db()
    assert store.preferences["track_url"] == "https://shop.example/apps/track"
    assert ben.post(address, {**typed, "track_url": ""}).status_code == 302
    store.refresh_from_db()
    assert store.preferences["track_url"] == ""


def test_a_store_whose_platform_passes_nothing_on_has_no_such_field(admin_client):
    shop = a_store(kind="woocommerce")
    address = reverse("admin:parcelwise_fulfillment_store_change", args=[shop.pk])
    assert 'name="track_url"' not in admin_client.get(address).content.decode()
