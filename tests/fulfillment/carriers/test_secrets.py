"""What goes wrong with credentials is said without them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from fulfillment.carriers import gateway_for
from fulfillment.models import CarrierAccount
from parcelwise.errors import Misconfigured, ParcelwiseError

SECRET = "open-sesame-4711"


@contextmanager
def a_carrier_that_repeats(words: str) -> Iterator[str]:
    """A server that answers every call with ``words`` in the shape of UPS's complaints."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.dumps({"response": {"errors": [{"code": "10401", "message": words}]}}).encode()
            self.send_response(400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("ending", ["\n", "\r\nX-Evil: 1", "€"])
def test_a_key_that_no_header_takes_is_not_repeated_in_the_error(ending: str) -> None:
    with a_carrier_that_repeats("") as url:
        key = {"consumer_key": SECRET + ending, "consumer_secret": ""}
        account = CarrierAccount(pk=31, carrier="dhl", gateway="karrio", credentials=key, server_url=url)
        with pytest.raises(Misconfigured, match="no header takes") as caught:
            gateway_for(account).track(["00340434292135100186"])
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_carrier_that_repeats_the_secret_does_not_bring_it_into_our_errors() -> None:
    with a_carrier_that_repeats(f"The secret {SECRET} is wrong.") as url:
        secrets = {"client_id": "ana", "client_secret": SECRET}
        account = CarrierAccount(pk=32, carrier="ups", gateway="karrio", credentials=secrets, server_url=url)
        with pytest.raises(ParcelwiseError, match="The secret ••• is wrong") as caught:
            gateway_for(account).track(["1Z999AA10123456784"])
    assert SECRET not in str(caught.value)
