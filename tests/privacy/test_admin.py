"""Staff export and erase with a permission for each, and see before what will go."""

from __future__ import annotations

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from parcelwise.models import Contact, PrivacyRequest
from parcelwise.testing import run_jobs
from tests.privacy.dump import places
from tests.privacy.world import ANA, CLEO

pytestmark = pytest.mark.django_db
LISTS = {
    "contact": reverse("admin:parcelwise_contact_changelist"),
    "customer": reverse("admin:parcelwise_fulfillment_customer_changelist"),
}


def staff(*names: str) -> Client:
    user = User.objects.create_user(f"ben-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, where: str, order, action: str, **more: str):
    key = order.customer_id if where == "customer" else order.customer.contact_id
    return client.post(LISTS[where], {"action": action, "_selected_action": [key], **more})


def asked(kind: str):
    return PrivacyRequest.objects.filter(kind=kind, reference="staff")


@pytest.mark.parametrize("where", ["contact", "customer"])
def test_erasing_asks_first_and_says_what_goes_and_what_stays(world, where):
    ben = staff(f"view_{where}", "erase_person", "view_privacyrequest")
    page = send(ben, where, world.ana, "erase_person")
    html = page.content.decode()
    assert page.status_code == 200
    for words in (ANA.name, "tracking numbers", "numbers, items and amounts of orders", "Yes, erase"):
        assert words in html
    assert not asked("erase").exists()
    assert send(ben, where, world.ana, "erase_person", erase="yes").status_code == 302
    run_jobs()
    assert asked("erase").get().state == "done"
    assert Contact.objects.get(pk=world.ana.customer.contact_id).name == ""
    assert places(CLEO.email)


@pytest.mark.parametrize("where", ["contact", "customer"])
@pytest.mark.parametrize("action", ["erase_person", "export_data"])
def test_each_needs_its_permission(world, where, action):
    other = {"erase_person": "export_person", "export_data": "erase_person"}[action]
    ben = staff(f"view_{where}", f"change_{where}", other)
    send(ben, where, world.ana, action, erase="yes")
    assert not PrivacyRequest.objects.filter(reference="staff").exists()


def test_an_export_is_downloaded_by_who_may_and_that_is_noted(world):
    ben = staff("view_contact", "export_person", "view_privacyrequest")
    send(ben, "contact", world.ana, "export_data")
    run_jobs()
    made = asked("export").get()
    address = reverse("admin:parcelwise_privacyrequest_download", args=[made.pk])
    assert staff("view_privacyrequest").get(address).status_code == 403
    assert staff("export_person").get(address).status_code == 403
    answer = ben.get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    assert "no-store" in answer["Cache-Control"]
    held = json.loads(answer.content)
    assert held["contacts"][0]["email"] == ANA.email
    assert CLEO.email not in answer.content.decode()
    assert LogEntry.objects.filter(object_id=str(made.pk), change_message__contains="Downloaded").count() == 1


def test_the_page_of_a_request_never_shows_the_data(world, admin_client):
    made = PrivacyRequest.objects.filter(kind="export").first()
    page = admin_client.get(reverse("admin:parcelwise_privacyrequest_change", args=[made.pk])).content.decode()
    assert "/download/" in page
    assert ANA.phone not in page


def test_what_is_not_over_is_said_before(world):
    world.ana.shipments.filter(direction="out").update(status="in_transit")
    world.ana.returns.update(status="in_transit")
    html = send(staff("view_contact", "erase_person"), "contact", world.ana, "erase_person").content.decode()
    assert "1 parcel is under way" in html
    assert "1 return is open" in html
