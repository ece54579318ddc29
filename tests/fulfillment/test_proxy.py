"""The tracking page under the shop's own domain: who is let in, what is shown, and where its links lead."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlsplit
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import clear_script_prefix, reverse, set_script_prefix
from django.utils import timezone

from fulfillment.access import link_to
from fulfillment.models import Customer, Order, Store
from fulfillment.proxied_urls import moved, under
from fulfillment.services.intake import refusals
from fulfillment.stores.shopify.proxy import verify_proxy
from fulfillment.stores.track_url import clean_track_url
from fulfillment.telling import order_words
from fulfillment.testing.shopify_twin import ShopifyTwin
from parcelwise import links
from parcelwise.models import Problem
from parcelwise.panels import reference
from tests.factories import a_contact, a_shipment, a_store, an_order
from tests.markup import Page, assert_accessible

pytestmark = pytest.mark.django_db

OURS = "http://127.0.0.1:8000"
SHOP = "nordlicht.myshopify.com"
SECRET = "shpss_twin-client-secret"
PREFIX = "/apps/track"
ANA = "gid://shopify/Customer/4711"
Pairs = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    refusals._tallies.clear()
    yield


@pytest.fixture
def store() -> Store:
    return a_shop()


@pytest.fixture
def order(store: Store) -> Order:
    return an_order_of(store, ANA)


def a_shop(**columns: Any) -> Store:
    credentials = {"client_id": "twin-client-id", "client_secret": SECRET}
    usual = {"kind": "shopify", "url": f"https://{SHOP}", "platform_id": SHOP, "credentials": credentials}
    return a_store(**{**usual, **columns})


def an_order_of(store: Store, customer: str, **columns: Any) -> Order:
    order = an_order(store, contact=a_contact(), **columns)
    known = Customer.objects.filter(store=store, external_id=customer).first()
    if known:
        Order.objects.filter(pk=order.pk).update(customer=known)
    else:
        Customer.objects.filter(pk=order.customer_id).update(external_id=customer)
    order.refresh_from_db()
    return order


def added(customer: str = "", at: float = 0.0, shop: str = SHOP, prefix: str = PREFIX) -> Pairs:
    """What Shopify adds to a visitor's query."""
    moment = str(int(time.time() + at))
    return [("shop", shop), ("logged_in_customer_id", customer), ("path_prefix", prefix), ("timestamp", moment)]


def sign(pairs: Pairs, secret: str = SECRET) -> str:
    """Shopify's rule in other words than the code's: one line for each name, its values joined, no line breaks."""
    names = sorted({name for name, _value in pairs})
    lines = [f"{name}=" + ",".join(value for each, value in pairs if each == name) for name in names]
    return hmac.digest(secret.encode(), "".join(lines).encode(), "sha256").hex()


def query_of(pairs: Pairs) -> str:
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs)


def signed(pairs: Pairs, secret: str = SECRET) -> str:
    return query_of([*pairs, ("signature", sign(pairs, secret))])


def path_of(store: Store, rest: str = "") -> str:
    return reverse("parcelwise_hooks:proxy", args=["shopify", store.uuid]) + rest


def visit(store: Store, rest: str = "", customer: str = "", own: Pairs | None = None, **how: Any) -> Any:
    """A visit to ``PREFIX/rest`` as Shopify passes it on."""
    secret = how.pop("secret", SECRET)
    pairs = [*(own or []), *added(customer, **how)]
    return Client().get(f"{path_of(store, rest)}?{signed(pairs, secret)}")


def hrefs(response: Any) -> list[str]:
    return [a.attributes["href"] for a in Page(response).all("a")]


def test_the_signature_that_shopify_has_published_is_read():
    published = (
        "extra=1&extra=2&shop=shop-name.myshopify.com&logged_in_customer_id=1&path_prefix=%2Fapps%2Fawesome_reviews"
        "&timestamp=1317327555&signature=4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"
    )
    call = verify_proxy(published, "hush", datetime.fromtimestamp(1317327555, UTC))
    assert (call.shop, call.prefix) == ("shop-name.myshopify.com", "/apps/awesome_reviews")
    assert (call.customer, call.query) == ("gid://shopify/Customer/1", "extra=1&extra=2")


# Who sees what


def test_ana_who_is_logged_in_to_the_shop_sees_her_orders_and_no_others(store, order):
    foreign = an_order_of(store, "gid://shopify/Customer/42")
    elsewhere = an_order_of(a_shop(platform_id="other.myshopify.com"), ANA)
    page = visit(store, customer="4711").content.decode()
    assert order.number in page
    assert foreign.number not in page
    assert elsewhere.number not in page


def test_ana_opens_her_order_and_nobody_else_does(store, order):
    rest = f"orders/{order.uuid}/"
    assert order.number in visit(store, rest, customer="4711").content.decode()
    assert visit(store, rest, customer="42").status_code == 404
    assert visit(store, rest).status_code == 404
    foreign = an_order_of(store, "gid://shopify/Customer/42")
    assert visit(store, f"orders/{foreign.uuid}/", customer="4711").status_code == 404


def test_an_order_without_a_customer_is_nobodys(store):
    order = an_order_of(store, "")
    assert visit(store, f"orders/{order.uuid}/").status_code == 404
    assert order.number not in visit(store).content.decode()


def test_the_link_of_a_mail_opens_the_order_without_a_login(store, order):
    response = visit(store, f"link/{links.sign('order', str(order.uuid))}/")
    assert response.status_code == 200
    assert order.number in response.content.decode()


def test_the_link_of_another_store_opens_nothing(store):
    other = a_shop(platform_id="other.myshopify.com")
    token = links.sign("order", str(an_order_of(other, ANA).uuid))
    assert visit(store, f"link/{token}/", customer="4711").status_code == 404
    assert visit(other, f"link/{token}/", shop="other.myshopify.com").status_code == 200


def test_a_guest_is_told_how_to_get_to_the_parcel_and_nothing_else(store, order):
    response = visit(store)
    page = Page(response)
    assert (response.status_code, page.h1) == (200, "Where is my parcel?")
    assert order.number not in response.content.decode()
    assert "/account/login" in hrefs(response)
    assert_accessible(page)


@pytest.mark.parametrize("given", ["4711,42", "4711 ", "gid://shopify/Order/4711", "ana@example.com", "-1", "٤٧١١"])
def test_what_is_no_customer_id_is_a_guest(store, order, given):
    assert Page(visit(store, customer=given)).h1 == "Where is my parcel?"


def test_a_cookie_of_ours_is_not_looked_at(store, as_ana, ana):
    mine = an_order_of(store, ANA)
    mine.contact.user = ana
    mine.contact.save()
    page = as_ana.get(f"{path_of(store)}?{signed(added())}")
    assert mine.number not in page.content.decode()
    assert Page(page).h1 == "Where is my parcel?"
    seen = page.wsgi_request  # by the site's own frame
    assert (seen.user.is_authenticated, seen.COOKIES) == (False, {})


# Signatures


def calls_that_are_refused(store: Store, rest: str) -> dict[str, str]:
    good, path = signed(added("4711")), path_of(store, rest)
    # What a visitor writes behind the shop's address is signed with the rest.
    twice = signed([("logged_in_customer_id", "4711"), *added()])
    foreign = a_shop(platform_id="other.myshopify.com", credentials={"client_secret": "another"})
    return {
        "no query": path,
        "unsigned": f"{path}?{query_of(added('4711'))}",
        "another customer": f"{path}?{good.replace('4711', '42')}",
        "something added": f"{path}?{good}&page=2",
        "an empty signature": f"{path}?{query_of([*added('4711'), ('signature', '')])}",
        "a signature that is no ASCII": f"{path}?{query_of([*added('4711'), ('signature', 'ä')])}",
        "the signature in capitals": f"{path}?{query_of([*(p := added('4711')), ('signature', sign(p).upper())])}",
        "two signatures": f"{path}?{good}&signature={'0' * 64}",
        "two customers": f"{path}?{twice}",
        "two shops": f"{path}?{signed([('shop', SHOP), *added('4711')])}",
        "two times": f"{path}?{signed([('timestamp', '1'), *added('4711')])}",
        "stale": f"{path}?{signed(added('4711', at=-95))}",
        "of the future": f"{path}?{signed(added('4711', at=95))}",
        "no time": f"{path}?{signed([pair for pair in added('4711') if pair[0] != 'timestamp'])}",
        "a time that is none": f"{path}?{signed([*added('4711')[:3], ('timestamp', 'now')])}",
        "no prefix": f"{path}?{signed([pair for pair in added('4711') if pair[0] != 'path_prefix'])}",
        "a prefix on another host": f"{path}?{signed(added('4711', prefix='//evil.example'))}",
        "a prefix with a script": f"{path}?{signed(added('4711', prefix='javascript:alert(1)'))}",
        "another secret": f"{path}?{signed(added('4711'), 'another')}",
        "another shop of the same app": f"{path}?{signed(added('4711', shop='other.myshopify.com'))}",
        "no shop": f"{path}?{signed([pair for pair in added('4711') if pair[0] != 'shop'])}",
        "at another store's address": f"{path_of(foreign, rest)}?{good}",
        "at an unknown store's": f"{reverse('parcelwise_hooks:proxy', args=['shopify', uuid4()])}{rest}?{good}",
        "a kind without a proxy": f"{path.replace('shopify', 'woocommerce')}?{good}",
        "an unknown kind": f"{path.replace('shopify', 'nobody')}?{good}",
        "no such page": f"{path_of(store, 'orders/')}?{good}",
        "no uuid": f"{path_of(store, 'orders/1/')}?{good}",
        "too deep": f"{path_of(store, rest)}more/?{good}",
        "a bad link": f"{path_of(store, 'link/x/')}?{good}",
        "more parameters than anybody has": f"{path}?{signed([*[('a', str(n)) for n in range(200)], *added('4711')])}",
    }


def test_whatever_is_wrong_there_is_the_same_page(store, order):
    rest = f"orders/{order.uuid}/"
    assert visit(store, rest, customer="4711").status_code == 200
    bodies = set()
    for what, address in calls_that_are_refused(store, rest).items():
        response = Client().get(address)
        assert response.status_code == 404, what
        assert response["Cache-Control"] == "private, no-store", what
        assert response["Content-Security-Policy"].startswith("default-src 'none'; style-src http://127.0.0.1:8000;")
        bodies.add(response.content)
    [body] = bodies
    assert order.number not in body.decode()
    assert f'href="{OURS}/static/parcelwise/parcelwise.css"'.encode() in body


def test_a_disconnected_store_shows_nothing(store, order):
    Store.objects.update(is_active=False)
    assert visit(store, customer="4711").status_code == 404


@pytest.mark.parametrize("at", [-85, 85])
def test_clocks_may_differ_by_ninety_seconds(store, at):
    assert visit(store, at=at).status_code == 200


def test_parameters_come_in_any_order_and_more_than_once(store):
    pairs = [("utm", "mail"), *added("4711"), ("utm", "ä b&c=,"), ("empty", "")]
    for order_of_them in (pairs, pairs[::-1], sorted(pairs)):
        # Of one name, the values are signed in the order in which they stand.
        assert Client().get(f"{path_of(store)}?{signed(order_of_them)}").status_code == 200
    swapped = signed(pairs).replace("utm=mail", "utm=x", 1)
    assert Client().get(f"{path_of(store)}?{swapped}").status_code == 404


def test_with_and_without_the_final_slash(store, order):
    for rest in ("", f"orders/{order.uuid}", f"orders/{order.uuid}/", f"/orders/{order.uuid}/"):
        assert visit(store, rest, customer="4711").status_code == 200, rest
    bare = path_of(store).removesuffix("/")
    assert Client().get(f"{bare}?{signed(added())}").status_code == 200


def test_the_secret_that_was_replaced_is_good_until_its_hour_is_over(store):
    until = datetime.now(UTC) + timedelta(hours=1)
    store.credentials = {"client_secret": "new", "old_client_secret": SECRET, "old_until": until.isoformat()}
    store.save()
    assert visit(store).status_code == visit(store, secret="new").status_code == 200
    store.credentials = {**store.credentials, "old_until": (until - timedelta(hours=2)).isoformat()}
    store.save()
    assert visit(store).status_code == 404


def test_the_twin_signs_as_we_read(store, order):
    with ShopifyTwin() as twin:
        for rest, customer in (("", None), (f"orders/{order.uuid}/?a=1&a=2", 4711)):
            path = twin.proxy_url(path_of(store, rest), customer, prefix=PREFIX)
            response = Client().get(path)
            assert response.status_code == 200, rest
    assert order.number in response.content.decode()


def test_head_is_answered_and_nothing_else_is(store):
    address = f"{path_of(store)}?{signed(added())}"
    head = Client().head(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Security-Policy"]
    for method in ("post", "put", "patch", "delete"):
        assert getattr(Client(enforce_csrf_checks=True), method)(address).status_code == 405, method


def test_staff_hear_of_refused_visits_once_in_a_while(store, monkeypatch):
    for _ in range(3):
        visit(store, secret="forged", customer="4711")
    visit(store, at=-300)
    problem = Problem.objects.get()
    assert problem.subject == reference(store)
    assert "1 × the signature does not match" in problem.sentence
    assert "tracking page" in problem.sentence
    monkeypatch.setattr(refusals, "BETWEEN_NOTES", 0.0)
    visit(store, secret="forged")
    problem.refresh_from_db()
    assert "3 × the signature does not match, 1 × signed more than 90 seconds" in problem.sentence
    assert "4711" not in problem.sentence
    visit(store)
    problem.refresh_from_db()
    assert problem.solved_at, "a visit was let in again"


def test_credentials_that_no_key_opens_are_told_to_staff(store, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": ("another-key-of-thirty-two-letters",)}}
    assert visit(store).status_code == 404
    assert "cannot be decrypted" in Problem.objects.get().sentence


# What is shown


def test_pictures_and_styles_come_from_our_domain_and_links_lead_where_they_should(store, order):
    a_shipment(order, status="delivered", delivered_on=timezone.now().date(), tracking_url="https://ups.example/1")
    response = visit(store, f"orders/{order.uuid}/", customer="4711", own=[("theme", "dark")])
    page = Page(response)
    sheets = [link.attributes["href"] for link in page.all("link")]
    assert sheets[0] == f"{OURS}/static/parcelwise/parcelwise.css"
    assert all(sheet.startswith(f"{OURS}/") for sheet in sheets)
    assert all(image.attributes["src"].startswith(OURS) for image in page.all("img"))
    [start] = [href for href in hrefs(response) if href.endswith("/return/")]
    assert start.startswith(f"{OURS}/account/link/"), "who is logged in there has no login here"
    assert Client().get(start.removeprefix(OURS)).status_code == 200
    assert f"{PREFIX}/" in hrefs(response), "back to the list"
    for href in hrefs(response):
        assert href.startswith((OURS, PREFIX, "https://", "mailto:", "#", "?")) or href == "/", href
    assert_accessible(page)


def test_the_list_leads_to_the_orders_under_the_same_domain_and_to_further_pages(store, order, monkeypatch):
    monkeypatch.setattr("fulfillment.views.ORDERS_PER_PAGE", 1)
    older = an_order_of(store, ANA, placed_at=timezone.now() - timedelta(days=30))
    first = visit(store, customer="4711")
    assert f"{PREFIX}/orders/{order.uuid}/" in hrefs(first)
    assert "?page=2" in hrefs(first)
    second = visit(store, customer="4711", own=[("page", "2")])
    assert f"{PREFIX}/orders/{older.uuid}/" in hrefs(second)
    assert_accessible(Page(second))


def test_a_page_by_link_stays_at_its_link(store, order):
    token = links.sign("order", str(order.uuid))
    found = hrefs(visit(store, f"link/{token}/"))
    assert not [href for href in found if "/orders/" in href]
    assert f"{PREFIX}/" not in found, "a guest has no list"


def test_what_shopify_signed_is_neither_in_the_page_nor_in_its_headers_nor_in_the_log(store, order, caplog):
    caplog.set_level(logging.DEBUG)
    pairs = added("4711")
    signature = sign(pairs)
    for rest in ("", f"orders/{order.uuid}/", "nowhere/"):
        response = Client().get(f"{path_of(store, rest)}?{query_of([*pairs, ('signature', signature)])}")
        told = response.content.decode() + str(response.headers) + caplog.text
        assert signature not in told
        assert "logged_in_customer_id" not in told
        assert "4711" not in told
        assert response.wsgi_request.get_full_path() == path_of(store, rest), "what an error report repeats"
    refused = Client().get(f"{path_of(store)}?{query_of([*pairs, ('signature', signature[:-1])])}").wsgi_request
    assert (refused.get_full_path(), dict(refused.GET)) == (path_of(store), {})


def test_the_policy_allows_our_domain_for_styles_and_pictures_and_nothing_else(store, settings):
    response = visit(store)
    assert response["Content-Security-Policy"] == (
        f"default-src 'none'; style-src {OURS}; img-src {OURS}; script-src {OURS}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert not response.cookies
    settings.MEDIA_URL = "//pictures.example/shop/"
    assert f"img-src {OURS} https://pictures.example;" in visit(store)["Content-Security-Policy"]


def test_the_page_speaks_the_visitors_language(store, order):
    address = f"{path_of(store)}?{signed(added())}"
    german = Client().get(address, headers={"accept-language": "de"})
    assert Page(german).h1 == "Wo ist mein Paket?"
    assert Page(german).all("html")[0].attributes["lang"] == "de"


def test_a_list_costs_the_same_for_many_orders(store, order, django_assert_max_num_queries):
    for _ in range(8):
        a_shipment(an_order_of(store, ANA))
    with django_assert_max_num_queries(10):
        visit(store, customer="4711")


FRAME = """<a href="/">Shop</a> <a href='/cart/?a=1&amp;b=2'>Cart</a> <form action="/search"><input value="/x"></form>
<img alt="" src="/logo.png" srcset="/logo.png 1x, /logo@2x.png 2x,https://cdn.example/3.png 3x">
<a href="//cdn.example/x">CDN</a> <a href="https://b.example/">B</a> <a href="#top">Top</a> <a href="?page=2">2</a>
<link HREF = "/a.css"> <p title="see /orders/">href="/text" &lt;a href="/text"&gt;</p>
<a href="/account/">Yours</a> <a href="/account/orders/00000000-0000-0000-0000-000000000001/?x#y">One</a>"""


@pytest.mark.parametrize(
    ("prefix", "orders", "one"),
    [
        ("", f"{OURS}/account/", f"{OURS}/account/orders/00000000-0000-0000-0000-000000000001/?x#y"),
        (PREFIX, f"{PREFIX}/", f"{PREFIX}/orders/00000000-0000-0000-0000-000000000001/?x#y"),
    ],
)
def test_addresses_of_a_sites_own_frame_are_moved_and_its_words_are_not(prefix, orders, one):
    page = moved(FRAME, under(prefix, frozenset({"/"})))
    assert page.splitlines() == [
        f"""<a href="/">Shop</a> <a href='{OURS}/cart/?a=1&amp;b=2'>Cart</a> """
        f"""<form action="{OURS}/search"><input value="/x"></form>""",
        f"""<img alt="" src="{OURS}/logo.png" """
        f"""srcset="{OURS}/logo.png 1x, {OURS}/logo@2x.png 2x,https://cdn.example/3.png 3x">""",
        FRAME.splitlines()[2],
        f"""<link HREF = "{OURS}/a.css"> <p title="see /orders/">href="/text" &lt;a href="/text"&gt;</p>""",
        f"""<a href="{orders}">Yours</a> <a href="{one}">One</a>""",
    ]


def test_a_site_under_a_path_of_its_own_is_known(settings):
    set_script_prefix("/desk/")
    try:
        address = under(PREFIX, frozenset({"/"}))
        assert address("/desk/account/") == f"{PREFIX}/"
        assert address("/account/") == f"{OURS}/account/", "that is somebody else's"
    finally:
        clear_script_prefix()


# Links in messages


def test_messages_lead_to_the_shops_own_domain_when_it_is_named(store, order):
    store.preferences = {"track_url": "https://shop.example/apps/track"}
    store.save()
    order.refresh_from_db()
    address = link_to(order)
    assert address.startswith("https://shop.example/apps/track/link/")
    assert order_words(order)["order"]["url"].startswith("https://shop.example/apps/track/link/")
    rest = urlsplit(address).path.removeprefix(f"{PREFIX}/")
    assert order.number in visit(store, rest).content.decode()
    assert link_to(order, "parcelwise_returns:start").startswith(f"{OURS}/account/link/"), "that changes something"


@pytest.mark.parametrize(
    "columns",
    [
        {"preferences": {}},
        {"preferences": {"track_url": "ftp://shop.example/apps/track"}},
        {"preferences": {"track_url": ["https://shop.example/apps/track"]}},
        {"preferences": {"track_url": "https://shop.example/apps/track"}, "is_active": False},
        {"preferences": {"track_url": "https://shop.example/apps/track"}, "kind": "models"},
        {"preferences": {"track_url": "https://shop.example/apps/track"}, "kind": "woocommerce"},
    ],
    ids=["unset", "spoiled", "no text", "disconnected", "no platform", "no proxy"],
)
def test_else_they_lead_to_our_own(store, order, columns):
    Store.objects.filter(pk=store.pk).update(**columns)
    order.refresh_from_db()
    assert link_to(order).startswith(f"{OURS}/account/link/")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("", ""),
        ("  https://shop.example/apps/track/ ", "https://shop.example/apps/track"),
        ("https://shop.example/a/wo-ist-es", "https://shop.example/a/wo-ist-es"),
        ("https://nordlicht.myshopify.com/community/track/parcels", "https://nordlicht.myshopify.com/community/track/parcels"),
    ],
)  # fmt: skip
def test_an_address_of_the_shop_is_taken(store, typed, stored):
    assert clean_track_url(store, typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "shop.example/apps/track",
        "http://shop.example/apps/track",
        "javascript:alert(1)//apps/track",
        "https://shop.example/",
        "https://shop.example/apps/",
        "https://shop.example/pages/track",
        "https://shop.example/apps/track?x=1",
        "https://shop.example/apps/track#x",
        "https://shop.example/apps/../admin",
        "https://ana:secret@shop.example/apps/track",
        "https://localhost/apps/track",
        "https://[::1/apps/track",
        "https://shop.example\\@evil.example/apps/track",
        "https://shop.example/apps/tra ck",
        "http://127.0.0.1:8000/apps/track",
    ],
)
def test_what_is_no_address_of_a_shop_is_not(store, typed):
    with pytest.raises(ValidationError):
        clean_track_url(store, typed)


def test_our_own_domain_is_not_the_shops(store, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": "https://shop.example"}}
    with pytest.raises(ValidationError, match="our own domain"):
        clean_track_url(store, "https://shop.example/apps/track")


def test_a_digest_of_another_kind_is_none(store):
    pairs = added("4711")
    text = "".join(f"{name}={value}" for name, value in sorted(pairs))
    bare = hashlib.sha256((SECRET + text).encode()).hexdigest()
    assert Client().get(f"{path_of(store)}?{query_of([*pairs, ('signature', bare)])}").status_code == 404
