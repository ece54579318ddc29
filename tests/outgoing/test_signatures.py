"""The format is that of Standard Webhooks: judged by the specification's own library, over real HTTP."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from fulfillment.testing.receiver_twin import Refused, verify
from parcelwise.outgoing import acts, signing
from parcelwise.testing import run_jobs


def judged(secret, heard):
    """The message, or WebhookVerificationError."""
    headers = {
        "webhook-id": heard.name,
        "webhook-timestamp": heard.timestamp,
        "webhook-signature": heard.signature,
    }
    return Webhook(secret).verify(heard.body, headers)


@given(st.text(max_size=500), st.uuids())
def test_the_specifications_library_takes_every_signature_of_ours(said, name):
    secret, body = signing.new_secret(), json.dumps({"said": said}, ensure_ascii=False).encode("utf-8", "replace")
    headers = signing.headers([signing.new_secret(), secret], f"evt_{name.hex}", int(time.time()), body)
    assert Webhook(secret).verify(body, headers) == json.loads(body)


def test_a_secret_is_long_enough_for_the_standard():
    assert len(signing.new_secret()) > len("whsec_") + 24 * 4 / 3


def test_what_arrives_is_verified_by_the_librarys_words(endpoint, something_happens, twin):
    something_happens()
    run_jobs()
    [heard] = twin.heard
    message = judged(endpoint.keys()[0], heard)
    assert message["type"] == "order.recorded"
    assert message["id"] == heard.name
    assert set(message) == {"id", "type", "timestamp", "sequence", "version", "data"}


def test_a_message_that_was_changed_on_the_way_is_refused(endpoint, something_happens, twin):
    something_happens()
    run_jobs()
    [heard] = twin.heard
    headers = {"webhook-id": heard.name, "webhook-timestamp": heard.timestamp, "webhook-signature": heard.signature}
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.keys()[0]).verify(heard.body.replace(b"true", b"fals"), headers)
    with pytest.raises(Refused):
        verify(headers, heard.body + b" ", endpoint.keys(), time.time())
    with pytest.raises(Refused, match="seconds old"):
        verify(headers, heard.body, endpoint.keys(), time.time() + 301)


def test_while_a_secret_is_changed_both_receivers_believe_us(endpoint, something_happens, twin):
    former = endpoint.keys()[0]
    fresh = acts.make_secret(endpoint)
    something_happens()
    twin.trust(former)
    run_jobs()
    [heard] = twin.heard
    assert judged(former, heard) == judged(fresh, heard)


def test_the_former_secret_ends_with_its_overlap(endpoint, something_happens, twin):
    former = endpoint.keys()[0]
    fresh = acts.make_secret(endpoint)
    something_happens()
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1), tick=True):
        twin.trust(fresh)
        run_jobs()
        [heard] = twin.heard
        with pytest.raises(WebhookVerificationError):
            judged(former, heard)


def test_a_secret_that_somebody_knows_can_end_at_once(endpoint, something_happens, twin):
    fresh = acts.make_secret(endpoint, at_once=True)
    assert endpoint.keys() == [fresh]


def test_each_try_has_the_same_id_and_a_timestamp_of_its_own(endpoint, something_happens, twin):
    twin.faults.next(500)
    something_happens()
    run_jobs()
    first = [call for call in twin.calls if call["status"] == 500]
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        run_jobs()
    [heard] = twin.heard
    assert len(first) == 1
    assert heard.name == f"evt_{endpoint.deliveries.get().event.uuid.hex}"
    assert int(heard.timestamp) - time.time() > 30


def test_no_secret_stands_in_the_data_base_or_in_a_log(endpoint, something_happens, twin, caplog):
    from django.db import connection

    secret = endpoint.keys()[0]
    twin.trust("whsec_" + "A" * 32)  # so that it is refused, and the refusal logged
    something_happens()
    with caplog.at_level("DEBUG"):
        run_jobs()
    assert secret.removeprefix("whsec_") not in caplog.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM parcelwise_webhookendpoint")
        assert secret.removeprefix("whsec_") not in str(cursor.fetchall())
    tries = str(endpoint.deliveries.get().tries)
    assert "401" in tries
    assert secret.removeprefix("whsec_") not in tries
