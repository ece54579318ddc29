"""What all twins of stores share: the post that carries their webhooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from fulfillment.testing.twins import (
    SHOPIFY,
    WOOCOMMERCE,
    Answer,
    Attempt,
    Post,
    Request,
    TwinClock,
    TwinServer,
    Weather,
)

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Receiver:
    """A shop's endpoint that keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.got = 200, list[tuple[str, bytes]]()

    def __call__(self, request: Request) -> Answer:
        self.got.append((request.headers.get("x-topic", ""), request.body))
        return Answer(self.status, b"", {"Location": "/elsewhere"} if self.status == 301 else {})

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, body in self.got]


@pytest.fixture
def clock() -> TwinClock:
    return TwinClock(NOON, frozen=True)


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def url(receiver: Receiver) -> Iterator[str]:
    with TwinServer(receiver) as server:
        yield f"{server.url}/hooks/"


@pytest.fixture
def post(clock: TwinClock) -> Iterator[Post]:
    post = Post(clock, SHOPIFY)
    yield post
    post.stop()


def put(post: Post, url: str, count: int, after: float = 0.0) -> list[bytes]:
    bodies = [b"%d" % number for number in range(count)]
    for body in bodies:
        post.put(url, {"X-Topic": "orders/updated"}, body, subscription="7", key="orders/updated", after=after)
    return bodies


def test_deliveries_leave_when_they_are_due(post: Post, url: str, clock: TwinClock, receiver: Receiver) -> None:
    bodies = put(post, url, 3, after=60)
    assert post.send_due() == []
    clock.change(advance=60)
    assert [attempt.status for attempt in post.send_due()] == [200, 200, 200]
    assert receiver.got == [("orders/updated", body) for body in bodies]


def test_shopify_tries_eight_times_more_within_four_hours(
    post: Post, url: str, clock: TwinClock, receiver: Receiver
) -> None:
    receiver.status = 500
    put(post, url, 1)
    assert len(post.send_due()) == 1
    clock.change(advance=4 * 3600 - 1)
    post.send_due()
    clock.change(advance=2)
    post.send_due()
    assert receiver.bodies == [b"0"] * 9
    assert [attempt.final for attempt in post.log] == [False] * 8 + [True]
    assert post.pending() == []


def test_shopify_stops_trying_when_it_was_taken(post: Post, url: str, clock: TwinClock, receiver: Receiver) -> None:
    receiver.status = 503
    put(post, url, 1)
    post.send_due()
    receiver.status = 200
    clock.change(advance=3600)
    assert [(attempt.status, attempt.final) for attempt in post.send_due()] == [(200, True)]
    assert post.flush() == []


def test_woocommerce_never_tries_again_and_takes_a_redirect_for_a_success(
    clock: TwinClock, url: str, receiver: Receiver
) -> None:
    heard: list[Attempt] = []
    post = Post(clock, WOOCOMMERCE, on_attempt=heard.append)
    for status in (500, 301, 404, 200):
        receiver.status = status
        put(post, url, 1)
        post.send_due()
    assert [(attempt.ok, attempt.final) for attempt in heard] == [
        (False, True),
        (True, True),
        (False, True),
        (True, True),
    ]
    assert len(receiver.got) == 4  # the redirect was not followed
    post.stop()


def test_the_network_loses_and_doubles_the_same_ones_for_the_same_seed(
    clock: TwinClock, url: str, receiver: Receiver
) -> None:
    rounds = []
    for _ in range(2):
        post = Post(clock, SHOPIFY)
        post.weather = Weather(duplicate=0.3, lose=0.2, shuffle=60, seed=3)
        bodies = put(post, url, 100)
        post.flush()
        rounds.append(receiver.bodies)
        receiver.got.clear()
        assert [recorded.body for recorded in sorted(post.recorded, key=lambda each: each.number)] == bodies
        post.stop()
    assert rounds[0] == rounds[1]
    assert 70 <= len(set(rounds[0])) <= 90
    assert 10 <= len(rounds[0]) - len(set(rounds[0])) <= 40
    assert rounds[0] != sorted(rounds[0], key=int)


def test_a_cut_fails_what_leaves_meanwhile(post: Post, url: str, clock: TwinClock, receiver: Receiver) -> None:
    post.cut()
    put(post, url, 2)
    assert [attempt.error for attempt in post.send_due()] == ["cut off", "cut off"]
    clock.change(advance=600)
    post.mend()
    clock.change(advance=3600)
    post.send_due()
    assert sorted(receiver.bodies) == [b"0", b"1"]
    assert {attempt.status for attempt in post.log} == {0, 200}


def test_a_cut_in_the_past_of_a_jump_counts_too(post: Post, url: str, clock: TwinClock, receiver: Receiver) -> None:
    put(post, url, 1, after=30)
    post.cut(NOON, NOON.replace(minute=10))
    put(post, url, 1, after=900)
    clock.change(advance=950)
    post.send_due()
    # 30 s: cut off, and so until ten past; what was due later got through.
    assert receiver.bodies.count(b"0") >= 1
    assert [attempt.error for attempt in post.log][0] == "cut off"


def test_what_is_held_back_leaves_late_and_fails_nowhere(
    post: Post, url: str, clock: TwinClock, receiver: Receiver
) -> None:
    post.hold()
    bodies = put(post, url, 3)
    clock.change(advance=3600)
    assert post.send_due() == []
    post.release()
    assert [attempt.at for attempt in post.send_due()] == [clock.now()] * 3
    assert receiver.bodies == bodies


def test_a_payload_that_is_built_late_shows_the_state_at_that_time(post: Post, url: str, receiver: Receiver) -> None:
    state = [b"early"]
    post.put_later(url, lambda at: ({}, state[0]))
    post.put_later(url, lambda at: None)
    state[0] = b"late"
    assert [attempt.error for attempt in post.send_due()] == ["", "withdrawn"]
    assert receiver.bodies == [b"late"]


def test_without_a_wire_deliveries_are_only_recorded(post: Post, url: str, receiver: Receiver) -> None:
    post.wire = False
    put(post, url, 2)
    assert all(attempt.ok for attempt in post.flush())
    assert receiver.got == []
    assert [(recorded.body, recorded.headers) for recorded in post.recorded] == [
        (b"0", {"X-Topic": "orders/updated"}),
        (b"1", {"X-Topic": "orders/updated"}),
    ]


def test_a_subscription_that_is_gone_gets_nothing_more(post: Post, url: str, receiver: Receiver) -> None:
    put(post, url, 2)
    assert post.drop("7") == 2
    assert post.flush() == []


def test_nobody_listening_is_a_failed_try(post: Post) -> None:
    post.put("http://127.0.0.1:9/", {}, b"x")
    [attempt] = post.send_due()
    assert (attempt.status, attempt.ok) == (0, False)
    assert attempt.error.startswith("ConnectError")


def test_a_started_post_sends_by_itself(url: str, receiver: Receiver) -> None:
    post = Post(TwinClock(), SHOPIFY)
    post.start(0.01)
    put(post, url, 1)
    deadline = time.monotonic() + 5
    while not receiver.got and time.monotonic() < deadline:
        time.sleep(0.01)
    post.stop()
    assert receiver.bodies == [b"0"]
