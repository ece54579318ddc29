"""The carrier's own page: by our table, or by the address that staff give the account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.links import fault_of, tracking_page
from fulfillment.models import CarrierAccount, Shipment
from fulfillment.services import telling_stores, tracking
from tests.factories import a_shipment, a_store, an_order

TEMPLATE = "https://courier.example/track/{number}"


@pytest.fixture
def ben(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


@pytest.mark.parametrize(
    "template",
    [
        "http://courier.example/{number}",
        "javascript:alert(1)//{number}",
        "https:///track/{number}",
        "https://{number}.example/",
        "https://courier.example@{number}/",
        "https://user:secret@courier.example/{number}",
        "https://courier.example/track",
        "https://courier.example/{number}/{key}",
        "https://courier.example/{number}}",
        "https://courier.example/{number.__class__}",
        "https://courier.example/{number} onclick=x",
        'https://courier.example/"><script>{number}',
        "https://courier.example\\@evil.example/{number}",
        "https://courier.example/\u202e{number}",
        "https://[courier.example/{number}",
        "https://courier.example:99999/{number}",
        "//courier.example/{number}",
    ],
)
def test_a_template_that_could_lead_astray_is_refused(template: str) -> None:
    assert fault_of(template)
    assert tracking_page("pigeon", "1", template) == "", "nor is it used where it is stored all the same"


@given(number=st.text(min_size=1, max_size=80))
def test_whatever_the_number_the_host_and_scheme_stay(number: str) -> None:
    page = tracking_page("pigeon", number.encode("utf-8", "replace").decode(), TEMPLATE + "?n={number}")
    if page:
        parts = urlsplit(page)
        assert (parts.scheme, parts.netloc) == ("https", "courier.example")
        assert not set(page) & set("<>\"' \\")


def test_a_template_comes_before_our_own_address() -> None:
    assert tracking_page("ups", "1Z 9/9", TEMPLATE) == "https://courier.example/track/1Z%209%2F9"
    assert tracking_page("ups", "1Z9") == "https://www.ups.com/track?tracknum=1Z9"


@pytest.mark.django_db
def test_a_parcel_of_a_carrier_that_is_followed_by_hand_has_its_link_and_is_no_problem() -> None:
    CarrierAccount.objects.create(carrier="pigeon", gateway="manual", link_template=TEMPLATE)
    parcel = a_shipment(carrier="pigeon", tracking_number="P7")
    assert tracking.ensure_poll(parcel) is None
    assert Shipment.objects.get().tracking_url == "https://courier.example/track/P7"


@pytest.mark.django_db
def test_a_stores_own_template_comes_first_and_an_aggregators_is_for_no_carrier() -> None:
    store = a_store()
    CarrierAccount.objects.create(carrier="easypost", gateway="easypost", link_template="https://a.example/{number}")
    CarrierAccount.objects.create(carrier="pigeon", gateway="manual", link_template=TEMPLATE)
    own = "https://own.example/{number}"
    CarrierAccount.objects.create(carrier="pigeon", gateway="manual", store=store, link_template=own)
    urls = []
    for carrier, where in (("pigeon", store), ("pigeon", a_store()), ("owl", store)):
        parcel = a_shipment(an_order(store=where), carrier=carrier, tracking_number="P7")
        tracking.ensure_poll(parcel)
        urls.append(parcel.tracking_url)
    assert urls == ["https://own.example/P7", "https://courier.example/track/P7", ""]


@pytest.mark.django_db
def test_a_parcel_that_staff_add_has_the_accounts_link() -> None:
    CarrierAccount.objects.create(carrier="pigeon", gateway="manual", link_template=TEMPLATE)
    parcel = telling_stores.add_parcel(an_order(), carrier="pigeon", tracking_number="P 7")
    assert parcel.tracking_url == "https://courier.example/track/P7"


def form_of(client: Client, url: str) -> dict[str, Any]:
    form = client.get(url).context["adminform"].form
    found = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in found.items() if value not in (None, False)}


def test_staff_set_the_link_and_parcels_under_way_get_it(ben: Client) -> None:
    account = CarrierAccount.objects.create(carrier="pigeon", gateway="manual")
    bare, other, done, odd = (
        a_shipment(carrier="pigeon", tracking_number="P7"),
        a_shipment(carrier="owl", tracking_number="P7"),
        a_shipment(carrier="pigeon", tracking_number="P8", status="delivered"),
        a_shipment(carrier="pigeon", tracking_number="P/9"),
    )
    url = reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk])
    answer = ben.post(url, form_of(ben, url) | {"link_template": "http://courier.example/{number}"})
    assert "must begin with https" in answer.content.decode()
    assert ben.post(url, form_of(ben, url) | {"link_template": TEMPLATE}).status_code == 302
    links = {parcel.pk: parcel.tracking_url for parcel in Shipment.objects.all()}
    assert links == {bare.pk: "https://courier.example/track/P7", other.pk: "", done.pk: "", odd.pk: ""}
    assert ben.post(url, form_of(ben, url) | {"link_template": "https://new.example/{number}"}).status_code == 302
    bare.refresh_from_db()
    assert bare.tracking_url == "https://new.example/P7"


def test_a_link_that_the_store_gave_stays(ben: Client) -> None:
    account = CarrierAccount.objects.create(carrier="pigeon", gateway="manual")
    parcel = a_shipment(carrier="pigeon", tracking_number="P7", tracking_url="https://shop.example/mine")
    url = reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk])
    ben.post(url, form_of(ben, url) | {"link_template": TEMPLATE})
    parcel.refresh_from_db()
    assert parcel.tracking_url == "https://shop.example/mine"


# Where staff find it


def test_the_planner_is_linked_from_the_carriers_and_the_apps_page(ben: Client) -> None:
    planner = reverse("admin:parcelwise_fulfillment_trackingpoll_planner")
    for name in ("parcelwise_fulfillment_carrieraccount_changelist", "app_list"):
        args = ["parcelwise_fulfillment"] if name == "app_list" else []
        assert f'href="{planner}"' in ben.get(reverse(f"admin:{name}", args=args)).content.decode()


def test_who_may_not_see_the_polls_is_not_led_to_the_planner(client: Client, db: None) -> None:
    cleo = User.objects.create_user("cleo", is_staff=True)
    cleo.user_permissions.add(Permission.objects.get(codename="view_carrieraccount"))
    client.force_login(cleo)
    planner = reverse("admin:parcelwise_fulfillment_trackingpoll_planner")
    shown = client.get(reverse("admin:parcelwise_fulfillment_carrieraccount_changelist")).content.decode()
    assert planner not in shown
    assert client.get(planner).status_code == 403


def test_filters_call_carriers_by_their_names(ben: Client) -> None:
    for carrier in ("royalmail", "ups"):
        CarrierAccount.objects.create(carrier=carrier)
        a_shipment(carrier=carrier)
    for name in ("carrieraccount", "shipment"):
        shown = ben.get(reverse(f"admin:parcelwise_fulfillment_{name}_changelist")).content.decode()
        assert "?carrier=royalmail" in shown and ">Royal Mail<" in shown.replace("\n", "").replace("  ", "")
        assert ">royalmail</a>" not in shown.replace("\n", "").replace(" ", "")
