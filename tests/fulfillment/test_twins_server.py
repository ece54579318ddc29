"""What all twins of stores share: the server and its faults."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest

from fulfillment.testing.twins import Answer, Request, TwinServer


class Counter:
    """Answers with what it was asked, and counts the effects."""

    def __init__(self) -> None:
        self.effects = 0

    def __call__(self, request: Request) -> Answer:
        self.effects += 1
        if request.path == "/stream":
            return Answer(200, iter([b"one\n", b"", b"two\n"]), content_type="application/jsonl")
        if request.path == "/broken":
            raise RuntimeError("no such luck")
        return Answer.of(
            {"path": request.path, "pairs": request.pairs, "body": request.body.decode(), "auth": request.basic}
        )


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def twin(counter: Counter) -> Iterator[TwinServer]:
    with TwinServer(counter) as twin:
        yield twin


@pytest.fixture
def client(twin: TwinServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=twin.url, timeout=1, trust_env=False) as client:
        yield client


def test_a_call_arrives_as_it_was_sent(client: httpx.Client) -> None:
    told = client.put("/a/b?x=1&x=2&y=%C3%BC", content=b"\xc3\xa4", auth=("ck", "cs:1")).json()
    assert told == {
        "path": "/a/b",
        "pairs": [["x", "1"], ["x", "2"], ["y", "ü"]],
        "body": "ä",
        "auth": ["ck", "cs:1"],
    }


def test_a_connection_is_kept_and_answers_at_once(client: httpx.Client) -> None:
    client.get("/")
    start = time.perf_counter()
    for _ in range(100):
        client.get("/")
    assert time.perf_counter() - start < 2


def test_a_stream_arrives_piece_by_piece(client: httpx.Client) -> None:
    with client.stream("GET", "/stream") as answer:
        assert list(answer.iter_lines()) == ["one", "two"]


def test_a_fault_of_the_twin_itself_is_an_answer(client: httpx.Client) -> None:
    assert client.get("/broken").status_code == 500
    assert client.get("/").status_code == 200


def test_the_next_calls_fail_and_then_all_is_well(twin: TwinServer, client: httpx.Client, counter: Counter) -> None:
    twin.faults.next(429, times=2, path="/orders", seconds=3)
    assert client.get("/customers").status_code == 200
    answers = [client.get("/orders") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "3"
    assert counter.effects == 2
    assert [(entry["path"], entry["fault"]) for entry in twin.log] == [
        ("/customers", ""),
        ("/orders", "429"),
        ("/orders", "429"),
        ("/orders", ""),
    ]


@pytest.mark.parametrize("status", ["500", "502", "503"])
def test_the_platform_can_answer_with_an_error(twin: TwinServer, client: httpx.Client, status: str) -> None:
    twin.faults.next(status)
    assert client.get("/").status_code == int(status)


def test_garbage_is_html_with_200(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.next("garbage")
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")


def test_a_notice_spoils_the_right_answer(twin: TwinServer, client: httpx.Client, counter: Counter) -> None:
    twin.faults.next("notice")
    answer = client.get("/x")
    assert answer.text.startswith("<br />") and answer.text.endswith("}")
    assert counter.effects == 1


def test_a_redirect_leads_where_nobody_should_go(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.next("redirect")
    assert client.get("/").headers["location"].startswith("http://169.254.169.254/")


def test_invalid_json_is_complete_as_http(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.next("invalid_json")
    with pytest.raises(ValueError):
        client.get("/").json()


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("hang", httpx.ReadTimeout),
        ("reset", (httpx.ReadError, httpx.RemoteProtocolError)),
        ("truncated", httpx.RemoteProtocolError),
        ("after", (httpx.ReadError, httpx.RemoteProtocolError)),
    ],
)
def test_connections_break(twin: TwinServer, client: httpx.Client, kind: str, error: type[Exception]) -> None:
    twin.faults.next(kind, seconds=30)
    with pytest.raises(error):
        client.get("/")
    assert client.get("/").status_code == 200


def test_a_dripping_answer_never_ends(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.next("drip", seconds=0.05)
    start = time.monotonic()
    with client.stream("GET", "/") as answer:
        for _ in answer.iter_raw():
            if time.monotonic() - start > 0.5:
                break
    assert time.monotonic() - start > 0.5


@pytest.mark.parametrize(("kind", "effects"), [("reset", 0), ("after", 1), ("truncated", 1), ("503", 0)])
def test_only_some_faults_come_after_the_effect(
    twin: TwinServer, client: httpx.Client, counter: Counter, kind: str, effects: int
) -> None:
    twin.faults.next(kind, method="POST", body="refund")
    client.get("/")
    client.post("/", content=b"something else")
    counter.effects = 0
    with contextlib.suppress(httpx.HTTPError):
        client.post("/", content=b"a refund")
    assert counter.effects == effects


def test_a_slow_answer_is_the_right_one(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.next("slow", seconds=0.3)
    answer = client.get("/x")
    assert answer.elapsed.total_seconds() >= 0.3
    assert answer.json()["path"] == "/x"


def test_a_share_of_calls_fails_the_same_way_each_time(twin: TwinServer, client: httpx.Client) -> None:
    rounds = []
    for _ in range(2):
        twin.faults.clear()
        twin.faults.share(500, p=0.3, seed=4)
        rounds.append([client.get("/").status_code for _ in range(60)])
    assert rounds[0] == rounds[1]
    assert 8 < rounds[0].count(500) < 30


def test_an_outage_lasts_until_it_is_over(twin: TwinServer, client: httpx.Client) -> None:
    twin.faults.outage()
    for _ in range(3):
        with pytest.raises(httpx.HTTPError):
            client.get("/")
    twin.faults.recover()
    assert client.get("/").status_code == 200


def test_an_unknown_fault_is_refused(twin: TwinServer) -> None:
    with pytest.raises(ValueError, match="no fault “mayhem”"):
        twin.faults.next("mayhem")


def test_a_stopped_twin_drops_kept_connections(counter: Counter) -> None:
    with httpx.Client(timeout=1, trust_env=False) as client:
        with TwinServer(counter) as twin:
            client.get(twin.url)
        with pytest.raises(httpx.HTTPError):
            client.get(twin.url)
    assert counter.effects == 1
