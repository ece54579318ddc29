"""Staff of too few rights: every address of every staff page, found by asking the admin for its addresses."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, reverse

from parcelwise.jobs import Job
from tests.rights.conftest import HERS

pytestmark = pytest.mark.django_db

#: What stands in the addresses of staff pages besides the record's key.
OTHERS = {"size": "a4", "slug": "on-time-rate", "table": "weeks"}


def ours() -> Iterator[tuple[type, Any]]:
    for model, owner in admin.site._registry.items():
        if model._meta.app_label.startswith("parcelwise"):
            yield model, owner


def addresses(model: type, owner: Any, key: Any) -> Iterator[str]:
    """Every address of the model's staff pages, for the record with ``key``."""
    for pattern in owner.get_urls():
        assert isinstance(pattern, URLPattern)
        if not pattern.name:
            continue  # the catch-all that leads old addresses to new ones
        names = pattern.pattern.converters
        kwargs = {name: OTHERS.get(name, key) for name in names}
        yield reverse(f"admin:{pattern.name}", kwargs=kwargs)


def staff(*permissions: str) -> tuple[Client, User]:
    user = User.objects.create_user(f"dora-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(
        [Permission.objects.get(content_type__app_label=app, codename=name)
         for app, _, name in (permission.partition(".") for permission in permissions)]
    )  # fmt: skip
    client = Client()
    client.force_login(user)
    return client, user


def of(model: type, world: SimpleNamespace) -> Any:
    return next((record for record in world.records if type(record) is model), None)


def state_of(world: SimpleNamespace) -> list[Any]:
    return [type(record)._base_manager.filter(pk=record.pk).values().first() for record in world.records]


def test_the_world_has_one_of_each_model_that_staff_can_look_at(world):
    without_rows = {"kpi"}
    missing = {model._meta.model_name for model, _ in ours() if of(model, world) is None}
    assert missing == without_rows


@pytest.mark.parametrize("method", ["get", "post"])
def test_without_a_permission_no_address_shows_or_does_anything(world, method):
    client, _user = staff()
    before = state_of(world)
    for model, owner in ours():
        key = getattr(of(model, world), "pk", 1)
        for address in addresses(model, owner, key):
            answer = getattr(client, method)(address, {"step": "receive", "action": "run_again", "post": "yes"})
            assert answer.status_code == 403, address
            assert HERS not in answer.content.decode(), address
    assert state_of(world) == before


def test_without_a_permission_what_exists_looks_like_what_does_not(world):
    client, _user = staff()
    for model, owner in ours():
        for address in addresses(model, owner, 999_999):
            answer = client.get(address)
            # Django leads the history of a record that is not there to the index.
            assert answer.status_code == 403 or (answer.status_code == 302 and "/history/" in address), address


def test_a_customer_gets_no_further_than_the_login(world, as_cleo):
    for model, owner in ours():
        for address in addresses(model, owner, getattr(of(model, world), "pk", 1)):
            answer = as_cleo.get(address)
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/admin/login/?next="), address


def test_who_may_look_at_everything_can_do_nothing(world):
    client, user = staff()
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label__startswith="parcelwise", codename__startswith="view_")
    )
    before = state_of(world)
    for model, owner in ours():
        record = of(model, world)
        if record is None:
            continue
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
        page = client.get(reverse(place))
        assert page.status_code == 200, model
        assert 'name="action"' not in page.content.decode(), model
        for action in owner.actions or ():
            name = action if isinstance(action, str) else action.__name__
            client.post(reverse(place), {"action": name, "_selected_action": [record.pk], "why": "because"})
        for address in addresses(model, owner, record.pk):
            client.post(address, {"step": "receive", "post": "yes", "name": "x", "email": "eve@example.com"})
    assert state_of(world) == before


def test_looking_changes_nothing_even_for_who_may_do_all(world, admin_client):
    before = state_of(world)
    for model, owner in ours():
        record = of(model, world)
        key = getattr(record, "pk", 1)
        for address in addresses(model, owner, key):
            assert admin_client.get(address, {"step": "receive", "action": "run_again"}).status_code < 500, address
    assert state_of(world) == before


def test_the_order_page_tells_who_may_see_orders_alone_nothing_of_other_pages(world):
    client, user = staff("parcelwise_fulfillment.view_order")
    address = reverse("admin:parcelwise_fulfillment_order_change", args=[world.order.pk])
    secrets = {
        "parcelwise_notifications.view_message": f"Dear {HERS}",
        "parcelwise_returns.view_returnrequest": f"_returns/returnrequest/{world.opened.pk}/",
        "parcelwise.view_problem": f"{HERS} lost a parcel",
    }
    page = client.get(address).content.decode()
    assert world.order.number in page
    for permission, words in secrets.items():
        assert words not in page, permission
        allowed, _ = staff("parcelwise_fulfillment.view_order", permission)
        assert words in allowed.get(address).content.decode(), permission


def test_a_parcels_page_shows_its_scans_to_who_may_see_scans(world):
    parcel = world.order.shipments.get(direction="out")
    address = reverse("admin:parcelwise_fulfillment_shipment_change", args=[parcel.pk])
    less, _ = staff("parcelwise_fulfillment.view_shipment")
    more, _ = staff("parcelwise_fulfillment.view_shipment", "parcelwise_fulfillment.view_trackingevent")
    words = f"Left with {HERS}"
    assert words not in less.get(address).content.decode()
    assert words in more.get(address).content.decode()


@pytest.mark.parametrize(
    "lookup", ["customer__contact__user__password__startswith", "store__credentials__regex", "customer__contact__email"]
)
def test_lists_are_not_searched_by_what_they_do_not_offer(world, lookup):
    client, _ = staff("parcelwise_fulfillment.view_order")
    answer = client.get(reverse("admin:parcelwise_fulfillment_order_changelist"), {lookup: "p"})
    assert answer.status_code == 400


@pytest.mark.parametrize("lookup", ["regex", "startswith", "contains", "exact", "in", "gt"])
def test_ciphertext_is_not_guessed_letter_by_letter(world, lookup):
    client, _ = staff("parcelwise_fulfillment.view_carrieraccount", "parcelwise_fulfillment.view_store")
    for model in ("carrieraccount", "store"):
        address = reverse(f"admin:parcelwise_fulfillment_{model}_changelist")
        answers = [client.get(address, {f"credentials__{lookup}": value}) for value in ("^g", "^x", "1", "")]
        assert all(answer.status_code in (302, 400) for answer in answers), lookup


def test_no_action_runs_by_a_link(world, admin_client):
    dead = [record for record in world.records if isinstance(record, Job)]
    before = state_of(world)
    for record in dead:
        place = f"admin:{record._meta.app_label}_{record._meta.model_name}_changelist"
        admin_client.get(reverse(place), {"action": "run_again", "_selected_action": record.pk})
    assert state_of(world) == before


def test_no_form_of_staff_is_taken_without_its_token(world, admin_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    before = state_of(world)
    for model, owner in ours():
        for address in addresses(model, owner, getattr(of(model, world), "pk", 1)):
            answer = client.post(address, {"step": "receive", "action": "run_again", "post": "yes"})
            assert answer.status_code == 403, address
    assert state_of(world) == before


def test_nothing_offers_records_for_completion(world):
    """The address that completes names asks the permission of the model it completes; nobody uses it so far."""
    client, _ = staff("parcelwise_fulfillment.view_order", "parcelwise_fulfillment.add_store")
    query = {"term": "", "app_label": "parcelwise_fulfillment", "model_name": "order", "field_name": "customer"}
    assert client.get(reverse("admin:autocomplete"), query).status_code == 403


def test_every_page_of_staff_has_an_address_of_its_own():
    with pytest.raises(NoReverseMatch):
        reverse("admin:parcelwise_fulfillment_nothing_changelist")
