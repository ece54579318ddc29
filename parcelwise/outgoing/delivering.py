"""Sending what is due: many calls at a time, and nobody waits for a slow one but its own endpoint."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from django.utils import timezone

from parcelwise.endpoints import WebhookDelivery, WebhookEvent
from parcelwise.errors import GiveUp, ParcelwiseError, RetryLater
from parcelwise.jobs import Outcome, run_batch
from parcelwise.outgoing import line
from parcelwise.outgoing.conf import outgoing as conf
from parcelwise.outgoing.kinds import TEST
from parcelwise.outgoing.sending import Came, Letter, send

#: Seconds for which more messages are taken up in one go, before other kinds of work have their turn.
SLICE = 5.0
#: Seconds between looks for more: a look costs some queries, so several free places are filled by one.
GLANCE = 0.05

Flying = dict[Future[Came], tuple[WebhookDelivery, float]]


def deliver(batch: Sequence[WebhookDelivery]) -> Iterator[tuple[WebhookDelivery, Outcome]]:
    """Send ``batch``, and what becomes due meanwhile (the runner of WebhookDelivery).

    While a call hangs this process can do nothing else anyway, so it goes on for the other endpoints: only until the
    calls that were begun in the first seconds are over, so that it comes to an end.
    """
    began, flying = time.monotonic(), Flying()
    waiting, looked = list(batch), began
    with ThreadPoolExecutor(conf.PARALLEL, "parcelwise-outgoing") as threads:
        while waiting or flying:
            for delivery, letter in _letters(waiting):
                if isinstance(letter, Exception):
                    yield delivery, letter
                else:
                    flying[threads.submit(send, letter)] = (delivery, time.monotonic())
            waiting = []
            done, _ = wait(flying, timeout=GLANCE, return_when=FIRST_COMPLETED)
            for future in done:
                delivery, _begun = flying.pop(future)
                yield delivery, outcome(delivery, future.result())
            is_time = not flying or time.monotonic() - looked >= GLANCE
            if is_time and _may_go_on(began, flying):
                run_batch(WebhookEvent)  # what happened meanwhile does not wait for those who hang
                waiting, looked = WebhookDelivery.objects.claim(conf.PARALLEL - len(flying)), time.monotonic()


def _may_go_on(began: float, flying: Flying) -> bool:
    if len(flying) >= conf.PARALLEL:
        return False
    end = began + SLICE
    return time.monotonic() < end or any(begun < end for _, begun in flying.values())


def _letters(batch: Sequence[WebhookDelivery]) -> Iterator[tuple[WebhookDelivery, Letter | Exception]]:
    """What to send for each, or why it cannot be sent."""
    if not batch:
        return
    events = WebhookEvent.objects.in_bulk({delivery.event_id for delivery in batch})
    for delivery in batch:
        if delivery.event_id not in events:
            continue  # deleted meanwhile, and the delivery with it
        delivery.event = events[delivery.event_id]
        try:
            yield delivery, letter_of(delivery)
        except ParcelwiseError as error:
            yield delivery, error


def letter_of(delivery: WebhookDelivery) -> Letter:
    """Raises GiveUp when there is nothing to say any more, Misconfigured when the secret cannot be decrypted."""
    event, endpoint = delivery.event, delivery.endpoint
    if event.erased_at or not event.body:
        raise GiveUp("The person whom it was about was erased.")
    if endpoint.scope not in ("", event.scope) and event.kind != TEST:
        raise GiveUp("The endpoint was changed and hears of another record now.")
    return Letter(endpoint.url, event.name, event.body.encode(), endpoint.keys())


def outcome(delivery: WebhookDelivery, came: Came) -> Outcome:
    """Keep what came with the delivery and its endpoint's line; returns what becomes of the delivery."""
    delivery.tried(came.as_json())
    if came.good:
        line.worked(delivery.endpoint, came.at)
        return None
    line.failed(delivery.endpoint, came)
    return RetryLater(came.error, after=came.after)


def now_or_never(delivery: WebhookDelivery) -> Came:
    """One try at once, whatever came of others: for a test, whose answer somebody waits for. It is not tried again."""
    came = send(letter_of(delivery))
    delivery.tried(came.as_json())
    if came.good:
        delivery.finish()
    else:
        delivery.call_off(RetryLater(came.error))
    line.note_test(delivery.endpoint, came, timezone.now())
    return came
