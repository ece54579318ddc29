from __future__ import annotations

import ipaddress
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater
from parcelwise.outbound import request
from parcelwise.outbound.network import Guard, is_public
from parcelwise.outbound.pool import close
from tests.faultserver import FaultServer, fault_server


@pytest.fixture(scope="module")
def server():
    with fault_server() as running:
        yield running
        close()


@pytest.fixture(autouse=True)
def nothing_heard(server):
    server.heard.clear()


@pytest.fixture
def no_exceptions(settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {}}


def get(server: FaultServer, path: str, **options):
    return request("GET", server.url(path), **{"deadline": 5, "retries": 0, **options})


# What is sent


def test_a_call_sends_what_it_was_given(server):
    answer = request(
        "POST", server.url("ok?a=1"), params={"b": "ü&"}, json={"city": "Köln"}, headers={"X-Api-Key": "sesame"}
    )
    echo = answer.json()
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert (echo["method"], echo["target"]) == ("POST", "/ok?a=1&b=%C3%BC%26")
    assert echo["body"].encode("latin-1").decode() == '{"city":"Köln"}'
    assert echo["headers"]["content-type"] == "application/json"
    assert echo["headers"]["x-api-key"] == "sesame"
    assert echo["headers"]["user-agent"].startswith("parcelwise/")


def test_a_form_and_a_head_are_sent(server):
    assert request("POST", server.url("ok"), data={"a": "1 2"}).json()["body"] == "a=1+2"
    assert request("HEAD", server.url("ok")).body == b""


def test_a_connection_is_used_again(server):
    before = server.connections
    for _ in range(3):
        get(server, "ok")
    assert server.connections - before <= 1


def test_threads_share_the_connections_and_keep_their_own_deadlines(server):
    outcomes: list[object] = []

    def call(path: str, deadline: float) -> None:
        began = time.monotonic()
        try:
            outcomes.append(get(server, path, deadline=deadline).status)
        except RetryLater:
            outcomes.append(round(time.monotonic() - began))

    threads = [threading.Thread(target=call, args=("hang", 1.0)), threading.Thread(target=call, args=("hang", 2.0))]
    threads += [threading.Thread(target=call, args=("ok", 5.0)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [1, 2] + [200] * 8


# The deadline


@pytest.mark.parametrize("path", ["hang", "drip_headers", "drip_body", "continue_for_ever"])
def test_a_slow_server_is_left_at_the_deadline(server, path):
    began = time.monotonic()
    with pytest.raises(RetryLater, match="did not finish its answer within 1 s"):
        get(server, path, deadline=1.0, retries=3)
    assert 0.9 < time.monotonic() - began < 1.6


def test_an_upload_that_nobody_reads_is_left_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        began = time.monotonic()
        with pytest.raises(RetryLater):
            request(
                "PUT", f"http://127.0.0.1:{deaf.getsockname()[1]}/", content=bytes(50_000_000), deadline=1.0, retries=0
            )
        assert time.monotonic() - began < 1.8
    close()


def test_a_name_server_that_hangs_is_left_at_the_deadline(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(RetryLater, match="not resolved in time"):
        request("GET", "http://carrier.example/", deadline=0.5, retries=0)
    assert time.monotonic() - began < 1.0


# Repetition


def test_a_server_that_recovers_is_asked_again(server):
    assert get(server, "recovers?fails=2", retries=2).json() == {"tries": 3}


def test_tries_are_counted(server):
    with pytest.raises(RetryLater, match="503"):
        get(server, "recovers?fails=9", retries=2)
    assert len(server.heard) == 3


def test_a_post_is_sent_once_unless_it_is_said_to_be_idempotent(server):
    with pytest.raises(RetryLater):
        request("POST", server.url("recovers?fails=1&p=1"), json={}, retries=2)
    assert len(server.heard) == 1
    assert request("POST", server.url("recovers?fails=1&p=2"), json={}, retries=2, idempotent=True).status == 200


def test_a_kept_connection_that_was_closed_meanwhile_costs_no_try(server):
    assert get(server, "stale").status == 200
    assert get(server, "stale").status == 200
    assert get(server, "ok").status == 200
    get(server, "stale")
    with pytest.raises(RetryLater, match="closed the connection"):
        request("POST", server.url("stale"), json={})
    close()


def test_a_refused_connection_is_tried_again_even_for_a_post():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(RetryLater, match="could not be reached"):
        request("POST", f"http://127.0.0.1:{port}/", json={}, retries=1)
    assert time.monotonic() - began > 0.1


def test_the_pause_that_the_server_names_is_kept(server):
    began = time.monotonic()
    assert get(server, "recovers?fails=1&code=429&after=1", retries=1).status == 200
    assert 1.0 <= time.monotonic() - began < 1.8


def test_a_pause_longer_than_the_deadline_is_handed_on_at_once(server):
    began = time.monotonic()
    with pytest.raises(RetryLater, match="429") as caught:
        get(server, "status?code=429&after=120", retries=5)
    assert caught.value.after == 120
    assert time.monotonic() - began < 1
    with pytest.raises(RetryLater) as caught:
        get(server, "tomorrow", retries=5)
    assert 86_000 < caught.value.after <= 86_400


@pytest.mark.parametrize("after", ["soon", "-5", "inf", "1e400"])
def test_a_pause_that_makes_no_sense_is_no_pause(server, after):
    with pytest.raises(RetryLater) as caught:
        get(server, f"status?code=503&after={after}")
    assert not caught.value.after


# What comes back


@pytest.mark.parametrize("path", ["reset", "silent", "garbage", "truncated"])
def test_a_broken_connection_is_worth_another_try_later(server, path):
    with pytest.raises(RetryLater, match="broke off the connection"):
        get(server, path)


def test_an_endless_body_is_stopped_at_the_cap(server):
    with pytest.raises(GiveUp, match="larger than 100,000 bytes"):
        get(server, "endless", max_body=100_000)


@pytest.mark.parametrize("kind", ["gzip", "deflate", "raw"])
def test_a_bomb_is_stopped_at_the_cap_and_never_stands_in_memory(server, kind):
    """The call runs in a process of its own, whose peak of memory is then known."""
    code = f"""
import resource, django; django.setup()
from parcelwise.errors import GiveUp
from parcelwise.outbound import request
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    request("GET", {server.url(f"bomb?kind={kind}")!r}, max_body=2_000_000)
except GiveUp as error:
    print(error, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    said, _, megabytes = done.stdout.strip().rpartition(" ")
    assert "larger than 2,000,000 bytes" in said
    assert int(megabytes) < 20


@pytest.mark.parametrize("kind", ["gzip", "members", "deflate", "raw"])
def test_compressed_answers_are_inflated(server, kind):
    assert get(server, f"packed?kind={kind}").json() == {"packed": True}


@pytest.mark.parametrize("kind", ["cut", "damaged"])
def test_a_damaged_compressed_answer_is_worth_another_try_later(server, kind):
    with pytest.raises(RetryLater, match="damaged"):
        get(server, f"packed?kind={kind}")


def test_an_encoding_that_was_not_asked_for_is_refused(server):
    with pytest.raises(GiveUp, match="“br”"):
        get(server, "packed?kind=br")


@pytest.mark.parametrize(
    ("code", "error"),
    [(500, RetryLater), (408, RetryLater), (599, RetryLater), (401, Misconfigured), (403, Misconfigured)]
    + [(404, GiveUp), (422, GiveUp), (304, GiveUp)],
)
def test_each_status_has_its_way_to_fail(server, code, error):
    with pytest.raises(error, match=str(code)):
        get(server, f"status?code={code}")


def test_a_status_that_is_expected_is_an_answer(server):
    answer = get(server, "status?code=404", expect={404})
    assert (answer.status, answer.json()) == (404, {"error": "no"})


@pytest.mark.parametrize(
    "type_", ["application/json", "application/json;charset=iso-8859-1", "text/x;charset=nonsense"]
)
def test_text_in_an_old_charset_is_read(server, type_):
    assert get(server, "latin", params={"type": type_}).json() == {"city": "München"}


@pytest.mark.parametrize(
    ("path", "said"),
    [("page", "text/html instead of JSON: <html><h1>We will be back soon"), ("deep", "JSON"), ("not_a_number", "NaN")],
)
def test_what_is_no_json_is_worth_another_try_later(server, path, said):
    answer = get(server, path)
    with pytest.raises(RetryLater, match=said):
        answer.json()


# Where calls may go


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0", "[::1]", "[::ffff:127.0.0.1]"]
    + ["[::]", "169.254.169.254", "10.0.0.1", "192.168.1.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::a00:1]"]
    + ["[2002:7f00:1::]", "224.0.0.1", "255.255.255.255", "LOCALHOST.", "198.18.0.1", "192.0.0.8"],
)
def test_private_addresses_are_not_called_however_they_are_written(server, no_exceptions, host):
    with pytest.raises(ParcelwiseError) as caught:
        request("GET", server.url("ok", host=host), retries=0, deadline=2)
    # Without IPv6 the resolver refuses some of them before the guard sees them.
    assert isinstance(caught.value, GiveUp) or "resolved" in str(caught.value)
    assert server.heard == []


@pytest.mark.parametrize("url", ["file:///etc/passwd", "gopher://127.0.0.1/", "ftp://example.com/x", "/etc", "http://"])
def test_only_http_is_spoken(url):
    with pytest.raises(GiveUp):
        request("GET", url)


def test_credentials_in_an_address_are_refused(server):
    with pytest.raises(GiveUp, match="belong into a header") as caught:
        request("GET", server.url("ok").replace("//", "//ana:opensesame@"))
    assert "opensesame" not in str(caught.value)


def test_a_name_is_judged_by_every_address_it_has(server, no_exceptions, monkeypatch):
    port = server.server_address[1]
    places = [("93.184.215.14", port), ("127.0.0.1", port)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(GiveUp, match="leads to 127.0.0.1"):
        request("GET", server.url("ok", host="shop.example"))


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(server, settings, monkeypatch):
    """DNS rebinding: the second look-up would lead inside, but there is no second look-up."""
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",)}}
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        inside = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (inside, port))]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    answer = request("GET", server.url("ok", host="shop.example"))
    assert asked == ["shop.example"]
    assert answer.json()["headers"]["host"].startswith("shop.example:")
    close()
    with pytest.raises(GiveUp, match="127.0.0.2"):
        request("GET", server.url("ok", host="shop.example"))


def test_an_open_connection_of_a_trusted_call_is_not_lent_to_others(server, no_exceptions):
    assert get(server, "ok", allow_private=True).status == 200
    with pytest.raises(GiveUp, match="private network"):
        get(server, "ok")


@pytest.mark.parametrize(
    ("exception", "goes"),
    [("127.0.0.1", True), ("localhost", False), ("127.0.0.0/8", True), ("10.0.0.0/8", False)]
    + [("127.0.0.1:{port}", True), ("127.0.0.1:1", False), ("::1", False)],
)
def test_exceptions_are_names_addresses_networks_and_ports(server, settings, exception, goes):
    allowed = (exception.format(port=server.server_address[1]),)
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": allowed}}
    if goes:
        assert get(server, "ok").status == 200
    else:
        with pytest.raises(GiveUp, match="ALLOW_PRIVATE"):
            get(server, "ok")


def test_an_exception_for_ipv6_may_be_written_either_way():
    for text in ("::1", "[::1]", "[::1]:80"):
        Guard([text]).check("localhost", 80, [ipaddress.ip_address("::1")])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_the_open_internet_is_open(address):
    assert is_public(ipaddress.ip_address(address))


# Redirects


def test_a_redirect_is_not_followed_unless_asked_for(server):
    with pytest.raises(GiveUp, match="points to /ok"):
        get(server, "redirect?to=/ok")
    assert get(server, "redirect?to=/ok", redirects=1).json()["target"] == "/ok"


def test_redirects_are_counted(server):
    with pytest.raises(GiveUp, match="points to"):
        get(server, "redirect?to=%2Fredirect%3Fto%3D%2Fok", redirects=1)


def test_a_post_is_not_redirected(server):
    with pytest.raises(GiveUp):
        request("POST", server.url("redirect?to=/ok"), json={}, redirects=3)


@pytest.mark.parametrize("target", ["http://169.254.169.254/latest/", "http://[::1]/", "file:///etc/passwd"])
def test_a_redirect_does_not_get_round_the_guard(server, target):
    with pytest.raises(ParcelwiseError):
        get(server, "redirect", params={"to": target}, redirects=3, deadline=2)


def test_credentials_do_not_follow_a_redirect_to_another_host(server):
    with fault_server() as other:
        answer = get(
            server,
            "redirect",
            params={"to": other.url("ok")},
            redirects=1,
            headers={"Authorization": "Bearer abcdef", "X-Shop-Token": "ghijkl", "Accept": "text/plain"},
        )
    headers = answer.json()["headers"]
    assert "authorization" not in headers
    assert "x-shop-token" not in headers
    assert headers["accept"] == "text/plain"
    close()


# Secrets


def test_credentials_stay_out_of_errors(server):
    with pytest.raises(GiveUp) as caught:
        request(
            "POST",
            server.url("tells_secrets/bot-987654"),
            params={"consumer_secret": "cs_1234567", "page": "2"},
            headers={"Authorization": "Basic YW5hOm9wZW5zZXNhbWU=", "X-Access-Token": "shpat_abc"},
            json={"login": {"password": "hunter22", "name": "Ana"}},
            secrets=["bot-987654"],
        )
    for secret in ("cs_1234567", "YW5hOm9wZW5zZXNhbWU", "opensesame", "shpat_abc", "hunter22", "bot-987654"):
        assert secret not in str(caught.value)
    assert "page=2" in str(caught.value)
    assert "•••" in str(caught.value)


def test_an_answer_shows_neither_its_body_nor_credentials(server):
    answer = get(server, "ok", params={"api_key": "k123456"}, headers={"X-Token": "t123456"})
    shown = repr(answer) + answer.excerpt(5000)
    assert "123456" not in shown
    assert "api_key=•••" in answer.url


@pytest.mark.parametrize("key", ["k123456\n", "k123456\r\nX-Evil: 1", "k123456€"])
def test_a_header_that_cannot_be_sent_is_a_matter_of_settings_and_not_repeated(server, key):
    with pytest.raises(Misconfigured, match="cannot be sent") as caught:
        get(server, "ok", headers={"X-Api-Key": key})
    assert "123456" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert server.heard == []


def test_a_body_that_is_no_json_is_not_sent(server):
    with pytest.raises(GiveUp, match="cannot be made"):
        request("POST", server.url("ok"), json={"price": float("nan")})
    assert server.heard == []


# TLS


def test_a_certificate_that_nobody_vouches_for_is_not_believed(tmp_path):
    certificate = _self_signed(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fault_server() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with pytest.raises(RetryLater, match="CERTIFICATE_VERIFY_FAILED"):
            request("GET", server.url("ok").replace("http:", "https:"), retries=0, deadline=5)


def test_https_is_spoken_to_the_name_and_not_to_the_address(tmp_path, monkeypatch, settings):
    certificate = _self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("localhost", "127.0.0.1", "tls")}}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with fault_server() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        secure = server.url("ok", host="localhost").replace("http:", "https:")
        assert request("GET", secure, retries=0, deadline=5).status == 200
        with pytest.raises(RetryLater, match="CERTIFICATE_VERIFY_FAILED"):
            request("GET", secure.replace("localhost", "127.0.0.1"), retries=0, deadline=5)
        close()


def _self_signed(folder: Path) -> Path:
    """A key and a certificate for localhost in one PEM file."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "localhost.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    return file
