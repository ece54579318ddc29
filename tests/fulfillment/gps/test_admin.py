from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import Courier, CourierDevice, RoutingService, RunStop
from fulfillment.services import couriers, positions
from tests.fulfillment.gps.conftest import DEPOT, a_local_parcel, ping

pytestmark = pytest.mark.django_db


def at(name, *args):
    return reverse(f"admin:parcelwise_fulfillment_{name}", args=args)


def test_a_courier_is_made_with_a_name_and_gets_a_key_that_is_shown_once(admin_client):
    inlines = {"devices-TOTAL_FORMS": 0, "devices-INITIAL_FORMS": 0}
    admin_client.post(at("courier_add"), {"name": "Mia Voss", "is_active": "on", **inlines})
    courier = Courier.objects.get()
    page = admin_client.post(at("courier_key", courier.pk), {"name": "Mia's phone"})
    key = re.search(r"pwc_\w{12}_[\w-]{43}", page.content.decode())[0]
    assert couriers.device_of_key(key).name == "Mia's phone"
    assert page["Cache-Control"].startswith("max-age=0")
    assert key not in admin_client.get(at("courier_change", courier.pk)).content.decode()
    admin_client.post(
        at("courierdevice_changelist"), {"action": "withdraw", "_selected_action": [courier.devices.get().pk]}
    )
    assert couriers.device_of_key(key) is None
    assert CourierDevice.objects.get().issued_by == "admin"


def test_parcels_are_given_to_a_courier_by_a_bulk_action(admin_client, mia):
    good, bad = a_local_parcel(), a_local_parcel(status="delivered")
    where, chosen = at("shipment_changelist"), {"action": "to_courier", "_selected_action": [good.pk, bad.pk]}
    asked = admin_client.post(where, chosen).content.decode()
    assert "It has arrived or was cancelled." in asked
    assert not RunStop.objects.exists()
    day = timezone.localdate().isoformat()
    done = admin_client.post(where, {**chosen, "courier": mia.pk, "day": day}, follow=True).content.decode()
    assert "1 parcel is on the run." in done
    assert "fill it in on the page of the run" in done
    assert RunStop.objects.get().shipment == good


def test_staff_see_where_the_courier_is_and_how_old_that_is(admin_client, tour):
    positions.take(tour.device, [ping(timezone.now(), DEPOT), ping(tour.began, DEPOT)])
    listed = admin_client.get(at("courierrun_changelist")).content.decode()
    assert "0\xa0minutes ago" in listed
    assert "0 of 2 done" in listed
    page = admin_client.get(at("courierrun_change", tour.run.pk)).content.decode()
    assert "<svg" in page
    assert "Mia Voss" in page


def test_a_routing_key_is_not_sent_elsewhere_by_who_only_changes_the_address(admin_client):
    service = RoutingService.objects.create(kind="google", credentials={"api_key": "secret-1"})
    moved = {"kind": "google", "server_url": "https://evil.example", "is_active": "on"}
    page = admin_client.post(at("routingservice_change", service.pk), moved).content.decode()
    assert "Type the credentials again" in page
    assert "secret-1" not in page
