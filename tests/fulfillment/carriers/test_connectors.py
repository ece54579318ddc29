"""The connectors without a reader of ours: found without an import, loaded one at a time, their parsers guarded."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers import gateway_for
from fulfillment.carriers.codes.table import table
from fulfillment.carriers.connectors import connector_name, installed
from fulfillment.carriers.pruning import parse_most
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount
from parcelwise.errors import Misconfigured, RetryLater

NUMBER = "6A12345678901"


def needs(name: str) -> Any:
    return pytest.mark.skipif(name not in installed(), reason=f"karrio-{name} is not installed")


# Discovery


def test_what_is_installed_is_found_without_importing_any_of_it() -> None:
    code = (
        "import os, sys, json; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "from fulfillment.carriers.connectors import installed; found = installed();"
        "print(json.dumps([sorted(found), [name for name in sys.modules if name.startswith('karrio')]]))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    found, imported = json.loads(told.stdout.splitlines()[-1])
    assert {"ups", "fedex", "usps", "dhl_universal"} <= set(found)
    assert imported == []


def test_a_connector_names_its_credentials() -> None:
    ups = installed()["ups"]
    assert (ups.label, ups.required) == ("UPS", ("client_id", "client_secret"))
    assert "account_number" in ups.optional


def test_every_connector_that_can_track_has_a_table_of_codes_or_documents_none() -> None:
    without = {name for name in installed() if not table(name).status}
    assert without <= {"dicom", "dhl_poland", "geodis"}


def test_carriers_find_their_connector() -> None:
    assert connector_name("dhl") == "dhl_universal"
    assert connector_name("dhl-express") == "dhl_express"
    assert connector_name("auspost") == "australiapost"
    assert connector_name("pigeon", "gls") == "gls"


def test_a_connector_that_is_not_there_is_named_with_the_way_to_get_it() -> None:
    with pytest.raises(Misconfigured, match="carriers-all"):
        gateway_for(CarrierAccount(carrier="pigeon", gateway="karrio")).track(["1"])


# Over HTTP


class Carrier(BaseHTTPRequestHandler):
    """Answers every call with what the test put down."""

    status, body = 200, b""
    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        return


@pytest.fixture
def server(settings: Any) -> Iterator[str]:
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 2.0}}
    Carrier.status, Carrier.body, Carrier.seen = 200, b"", []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


POSTE: dict[str, Any] = {
    "returnCode": 200,
    "returnMessage": "OK",
    "idShip": NUMBER,
    "shipment": {
        "idShip": NUMBER,
        "isFinal": False,
        "product": "colissimo",
        "url": "https://www.laposte.fr/outils/suivre-vos-envois?code=6A1",
        "entryDate": "2026-11-18T18:00:00+01:00",
        "event": [
            {"code": "MD2", "label": "Votre colis est en livraison", "date": "2026-11-20T08:10:00+01:00"},
            {"code": "ET1", "label": "Votre colis est sur le site de tri", "date": "2026-11-19T21:30:00+01:00"},
            {"code": "PC1", "label": "Votre colis est pris en charge", "date": "2026-11-18T18:00:00+01:00"},
        ],
        "contextData": {},
    },
}


def poste(answer: Any, server: str) -> Any:
    Carrier.body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    account = CarrierAccount(
        pk=900, carrier="laposte", gateway="karrio", server_url=server, credentials={"api_key": "poste-secret-1"}
    )
    (found,) = gateway_for(account).track([NUMBER])
    return found


def with_event(**event: Any) -> dict[str, Any]:
    answer = copy.deepcopy(POSTE)
    answer["shipment"]["event"].insert(1, event)
    return answer


@needs("laposte")
class TestLaPoste:
    """A connector that answers in JSON."""

    def test_events_are_read_by_our_table_in_the_carriers_words(self, server: str) -> None:
        update = poste(POSTE, server)
        assert [(scan.code, scan.status) for scan in update.scans] == [
            ("MD2", "out_for_delivery"),
            ("ET1", "in_transit"),
            ("PC1", "picked_up"),
        ]
        first = update.scans[0]
        assert first.description == "Votre colis est en livraison"
        assert (first.occurred_at.isoformat(), first.zone) == ("2026-11-20T08:10:00+01:00", "inferred")

    def test_an_unknown_code_is_unknown_and_not_in_transit(self, server: str) -> None:
        update = poste(with_event(code="ZZ9", label="Colis quarkifié", date="2026-11-20T07:00:00+01:00"), server)
        (odd,) = [scan for scan in update.scans if scan.code == "ZZ9"]
        assert (odd.status, odd.description) == ("unknown", "Colis quarkifié")

    def test_one_odd_event_does_not_lose_the_others(self, server: str) -> None:
        update = poste(with_event(code="ET2", label="?", date="the day before yesterday"), server)
        assert [scan.code for scan in update.scans] == ["MD2", "ET1", "PC1"]
        ((raw, why),) = update.unreadable
        assert "the day before yesterday" in raw and why

    def test_an_unknown_number_may_be_asked_for_later(self, server: str) -> None:
        found = poste({"returnCode": 404, "returnMessage": "Resource not found", "idShip": NUMBER}, server)
        assert isinstance(found, TrackingFailure)
        assert found.unknown_number and not found.permanent

    @pytest.mark.parametrize("answer", [{}, [], {"returnCode": 200, "shipment": {}}, {"returnCode": 200}, "x", None])
    def test_an_answer_without_sense_is_about_this_parcel(self, server: str, answer: Any) -> None:
        found = poste(answer, server)
        assert isinstance(found, TrackingFailure)
        assert not found.permanent and "La Poste" in found.sentence

    @pytest.mark.parametrize("body", [b"<html>", b'{"returnCode": 200, "ship'])
    def test_what_cannot_be_read_at_all_is_asked_for_again(self, server: str, body: bytes) -> None:
        with pytest.raises(RetryLater):
            poste(body, server)

    @pytest.mark.parametrize(("status", "error"), [(500, RetryLater), (429, RetryLater), (401, Misconfigured)])
    def test_refusals_are_told_apart(self, server: str, status: int, error: type[Exception]) -> None:
        Carrier.status = status
        with pytest.raises(error) as caught:
            poste(POSTE, server)
        assert "poste-secret" not in str(caught.value)


OCCURRENCE = (
    "<occurrence><event-identifier>{code}</event-identifier><event-date>{date}</event-date>"
    "<event-time>{time}</event-time><event-time-zone>EST</event-time-zone><event-description>{words}"
    "</event-description><event-site>{site}</event-site><event-province>ON</event-province></occurrence>"
)


def canada(*events: tuple[str, str, str]) -> bytes:
    told = "".join(
        OCCURRENCE.format(code=code, date=date, time="10:15:00", words=words, site="Ottawa")
        for code, date, words in events
    )
    return (
        '<tracking-detail xmlns="http://www.canadapost.ca/ws/track-v2"><pin>7023210039414604</pin>'
        f"<significant-events>{told}</significant-events></tracking-detail>"
    ).encode()


@needs("canadapost")
class TestCanadaPost:
    """A connector that answers in XML."""

    def track(self, body: bytes, server: str) -> Any:
        Carrier.body = body
        credentials = {"username": "canada-user", "password": "canada-pass"}
        account = CarrierAccount(
            pk=901, carrier="canadapost", gateway="karrio", server_url=server, credentials=credentials
        )
        (found,) = gateway_for(account).track(["7023210039414604"])
        return found

    def test_events_are_read_by_our_table(self, server: str) -> None:
        body = canada(("1408", "2026-11-20", "Item delivered"), ("174", "2026-11-20", "Out for delivery"))
        update = self.track(body, server)
        assert [(scan.code, scan.status) for scan in update.scans] == [
            ("1408", "delivered"),
            ("174", "out_for_delivery"),
        ]
        assert update.scans[0].location == "Ottawa, ON"
        assert update.scans[0].zone == "assumed", "Canada has six zones"

    def test_one_odd_event_does_not_lose_the_others(self, server: str) -> None:
        body = canada(
            ("174", "2026-11-20", "Out for delivery"), ("0170", "someday", "?"), ("0100", "2026-11-18", "Seen")
        )
        update = self.track(body, server)
        assert isinstance(update, TrackingUpdate)
        assert [scan.code for scan in update.scans] == ["174", "0100"]
        ((raw, _why),) = update.unreadable
        assert "someday" in raw


# The pruning of answers


def strict(answer: Any) -> list[int]:
    """A parser that raises at the first event that is not a number."""
    return [10 // event["n"] for event in answer["shipments"][0]["events"]]


@given(st.lists(st.one_of(st.integers(1, 9), st.just(0), st.none(), st.text(max_size=2)), max_size=12))
def test_a_parser_that_raises_loses_the_odd_events_alone(numbers: list[Any]) -> None:
    answer = {"shipments": [{"events": [{"n": number} for number in numbers]}], "others": [{"a": 1}, {"a": 2}]}
    before = copy.deepcopy(answer)
    good = [10 // number for number in numbers if isinstance(number, int) and number]
    if not good and numbers:
        with pytest.raises((ZeroDivisionError, TypeError)):
            parse_most(strict, answer)
    else:
        found, odd = parse_most(strict, answer)
        assert found == good
        assert len(odd) == len(numbers) - len(good)
    assert answer == before


def test_a_parser_that_cannot_be_helped_raises_as_it_did() -> None:
    with pytest.raises(KeyError):
        parse_most(lambda answer: answer["nothing"], {"a": [{"b": 1}, {"b": 2}]})
