"""Who may call the WooCommerce twin, and what the `woocommerce` package sends over http."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
from woocommerce import API
from woocommerce.oauth import OAuth

from fulfillment.testing.woocommerce_twin import Key, WooCommerceTwin
from tests.fulfillment.woocommerce_site import caller, site


@pytest.fixture
def twin() -> Iterator[WooCommerceTwin]:
    with site() as twin:
        twin.world.history(15)
        yield twin


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize(("key", "secret"), [("ck_other", "cs_twin"), ("ck_twin", "cs_other"), ("ck_twin", "cs_twinx")])
def test_a_wrong_key_is_refused(twin: WooCommerceTwin, key: str, secret: str) -> None:
    with caller(twin, key, secret) as api:
        assert code(api.get("orders")) == (401, "woocommerce_rest_authentication_error")


def test_without_a_key_only_the_index_is_shown(twin: WooCommerceTwin) -> None:
    assert code(httpx.get(f"{twin.url}/wp-json/wc/v3/orders", trust_env=False)) == (401, "woocommerce_rest_cannot_view")
    assert httpx.get(f"{twin.url}/wp-json/", trust_env=False).status_code == 200


def test_a_header_that_is_no_basic_auth_is_no_key(twin: WooCommerceTwin) -> None:
    for header in ("Basic ???", "Basic /w==", "Bearer x", "Basic"):
        answer = httpx.get(f"{twin.url}/wp-json/wc/v3/orders", headers={"Authorization": header}, trust_env=False)
        assert answer.status_code == 401


def test_keys_in_the_query_are_taken(twin: WooCommerceTwin) -> None:
    query = {"consumer_key": "ck_twin", "consumer_secret": "cs_twin"}
    assert httpx.get(f"{twin.url}/wp-json/wc/v3/orders", params=query, trust_env=False).status_code == 200


def test_a_reader_cannot_write_and_a_customer_can_do_nothing(twin: WooCommerceTwin) -> None:
    twin.keys.add(Key("ck_reader", "cs", permissions="read"))
    twin.keys.add(Key("ck_customer", "cs", manager=False))
    with caller(twin, "ck_reader", "cs") as api:
        assert api.get("orders").status_code == 200
        assert code(api.post("orders", json={})) == (401, "woocommerce_rest_authentication_error")
    with caller(twin, "ck_customer", "cs") as api:
        assert code(api.post("webhooks", json={})) == (403, "woocommerce_rest_cannot_create")
        assert code(api.get("orders")) == (403, "woocommerce_rest_cannot_view")


def test_a_revoked_key_is_refused(twin: WooCommerceTwin) -> None:
    with caller(twin) as api:
        assert api.get("orders").status_code == 200
        twin.keys.revoke("ck_twin")
        assert api.get("orders").status_code == 401


def test_the_package_signs_plain_calls(twin: WooCommerceTwin) -> None:
    api = API(twin.url, "ck_twin", "cs_twin")
    assert api.get("orders").status_code == 200
    assert api.post("orders", {"billing": {"first_name": "Ana"}}).status_code == 201
    assert API(twin.url, "ck_twin", "cs_wrong").get("orders").status_code == 401
    assert API(twin.url, "ck_wrong", "cs_twin").get("orders").status_code == 401


def test_the_package_sends_parameters_twice_which_php_reads_once(twin: WooCommerceTwin) -> None:
    api = API(twin.url, "ck_twin", "cs_twin")
    answer = api.get("orders", params={"per_page": 5, "modified_after": "2026-01-01T00:00:00"})
    assert answer.request.url.count("per_page=5") == 2
    assert (answer.status_code, len(answer.json())) == (200, 5)


@pytest.mark.parametrize("params", [{"include": [13, 14]}, {"search": "a/b"}])
def test_the_packages_signature_is_wrong_for_lists_and_slashes(
    twin: WooCommerceTwin, params: dict[str, object]
) -> None:
    answer = API(twin.url, "ck_twin", "cs_twin").get("orders", params=params)
    assert answer.json()["message"] == "Invalid signature - provided signature does not match."


def test_a_strict_site_refuses_everything_doubled(twin: WooCommerceTwin) -> None:
    twin.keys.refuse_doubled = True
    api = API(twin.url, "ck_twin", "cs_twin")
    assert api.get("orders").status_code == 200
    assert api.get("orders", params={"per_page": 5}).status_code == 401


def test_a_signed_call_cannot_be_changed_or_played_again(twin: WooCommerceTwin) -> None:
    signed = OAuth(f"{twin.url}/wp-json/wc/v3/orders?per_page=2", "ck_twin", "cs_twin", version="wc/v3").get_oauth_url()
    with httpx.Client(trust_env=False) as client:
        assert client.get(signed.replace("per_page=2", "per_page=3")).status_code == 401
        assert client.delete(signed).status_code == 401  # there is no such route, but keys are looked at before routes
        assert client.get(signed).status_code == 200
        assert client.get(signed).json()["message"] == "Invalid nonce - nonce has already been used."


def test_an_old_signature_and_half_a_signature_are_refused(twin: WooCommerceTwin) -> None:
    url = f"{twin.url}/wp-json/wc/v3/orders"
    hour_ago = int(time.time()) - 3600
    old = OAuth(url, "ck_twin", "cs_twin", version="wc/v3", oauth_timestamp=hour_ago).get_oauth_url()
    with httpx.Client(trust_env=False) as client:
        assert client.get(old).json()["message"] == "Invalid timestamp."
        half = client.get(f"{url}?oauth_consumer_key=ck_twin")
        assert code(half) == (401, "woocommerce_rest_authentication_missing_parameter")
