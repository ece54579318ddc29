"""The worker is killed while it sends webhooks: every message arrives at every endpoint."""

from __future__ import annotations

import os
import signal
from collections import Counter

from fulfillment.testing.receiver_twin import ReceiverTwin
from parcelwise.endpoints import WebhookDelivery, WebhookEvent
from tests.faults.conftest import ALIAS, Workers, children, until

ORDERS, ENDPOINTS = 40, 3

#: Runs in a process of its own on the workers' data base; prints the secrets.
SEED = """
from fulfillment.services.happenings import order_recorded
from parcelwise.outgoing import acts
from parcelwise.endpoints import WebhookEndpoint
from tests.factories import a_contact, a_store, an_order

for number in range({endpoints}):
    endpoint = WebhookEndpoint.objects.create(name=str(number), url="{url}/" + str(number), types=["*"])
    print(acts.make_secret(endpoint))
store = a_store()
for number in range({orders}):
    order_recorded(an_order(store, a_contact(email=f"{{number}}@example.com")), created=True)
"""


def states() -> Counter[str]:
    return Counter(WebhookDelivery.objects.using(ALIAS).values_list("state", flat=True))


def test_every_message_arrives_at_every_endpoint(workers: Workers):
    total = ORDERS * ENDPOINTS
    with ReceiverTwin() as twin:
        twin.takes = 0.1  # so that the kill comes while calls are under way
        workers.env["ALLOW_PRIVATE"] = "127.0.0.1"
        seed = SEED.format(url=twin.url, orders=ORDERS, endpoints=ENDPOINTS)
        twin.trust(*workers.manage("shell", "-v0", "-c", seed).split())
        workers.start()
        until(lambda: len(twin.heard) >= 15, 30, "messages under way")
        sentinel = children(workers.cluster)
        os.killpg(os.getpgid(workers.cluster), signal.SIGKILL)
        workers.kill_supervisor()
        assert sentinel
        assert states()["done"] < total, "the kill came too late to prove anything"
        workers.start()
        until(lambda: states() == {"done": total}, 60, "all deliveries settled")
        assert WebhookEvent.objects.using(ALIAS).filter(state="done").count() == ORDERS
        arrived = {(one.path, one.name) for one in twin.heard}
        assert len(arrived) == total
        assert twin.refused == []
        # What two workers had in their hands may come once more, under the same id: four calls at each endpoint.
        assert len(twin.doubled) <= 4 * ENDPOINTS
