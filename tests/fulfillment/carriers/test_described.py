"""A carrier of one's own: described in the admin, tried on a sample, asked over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from fulfillment.carriers import gateway_for
from fulfillment.carriers.json_mapping import JsonMapping, faults
from fulfillment.carriers.readers.described import DescribedReader
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, CarrierCode, Shipment
from fulfillment.services import tracking
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.testing import run_jobs
from tests.factories import a_shipment

SAMPLE = {
    "parcel": {
        "number": "PG-1",
        "due": "26.11.2026 12:00",
        "events": [
            {"st": {"c": "10"}, "msg": "In the basket", "at": "20.11.2026 09:30", "town": "Kiel", "land": "DE"},
            {"st": {"c": "20"}, "msg": "In the air", "at": "20.11.2026 11:00", "town": "Bremen", "land": "DE"},
            {"st": {"c": "66"}, "msg": "Met a hawk", "at": "20.11.2026 12:15"},
        ],
    }
}
MAPPING = JsonMapping(
    url="https://pigeon.example/v1/{number}?key={key}",
    header="Authorization",
    header_value="Bearer {token}",
    events="parcel.events",
    number_at="parcel.number",
    eta="parcel.due",
    code="st.c",
    text="msg",
    time="at",
    time_format="%d.%m.%Y %H:%M",
    time_zone="Europe/Berlin",
    place="town",
    place_2="land",
    codes={"10": ("picked_up", ""), "20": ("in_transit", ""), "met a HAWK": ("on_hold", "carrier_parcel_lost")},
)


def read(answer: Any, **changed: Any) -> Any:
    mapping = JsonMapping.from_json({**MAPPING.as_json(), **changed})
    return DescribedReader("Pigeon", mapping).read("PG-1", answer)


def fault_of(**changed: Any) -> set[str]:
    return {name for name, _why in faults(JsonMapping.from_json({**MAPPING.as_json(), **changed}))}


# Reading


def test_an_answer_is_read_as_it_was_described() -> None:
    update = read(SAMPLE)
    assert [(scan.code, scan.status, scan.location) for scan in update.scans] == [
        ("10", "picked_up", "Kiel, DE"),
        ("20", "in_transit", "Bremen, DE"),
        ("66", "on_hold", ""),
    ]
    first, _, last = update.scans
    assert first.occurred_at == datetime(2026, 11, 20, 8, 30, tzinfo=UTC), "half past nine in Berlin"
    assert (first.zone, first.time_zone, first.local_time) == ("inferred", "Europe/Berlin", "20.11.2026 09:30")
    assert (last.reason, last.description) == ("carrier_parcel_lost", "Met a hawk")
    assert str(update.estimated_delivery) == "2026-11-26"


def test_one_odd_event_does_not_lose_the_others() -> None:
    events = [{"st": {"c": "10"}, "at": "yesterday"}, {"at": "20.11.2026 09:30"}, 7, *SAMPLE["parcel"]["events"]]
    update = read({"parcel": {"events": events}})
    assert (len(update.scans), len(update.unreadable)) == (3, 3)


@pytest.mark.parametrize("answer", [{}, [], None, "x", {"parcel": {"events": []}}, {"parcel": {"events": {"a": 1}}}])
def test_an_answer_without_events_is_a_failure_and_no_empty_parcel(answer: Any) -> None:
    assert isinstance(read(answer), TrackingFailure)


def test_an_answer_about_another_parcel_is_a_failure() -> None:
    other = {"parcel": {**SAMPLE["parcel"], "number": "PG-99999999"}}
    assert isinstance(read(other), TrackingFailure)


@pytest.mark.parametrize(
    ("written", "how", "moment", "zone"),
    [
        (1763631000, "unix", datetime(2025, 11, 20, 9, 30, tzinfo=UTC), "given"),
        (1763631000000, "unix_ms", datetime(2025, 11, 20, 9, 30, tzinfo=UTC), "given"),
        ("2026-11-20T09:30:00+02:00", "iso", datetime(2026, 11, 20, 7, 30, tzinfo=UTC), "given"),
        ("2026-11-20T09:30:00", "iso", datetime(2026, 11, 20, 8, 30, tzinfo=UTC), "inferred"),
    ],
)
def test_times_are_read_in_the_format_that_was_named(written: Any, how: str, moment: datetime, zone: str) -> None:
    (scan,) = read({"parcel": {"events": [{"st": {"c": "10"}, "at": written}]}}, time_format=how).scans
    assert (scan.occurred_at, scan.zone) == (moment, zone)


def test_a_time_without_a_zone_is_assumed_to_be_utc_and_says_so() -> None:
    (scan,) = read({"parcel": {"events": [{"msg": "x", "at": "20.11.2026 09:30"}]}}, time_zone="").scans
    assert (scan.zone, scan.occurred_at.hour) == ("assumed", 9)
    assert scan.uncertain_minutes > 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "https://pigeon.example/v1/"}, "url"),
        ({"url": "ftp://pigeon.example/{number}"}, "url"),
        ({"url": "https://{number}.example/"}, "url"),
        ({"url": "https://ana:{key}@pigeon.example/{number}"}, "url"),
        ({"header": "X Y"}, "header"),
        ({"header": "Host"}, "header"),
        ({"events": ""}, "events"),
        ({"time": "a..b"}, "time"),
        ({"code": "", "text": ""}, "code"),
        ({"time_format": "nonsense"}, "time_format"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"codes": {"10": ["flying", ""]}}, "codes"),
        ({"codes": {"10": ["unknown", ""]}}, "codes"),
        ({"codes": {"10": ["on_hold", "hawks"]}}, "codes"),
    ],
)
def test_a_description_that_cannot_work_is_refused(changed: dict[str, Any], field: str) -> None:
    assert fault_of() == set()
    assert field in fault_of(**changed)


# Asking


class Loft(BaseHTTPRequestHandler):
    """A carrier with an interface of its own."""

    seen: list[tuple[str, str | None]] = []
    status, body = 200, b"{}"

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["Authorization"]))
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def loft(settings: Any) -> Iterator[str]:
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 2.0}}
    Loft.seen, Loft.status, Loft.body = [], 200, json.dumps(SAMPLE).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Loft)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def an_account(loft: str, **columns: Any) -> CarrierAccount:
    mapping = {**MAPPING.as_json(), "url": f"{loft}/v1/{{number}}?key={{key}}"}
    credentials = {"token": "tok-4711-secret", "key": "k&y"}
    return CarrierAccount(carrier="pigeon", gateway="json", mapping=mapping, **{"credentials": credentials, **columns})


def test_the_number_and_the_credentials_go_where_they_were_put(loft: str) -> None:
    gateway_for(an_account(loft)).track(["PG/1 ?"])
    assert Loft.seen == [("/v1/PG%2F1%20%3F?key=k%26y", "Bearer tok-4711-secret")]


def test_what_the_carrier_repeats_of_the_credentials_is_hidden(loft: str) -> None:
    Loft.status, Loft.body = 400, b"bad token tok-4711-secret"
    with_two = gateway_for(an_account(loft)).track(["PG-1"])
    assert isinstance(with_two[0], TrackingFailure)
    assert "tok-4711" not in with_two[0].sentence + with_two[0].raw


def test_a_number_that_is_not_found_may_be_asked_for_later(loft: str) -> None:
    Loft.status = 404
    (answer,) = gateway_for(an_account(loft)).track(["PG-1"])
    assert isinstance(answer, TrackingFailure)
    assert answer.unknown_number and not answer.permanent


@pytest.mark.parametrize("status", [429, 500, 302])
def test_a_carrier_in_trouble_is_asked_again_later(loft: str, status: int) -> None:
    Loft.status = status
    with pytest.raises(RetryLater, match=str(status)):
        gateway_for(an_account(loft)).track(["PG-1"])


@pytest.mark.parametrize("body", [b"<html>", b'{"parcel": {"even', b"\xff\xfe"])
def test_what_is_no_json_is_kept_for_staff(loft: str, body: bytes) -> None:
    Loft.body = body
    with pytest.raises(RetryLater) as caught:
        gateway_for(an_account(loft)).track(["PG-1"])
    assert hasattr(caught.value, "raw")


def test_a_missing_credential_and_a_missing_description_are_named(loft: str) -> None:
    with pytest.raises(Misconfigured, match="token"):
        gateway_for(an_account(loft, credentials={"key": "k"})).track(["PG-1"])
    with pytest.raises(Misconfigured, match="how it is read"):
        gateway_for(CarrierAccount(carrier="pigeon", gateway="json")).track(["PG-1"])


def test_a_private_address_must_be_allowed(loft: str, settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ()}}
    with pytest.raises(Misconfigured, match="private network"):
        gateway_for(an_account(loft)).track(["PG-1"])


@pytest.mark.django_db
def test_a_parcel_is_followed_through_a_described_carrier(loft: str) -> None:
    body = json.dumps(SAMPLE).replace("Met a hawk", "Lost its way").replace(".11.2026", f".{datetime.now(UTC):%m.%Y}")
    Loft.body = body.replace("20.", f"{datetime.now(UTC):%d}.").encode()
    an_account(loft).save()
    parcel = a_shipment(carrier="pigeon", tracking_number="PG-1")
    tracking.ensure_poll(parcel)
    run_jobs()
    assert Shipment.objects.get(pk=parcel.pk).status == "in_transit"
    assert CarrierCode.objects.get(carrier="pigeon").code == "66"


# The form

FORM = {
    "carrier": "pigeon", "gateway": "json", "store": "", "server_url": "", "is_active": "on", "deadline": "",
    "limit_per_minute": "", "new_credentials": '{"token": "t", "key": "k"}', "json_sample": json.dumps(SAMPLE),
    "json_codes": "10 = picked_up\n20 = in_transit\nMet a hawk = on_hold carrier_parcel_lost",
    **{f"json_{name}": value for name, value in MAPPING.as_json().items() if name != "codes"},
    "json_url": "https://198.41.0.4/v1/{number}?key={key}",
}  # fmt: skip
ADD = "admin:parcelwise_fulfillment_carrieraccount_add"


@pytest.fixture
def ben(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def test_staff_describe_a_carrier_and_it_is_kept(ben: Client) -> None:
    assert ben.post(reverse(ADD), FORM).status_code == 302
    account = CarrierAccount.objects.get()
    kept = JsonMapping.from_json(account.mapping)
    assert kept.codes["Met a hawk"] == ("on_hold", "carrier_parcel_lost")
    assert "sample" not in account.mapping
    page = ben.get(reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk])).content.decode()
    assert "Met a hawk = on_hold carrier_parcel_lost" in page


def test_a_try_shows_how_the_sample_reads_and_saves_nothing(ben: Client) -> None:
    page = ben.post(reverse(ADD), {**FORM, "_try": "1"}).content.decode()
    assert "Nothing is saved yet" in page
    assert "In the basket" in page and "Picked up" in page and "Kiel, DE" in page
    assert not CarrierAccount.objects.exists()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"json_sample": ""}, "Paste an answer"),
        ({"json_sample": "{"}, "This is not JSON"),
        ({"json_sample": "[" * 100_000}, "This is not JSON"),
        ({"json_events": "parcel.nothing"}, "No event can be read"),
        ({"json_time": "when"}, "No event can be read"),
        ({"json_code": "a..b"}, "is no path"),
        ({"json_codes": "10 picked_up"}, "is not CODE = status reason"),
        ({"json_codes": "10 = flying"}, "there is no status"),
        ({"json_url": "http://169.254.169.254/{number}"}, "private"),
        ({"json_url": "https://198.41.0.4/"}, "{number} where the tracking number goes"),
    ],
)
def test_what_does_not_read_is_not_saved(ben: Client, changed: dict[str, str], words: str) -> None:
    page = ben.post(reverse(ADD), {**FORM, **changed})
    assert page.status_code == 200
    assert words in page.content.decode()
    assert not CarrierAccount.objects.exists()


def test_another_address_asks_for_the_credentials_again(ben: Client) -> None:
    ben.post(reverse(ADD), FORM)
    address = reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[CarrierAccount.objects.get().pk])
    moved = {**FORM, "json_url": "https://198.41.0.5/{number}", "new_credentials": ""}
    assert "Type the credentials again" in ben.post(address, moved).content.decode()
    assert "198.41.0.4" in CarrierAccount.objects.get().mapping["url"]


def test_a_sample_that_is_read_is_a_tracking_update() -> None:
    assert isinstance(read(SAMPLE), TrackingUpdate)
