from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fulfillment.access import link_to
from fulfillment.models import CourierRun, ProofOfDelivery, RunStop
from fulfillment.photos import SIDE, redrawn
from fulfillment.services import courier_runs, couriers
from parcelwise import links
from parcelwise.errors import GiveUp
from tests.factories import a_store
from tests.fulfillment.gps.conftest import DEPOT, a_local_parcel, ping

pytestmark = pytest.mark.django_db


def a_photo(width=3000, height=2000, kind="JPEG") -> bytes:
    picture, exif = Image.new("RGB", (width, height), "red"), Image.Exif()
    exif[0x0110] = "SecretCam"
    exif[0x0112] = 6  # to be turned
    out = io.BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture
def door(tour):
    """Address of the courier's page, and of what is below it."""
    token = couriers.link_token(tour.device)
    return lambda name="courier", *args: reverse(f"parcelwise_gps:{name}", args=[token, *args])


def test_the_courier_sees_the_stops_in_order_and_has_no_script_inline(tour, door, client):
    text = client.get(door()).content.decode()
    assert text.index("Stop 1") < text.index("Stop 2")
    assert "Lindwurmstraße 12" in text
    assert "<script>" not in text and "style=" not in text
    assert 'src="/static/parcelwise/fulfillment/courier.js"' in text


def test_a_run_goes_from_start_to_end_by_plain_forms(mia, client):
    parcels = [a_local_parcel(a_store()) for _ in range(1)]
    stop = courier_runs.assign(parcels[0], mia, timezone.now().date() - timedelta(days=1))
    device, _key = couriers.issue_key(mia, "", "ben")
    token = couriers.link_token(device)
    page = reverse("parcelwise_gps:courier", args=[token])
    assert "Start run" in client.get(page).content.decode()
    client.post(reverse("parcelwise_gps:start", args=[token]))
    settle = reverse("parcelwise_gps:settle", args=[token, stop.pk])
    assert "Say who took it" in client.post(settle, {"outcome": "delivered"}, follow=True).content.decode()
    client.post(settle, {"outcome": "not_home"})
    parcels[0].refresh_from_db()
    assert (parcels[0].status, parcels[0].reason) == ("delivery_failed", "consignee_not_home")
    client.post(settle, {"outcome": "delivered", "name": "  Bo   Brandt "})
    parcels[0].refresh_from_db()
    assert parcels[0].status == "delivered"
    assert ProofOfDelivery.objects.get().words == "Bo Brandt"
    again = client.post(settle, {"outcome": "delivered", "name": "Eve"}, follow=True).content.decode()
    assert "settled before" in again
    assert ProofOfDelivery.objects.count() == 1
    client.post(reverse("parcelwise_gps:end", args=[token]))
    assert CourierRun.objects.get().state == "done"
    assert "No parcels today" in client.get(page).content.decode()


def test_a_photo_is_drawn_anew_and_shown_on_the_orders_page_only(tour, door, client):
    file = SimpleUploadedFile("door.jpg", a_photo(), "image/jpeg")
    client.post(door("settle", tour.stops[0].pk), {"outcome": "delivered", "photo": file})
    proof = ProofOfDelivery.objects.get()
    kept = Image.open(io.BytesIO(bytes(proof.image)))
    assert kept.size == (853, SIDE), "turned upright"
    assert b"SecretCam" not in bytes(proof.image)
    mine, other = (link_to(parcel.order).split("127.0.0.1:8000")[-1] for parcel in tour.parcels)
    assert f"proofs/{proof.uuid}/" in client.get(mine).content.decode()
    shown = client.get(f"{mine}proofs/{proof.uuid}/")
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{other}proofs/{proof.uuid}/").status_code == 404
    address = reverse("parcelwise_fulfillment:proof", args=[tour.parcels[0].order.uuid, proof.uuid])
    assert client.get(address).status_code == 302, "to the login"


@pytest.mark.parametrize(
    "file", [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", a_photo()[:500], b"\xff\xd8\xff" + b"x" * 99]
)
def test_what_is_no_picture_is_refused_in_words(file):
    with pytest.raises(GiveUp, match="no picture"):
        redrawn(file)


def a_bomb(width: int, height: int) -> bytes:
    """Many points in a small file: of one bit each, so that the test itself does not unpack them."""
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


def test_a_bomb_is_not_unpacked():
    with pytest.raises(GiveUp):
        redrawn(a_bomb(20_000, 20_000))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_that_was_hidden_in_a_file_is_kept(kind):
    exif, out, hidden = Image.Exif(), io.BytesIO(), PngInfo()
    exif[0x010E], exif.get_ifd(0x8825)[2] = "secret-place", (53.0, 33.0, 1.0)
    hidden.add_text("Comment", "secret-place")
    more = {"JPEG": {"comment": b"secret-place"}, "PNG": {"pnginfo": hidden}, "WEBP": {}}[kind]
    Image.new("RGB", (40, 30)).save(
        out, kind, exif=exif, xmp=b"<x>secret-place</x>", icc_profile=b"secret-place", **more
    )
    assert b"secret-place" in out.getvalue()
    kept = redrawn(out.getvalue() + b"<script>secret-place</script>")
    assert b"secret" not in kept
    assert not Image.open(io.BytesIO(kept)).getexif()


def test_a_picture_that_is_whole_in_memory_is_smaller_than_one_that_is_not():
    assert redrawn(a_photo(5200, 5000, "JPEG"))
    with pytest.raises(GiveUp, match="too large"):
        redrawn(a_photo(5200, 5000, "PNG"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_pictures_become_jpeg(kind):
    assert Image.open(io.BytesIO(redrawn(a_photo(40, 30, kind)))).format == "JPEG"


def test_a_name_that_no_data_base_takes_is_kept_without_what_it_refuses(tour, door, client):
    said = {"outcome": "delivered", "name": "Bo\x00 \u202eBrandt", "place": "\x00 door \x1b[2J"}
    assert client.post(door("settle", tour.stops[0].pk), said).status_code == 302
    proof = ProofOfDelivery.objects.get()
    assert (proof.words, proof.place) == ("Bo\ufffd Brandt", "\ufffd door [2J")


def test_a_refused_photo_settles_nothing(tour, door, client):
    file = SimpleUploadedFile("x.jpg", b"nonsense", "image/jpeg")
    answer = client.post(door("settle", tour.stops[0].pk), {"outcome": "delivered", "photo": file}, follow=True)
    assert "This is no picture" in answer.content.decode()
    assert RunStop.objects.get(pk=tour.stops[0].pk).state == "open"


def test_another_couriers_stop_is_not_there(tour, client):
    from fulfillment.models import Courier
    from tests.factories import a_contact

    noah = Courier.objects.create(contact=a_contact(name="Noah", email="noah@example.com"))
    device, _key = couriers.issue_key(noah, "", "ben")
    address = reverse("parcelwise_gps:settle", args=[couriers.link_token(device), tour.stops[0].pk])
    assert client.post(address, {"outcome": "not_home"}).status_code == 404
    assert RunStop.objects.get(pk=tour.stops[0].pk).state == "open"


def test_forged_and_withdrawn_links_open_nothing(tour, door, client):
    wrong = [links.sign("order", tour.device.key_id), links.sign("courier", "aaaa"), "nonsense", tour.device.key_id]
    for token in wrong:
        assert client.get(reverse("parcelwise_gps:courier", args=[token])).status_code == 404
        sent = client.post(
            reverse("parcelwise_gps:page_positions", args=[token]), ping(tour.began, DEPOT), "application/json"
        )
        assert sent.status_code == 401
    assert client.get(door()).status_code == 200
    couriers.withdraw(tour.device)
    assert client.get(door()).status_code == 404
    assert client.post(door("end")).status_code == 404


def test_the_pages_script_sends_positions_by_the_link_alone(tour, door):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(door("page_positions"), {"positions": [ping(tour.began, DEPOT, "a")]}, "application/json")
    assert answer.json() == {"results": [{"id": "a", "status": "accepted"}]}
    assert client.post(door("end")).status_code == 403, "forms have their token"


def test_two_runs_at_once_are_refused_in_words(tour, mia):
    other = courier_runs.assign(a_local_parcel(a_store()), mia, timezone.now().date())
    with pytest.raises(GiveUp, match="Another run"):
        courier_runs.start(other.run)


def test_a_parcel_that_is_on_the_run_already_is_refused_in_words(tour, mia):
    for state in ("open", "not_home"):
        RunStop.objects.filter(pk=tour.stops[0].pk).update(state=state)
        with pytest.raises(GiveUp, match="on a run already"):
            courier_runs.assign(tour.parcels[0], mia, tour.run.day)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"carrier": "ups"}, "another carrier"),
        ({"status": "delivered"}, "arrived"),
        ({"direction": "back"}, "on its way back"),
    ],
)
def test_parcels_that_cannot_be_brought_are_refused_with_a_reason(mia, columns, why):
    parcel = a_local_parcel()
    for name, value in columns.items():
        setattr(parcel, name, value)
    with pytest.raises(GiveUp, match=why):
        courier_runs.assign(parcel, mia, timezone.now().date())


def test_the_geocoder_of_the_settings_knows_doors(mia, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "GPS": {"GEOCODER": f"{__name__}.munich"}}
    stop = courier_runs.assign(a_local_parcel(), mia, timezone.now().date())
    assert (stop.latitude, stop.longitude) == (48.13, 11.56)


def munich(address):
    return (48.13, 11.56) if address.city == "München" else None
