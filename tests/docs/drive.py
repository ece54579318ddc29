"""Runs inside the project that ``test_examples`` builds from the docs: a parcel's life with the shop's own additions.

Prints one JSON object of what happened.
"""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402
from shop.models import Invitation, Review  # noqa: E402

from analytics.report import kpi_summary  # noqa: E402
from chatbot.skill import Proof, ProofNeeded, Question, ask  # noqa: E402
from fulfillment.access import link_to  # noqa: E402
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData  # noqa: E402
from fulfillment.models import CarrierAccount, Order, Store  # noqa: E402
from fulfillment.services.orders import record_order  # noqa: E402
from notifications.models import Held, Message  # noqa: E402
from parcelwise.background import run_due  # noqa: E402
from parcelwise.models import Problem  # noqa: E402
from parcelwise.panels import reference  # noqa: E402
from parcelwise.privacy import erase, export  # noqa: E402

NOW = timezone.now()


def buy(pigeons: str) -> Order:
    CarrierAccount.objects.create(carrier="pigeon", gateway="pigeon", server_url=pigeons, credentials={"token": "coo"})
    store = Store.objects.create(slug="shop", name="Loft", kind="models", address={"country": "DE"})
    order = OrderData(
        external_id="1",
        number="L-1",
        placed_at=NOW - timedelta(days=12),
        currency="EUR",
        customer=CustomerData("c1", "Ana Souza", "ana@example.com", phone="+4915112345678", language="en"),
        ship_to=Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE"),
        lines=(LineData("l1", "Seed mix", 1, unit_price=990),),
        parcels=(
            ParcelData("p1", "pigeon", tracking_number="COO1"),
            ParcelData("p2", "pigeon", tracking_number="LOST9"),
        ),
        total=990,
    )
    return record_order(store, order)


def ask_skill(order: Order) -> dict[str, Any]:
    words = {"text": "Where is my order?", "intent": "where_is_my_order"}
    try:
        ask(Question(**words, subject=reference(order)))
    except ProofNeeded as refused:
        without_proof = refused.proof.name
    answer = ask(Question(**words, proof=Proof.RECORD, subject=reference(order)))
    nothing = ask(Question(**words, proof=Proof.RECORD))
    return {
        "without_proof": without_proof,
        "text": answer.text,
        "sources": [source.url for source in answer.sources],
        "missing": nothing.missing,
    }


def staff() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ben"))
    return client


def main(pigeons: str) -> None:
    call_command("check", fail_level="WARNING")
    call_command("migrate", run_syncdb=True, verbosity=0)
    order = buy(pigeons)
    while run_due():
        pass
    parcel, lost = order.shipments.order_by("pk")
    for stars, days in ((5, 1), (4, 1), (2, 2)):
        Review.objects.create(order=order, stars=stars, written_on=(NOW - timedelta(days=days)).date())
    page = Client().get(link_to(order).removeprefix("https://shop.example"))
    kpi_page = staff().get("/admin/parcelwise_analytics/kpi/")
    messages = Message.objects.filter(notice="review_wanted").order_by("channel")
    print(
        json.dumps(
            {
                "parcel": [parcel.status, [event.status for event in parcel.events.order_by("occurred_at")]],
                "lost": [lost.status, lost.poll.state],
                "problems": list(Problem.objects.values_list("kind", "raw").order_by("pk")),
                "invitations": list(Invitation.objects.values_list("shipment", "state")),
                "messages": [[m.channel, m.state, m.subject, m.text, m.provider_id, m.last_error] for m in messages],
                "held": list(Held.objects.filter(notice="review_wanted").values_list("key", "why")),
                "kpi": kpi_summary().get("happy_reviews"),
                "kpi_page": [kpi_page.status_code, "Happy reviews" in kpi_page.content.decode()],
                "skill": ask_skill(order),
                "page": [page.status_code, page.content.decode()],
                "uuid": str(parcel.uuid),
                "privacy": [
                    export([order.contact])["reviews"],
                    erase([order.contact], why="asked", actor="ben").counts,
                ],
            }
        )
    )


main(sys.argv[1])
