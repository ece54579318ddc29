"""A shop's own domain on loopback: pages of its own, and ours under one path, as its platform passes them on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import httpx
from django.urls import reverse

from fulfillment.models import Store
from fulfillment.testing.shopify_twin import ShopifyTwin
from tests.factories import a_store

PREFIX = "/apps/track"
#: What the platform takes out on the way.
NOT_PASSED_ON = {"cookie", "host", "connection", "content-length", "accept-encoding"}
NOT_PASSED_BACK = {"set-cookie", "connection", "content-length", "transfer-encoding", "content-encoding"}


class Shopfront(BaseHTTPRequestHandler):
    """The shop's domain: pages of its own, and ours under ``PREFIX``. Its login is a cookie with the customer's id."""

    protocol_version = "HTTP/1.1"
    twin: ClassVar[ShopifyTwin]
    ours: ClassVar[str]
    path_of_ours: ClassVar[str]

    def do_GET(self) -> None:
        if self.path.startswith(PREFIX):
            self.pass_on(self.path.removeprefix(PREFIX))
        elif self.path == "/favicon.ico":
            self.tell(204, {}, b"")
        else:
            cookie = {"Set-Cookie": "customer=4711; Path=/"} if self.path.startswith("/account/login") else {}
            self.tell(200, {"Content-Type": "text/html", **cookie}, b"<!doctype html><h1>The shop's own page</h1>")

    def pass_on(self, rest: str) -> None:
        customer = self.headers.get("Cookie", "").removeprefix("customer=")
        path = self.twin.proxy_url(self.path_of_ours.rstrip("/") + rest, customer, prefix=PREFIX)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        answer = httpx.get(self.ours + path, headers=headers, trust_env=False)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_PASSED_BACK}
        self.tell(answer.status_code, kept, answer.content)

    def tell(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def a_proxied_store() -> Store:
    """A store whose app's secret is the twin's."""
    return a_store(
        kind="shopify",
        url="http://127.0.0.1",
        platform_id="nordlicht.myshopify.com",
        credentials={"client_secret": "shpss_twin-client-secret"},
        support_email="help@nordlicht.example",
    )


@contextmanager
def a_shopfront(store: Store, ours: str) -> Iterator[str]:
    """The shop's address; visits are passed on to the site at ``ours``, and the store's messages lead to the shop."""
    with ShopifyTwin() as twin:
        path = reverse("parcelwise_hooks:proxy", args=["shopify", store.uuid])
        known = {"twin": twin, "ours": ours, "path_of_ours": path}
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Front", (Shopfront,), known))
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        store.preferences = {"track_url": address + PREFIX}
        store.save()
        yield address
        server.shutdown()
        server.server_close()
