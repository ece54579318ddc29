"""The line to a carrier: certificates, deadlines and what a refusal means."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fulfillment.carriers import transport
from parcelwise.errors import Misconfigured, RetryLater


@pytest.fixture(autouse=True)
def short_deadline(settings: Any) -> None:
    settings.PARCELWISE = {
        **settings.PARCELWISE,
        "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1", "localhost"), "DEADLINE": 0.5},
    }


@contextmanager
def a_listener(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A port that takes calls; with ``context`` it answers in TLS, without it stays silent."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                with line:
                    if context is None:
                        time.sleep(1)
                        continue
                    with suppress(OSError):
                        context.wrap_socket(line, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(3)


def a_self_signed_context(folder: Path) -> ssl.SSLContext:
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with (
        a_listener(a_self_signed_context(tmp_path)) as port,
        pytest.raises(RetryLater, match="certificate verify failed"),
    ):
        transport.send(Request(f"https://localhost:{port}/"))


def test_a_handshake_that_never_ends_is_cut_at_the_deadline() -> None:
    with a_listener() as port:
        begun = time.monotonic()
        with pytest.raises(RetryLater, match="could not be reached within 0.5 s"):
            transport.send(Request(f"https://127.0.0.1:{port}/"))
        assert time.monotonic() - begun < 0.9


def test_a_carrier_that_is_not_there_is_tried_again_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RetryLater, match="could not be reached"):
        transport.send(Request(f"http://127.0.0.1:{port}/"))


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706434/",
        "http://[::1]:8721/",
        "http://10.0.0.1/",
        "http://[::127.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(url: str) -> None:
    with pytest.raises(Misconfigured, match="private network"):
        transport.send(Request(url))


def test_an_exception_for_one_port_is_one_for_that_port_alone(settings: Any) -> None:
    with a_listener() as port:
        settings.PARCELWISE = {
            **settings.PARCELWISE,
            "OUTBOUND": {"DEADLINE": 0.3, "ALLOW_PRIVATE": (f"127.0.0.1:{port}",)},
        }
        with pytest.raises(RetryLater, match="did not finish its answer"):
            transport.send(Request(f"http://127.0.0.1:{port}/"))
        with pytest.raises(Misconfigured, match="private network"):
            transport.send(Request(f"http://127.0.0.1:{port + 1}/"))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://example.com/"])
def test_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        transport.send(Request(url))
