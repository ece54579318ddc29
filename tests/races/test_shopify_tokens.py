"""Many workers find that a token is needed: one of them asks Shopify for it."""

from __future__ import annotations

from threading import Thread

import pytest
from django.db import connection

from fulfillment.models import Store
from fulfillment.stores.shopify import tokens
from fulfillment.testing.shopify_twin import ShopifyTwin
from tests.fulfillment.stores.a_shopify import SECRET, connected

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="the data base of the tests lies in memory"),
]


def test_of_many_workers_one_gets_the_new_token():
    with ShopifyTwin() as twin:
        store = connected(twin, credentials={"client_id": "twin-client-id", "client_secret": SECRET})
        got: list[str] = []

        def work() -> None:
            try:
                got.append(tokens.current(Store.objects.get(pk=store.pk)))
            finally:
                connection.close()

        workers = [Thread(target=work) for _ in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(30)
        assert (len(got), len(set(got))) == (6, 1)
        assert [call["path"] for call in twin.log].count("/admin/oauth/access_token") == 1
