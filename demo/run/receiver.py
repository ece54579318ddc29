"""A system of the shop's that is told by webhooks what happens: a twin, and the endpoint that leads to it."""

from __future__ import annotations

from demo.run.processes import Processes, free_port
from parcelwise.endpoints import WebhookEndpoint
from parcelwise.outgoing.acts import make_secret

NAME = "Helpdesk (a twin on this machine)"
PORT = 8741


def start(processes: Processes) -> str:
    """Start it with a secret of this run, and return where a person sees what it is told."""
    base = f"http://127.0.0.1:{free_port(PORT)}"
    endpoint, _new = WebhookEndpoint.objects.update_or_create(
        name=NAME, defaults={"url": f"{base}/hooks"}, create_defaults={"url": f"{base}/hooks", "types": ["*"]}
    )
    processes.env["WEBHOOK_SECRET"] = make_secret(endpoint, at_once=True)
    processes.start("receiver", ["-m", "fulfillment.testing.receiver_twin", "--port", base.rsplit(":", 1)[1]])
    del processes.env["WEBHOOK_SECRET"]
    return f"{base}/"
