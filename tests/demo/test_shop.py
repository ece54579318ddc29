"""The demo's shop: a test order flows into Parcelwise."""

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from demo.shop.models import Order as ShopOrder
from demo.simulate.shop import ensure_products
from fulfillment.models import Order
from parcelwise.testing import run_jobs
from tests.markup import Page, assert_accessible, assert_strict

ADDRESS = {
    "name": "Ana Souza",
    "email": "ana@example.com",
    "street": "Lindwurmstraße 12",
    "postcode": "80337",
    "city": "München",
    "country": "DE",
}


@pytest.fixture
def boots(db):
    return ensure_products()["NL-BOOT-01"]


def basket(client, product, pieces):
    """The checkout's form as a browser sends it, with ``pieces`` of ``product``."""
    page = Page(client.get(reverse("shop:checkout"), {"sku": product.sku}))
    names = [select.attributes["name"] for select in page.all("select")]
    data = {name: "0" for name in names if name.startswith("pieces_")}
    return {**data, **ADDRESS, f"pieces_{product.pk}": str(pieces)}


@pytest.mark.django_db(transaction=True)
def test_an_order_placed_in_the_shop_appears_in_the_customers_account(client):
    boots = ensure_products()["NL-BOOT-01"]
    client.force_login(User.objects.create_user("ana", "ana@example.com", first_name="Ana", last_name="Souza"))
    where = f"{reverse('shop:checkout')}?sku={boots.sku}"
    response = client.post(where, basket(client, boots, 2))
    placed = ShopOrder.objects.get()
    assert response["Location"] == reverse("shop:thanks", args=[placed.number])
    run_jobs()
    order = Order.objects.get(number=placed.number)
    assert (order.total, order.shipping, order.promised_on) == (2 * 14_900 + 490, 490, placed.deliver_by)
    assert placed.number in client.get(reverse("account:orders")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_anas_address_at_cleos_checkout_brings_cleo_no_order_of_anas(as_ana, as_cleo):
    boots = ensure_products()["NL-BOOT-01"]
    for client in (as_ana, as_cleo):
        client.post(f"{reverse('shop:checkout')}?sku={boots.sku}", basket(client, boots, 1))
    run_jobs()
    hers, cleos = ShopOrder.objects.order_by("pk").values_list("number", flat=True)
    for client, own, foreign in ((as_ana, hers, cleos), (as_cleo, cleos, hers)):
        page = client.get(reverse("account:orders")).content.decode()
        assert own in page
        assert foreign not in page


def test_every_page_of_the_shop_is_accessible_and_strict(as_ana, client, boots):
    pages = [client.get("/"), client.get("/login/"), as_ana.get("/checkout/"), as_ana.get("/checkout/?sku=NL-BOOT-01")]
    pages.append(as_ana.post("/checkout/?sku=NL-BOOT-01", basket(as_ana, boots, 1), follow=True))
    for response in pages:
        assert response.status_code == 200
        page = Page(response)
        assert_accessible(page)
        assert_strict(page)


@pytest.mark.parametrize("pieces", ["0", "-1", "10", "x"])
def test_nothing_is_bought_by_nonsense(as_ana, boots, pieces):
    response = as_ana.post("/checkout/?sku=NL-BOOT-01", basket(as_ana, boots, pieces))
    assert response.status_code == 422
    assert not ShopOrder.objects.exists()


def test_the_next_order_remembers_the_address(as_ana, boots):
    as_ana.post("/checkout/?sku=NL-BOOT-01", basket(as_ana, boots, 1))
    assert Page(as_ana.get("/checkout/")).field("street").attributes["value"] == ADDRESS["street"]


def test_the_thanks_are_for_the_buyer_alone(as_ana, as_cleo, boots):
    address = as_ana.post("/checkout/?sku=NL-BOOT-01", basket(as_ana, boots, 1))["Location"]
    assert as_ana.get(address).status_code == 200
    assert as_cleo.get(address).status_code == 404


def test_without_a_login_the_checkout_leads_to_it(client, boots):
    assert client.get("/checkout/")["Location"].startswith("/login/")
