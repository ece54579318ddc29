"""A project that has sessions of the older package lets us work with them."""

from __future__ import annotations

import pytest

from fulfillment.models import Store
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.documents import connecting
from fulfillment.stores.shopify.sessions import credentials_of, hand_over, shop_of
from parcelwise.errors import Misconfigured
from tests.factories import a_store

shopify_api = pytest.importorskip("shopify")
TOKEN = "shpat_twin-admin-token"


@pytest.fixture
def session(monkeypatch):
    for name, value in (("api_key", "twin-client-id"), ("secret", "shpss_twin-client-secret")):
        monkeypatch.setattr(shopify_api.Session, name, value)
    return shopify_api.Session("nordlicht.myshopify.com", "2026-04", TOKEN)


def test_a_session_says_who_and_where(session):
    assert dict(credentials_of(session)) == {
        "access_token": TOKEN,
        "client_id": "twin-client-id",
        "client_secret": "shpss_twin-client-secret",
    }
    assert TOKEN not in repr(credentials_of(session))
    assert shop_of(session) == "nordlicht.myshopify.com"


def test_a_session_without_a_token_is_of_no_use(session):
    session.token = None
    with pytest.raises(Misconfigured, match="installed first"):
        credentials_of(session)


@pytest.mark.django_db
def test_a_store_works_with_what_was_handed_over(session, shopify):
    old = {"hook_secret": "by hand", "refresh_token": "of another", "expires_at": "2020-01-01T00:00:00Z"}
    store = a_store(url=shopify.url, credentials=old)
    hand_over(store, session)
    kept = Store.objects.get(pk=store.pk)
    assert (kept.kind, kept.platform_id, kept.api_version) == ("shopify", shopify.shop, "2026-04")
    assert kept.credentials["hook_secret"] == "by hand"
    assert "refresh_token" not in kept.credentials
    assert Client(kept).ask(connecting.SHOP)["shop"]["myshopifyDomain"] == shopify.shop


@pytest.mark.django_db
def test_a_version_that_we_do_not_know_is_not_taken_over(session, shopify):
    store = a_store(url=shopify.url, api_version="2026-07")
    hand_over(store, shopify_api.Session("nordlicht.myshopify.com", "2024-10", TOKEN))
    assert store.api_version == "2026-07"
