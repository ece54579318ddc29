"""The lives of two customers, each with something in every place where personal data can lie."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django_q.models import Task

from demo.shop.models import Order as ShopOrder
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData, Receipt, Scan, TrackingUpdate
from fulfillment.models import (
    CarrierAccount,
    CarrierCode,
    ImportRun,
    InboxEvent,
    Order,
    Refund,
    Store,
    StoreReturn,
    StoreReturnLine,
    StoreSync,
    StoreWrite,
)
from fulfillment.services.exceptions import dispute
from fulfillment.services.orders import record_order
from fulfillment.services.shipments import apply_update
from notifications.models import Held, Message
from parcelwise.changes import announce_pending
from parcelwise.models import Decision, Problem, WebhookEndpoint
from parcelwise.panels import reference
from parcelwise.privacy.requests import Whom, request_export
from parcelwise.testing import run_jobs
from returns.models import ReturnRequest
from returns.services.labels import label_for
from returns.services.requests import Item, close, open_return, receive
from tests.factories import a_courier_with
from tests.testapp.models import Chore


@dataclass(frozen=True)
class Person:
    login: str
    name: str
    email: str
    phone: str
    street: str
    postcode: str
    city: str
    region: str
    number: str

    @property
    def words(self) -> tuple[str, ...]:
        """All that says who it is, and by which they can be found elsewhere."""
        first, last = self.name.split()
        dense = self.phone.replace(" ", "")
        return (first, last, self.email, self.phone, dense, self.street, self.postcode, self.city, self.number)

    @property
    def code(self) -> str:
        """A letter for numbers and keys that stay."""
        return self.login[0]

    @property
    def address(self) -> Address:
        return Address(self.name, (self.street,), self.city, self.region, self.postcode, "DE")


ANA = Person("anahita", "Anahita Souzović", "ana.souzovic@example.com", "+49 151 23456789", "Lindwurmstraße 129b",
             "80337", "München", "BY", "1Z999AA10123456784")  # fmt: skip
CLEO = Person("cleo", "Cleo Brandt", "cleo.brandt@example.com", "+49 160 99887766", "Gartenallee 7, Hinterhaus",
              "50667", "Köln", "NW", "1Z999AA10987654321")  # fmt: skip


def statement(person: Person, number: str = "1", **changes: Any) -> OrderData:
    """What the store says of an order of ``person``, with a parcel that was handed over."""
    now = timezone.now()
    facts: dict[str, Any] = {
        "external_id": f"{person.code}-{number}",
        "number": f"NL-{person.code}-{number}",
        "placed_at": now - timedelta(days=4),
        "currency": "EUR",
        "customer": CustomerData(person.email, person.name, person.email, person.phone, "de"),
        "ship_to": person.address,
        "lines": (LineData("l1", "Wool socks", 2, unit_price=1990),),
        "parcels": (
            ParcelData(
                "p1",
                "ups",
                tracking_number=person.number,
                tracking_url=f"https://www.ups.com/track?tracknum={person.number}",
                announced_at=now - timedelta(days=3),
                handed_over_at=now - timedelta(days=3),
            ),
        ),
        "promised_on": (now - timedelta(days=1)).date(),
        "total": 3980,
        "updated_at": now - timedelta(days=2),
        "raw": {"billing": {"email": person.email, "street": person.street}, "note": f"for {person.name}"},
    }
    return OrderData(**{**facts, **changes})


def a_life(store: Store, person: Person) -> Order:
    """An order from the checkout to the closed return, with all that can be written about it on the way."""
    user, _new = User.objects.get_or_create(
        username=person.login, defaults={"email": person.email, "first_name": person.name.split()[0]}
    )
    # An address that is refused: what it is told waits, and what came of the tries is kept.
    WebhookEndpoint.objects.get_or_create(name="Desk", url="http://127.0.0.1:1/", types=["*"])
    order = record_order(store, statement(person))
    type(order.contact).objects.filter(pk=order.contact.pk).update(user=user)
    order = Order.objects.get(pk=order.pk)
    # Under which a partner has the parcel; it holds the first number, so that one that is left is found.
    order.shipments.get().numbers.create(carrier="usps", number=f"94{person.number}", role="alternative")
    _delivered(order, person)
    opened = _returned(order, person)
    _told(order, person)
    _trouble(order, opened, person)
    _traffic(order, person)
    a_courier_with(order.shipments.get(direction="out"), order.contact, f"{person.name}, {person.street}")
    _at_the_shop(user, person)
    request_export(Whom((order.customer.contact_id,)), reference="asked by mail", subject=person.email)
    work()
    return Order.objects.get(pk=order.pk)


def work() -> None:
    """What workers do: tell changes, then run what is due."""
    announce_pending(older_than=0)
    run_jobs()


def _delivered(order: Order, person: Person) -> None:
    parcel, now = order.shipments.get(), timezone.now()
    scans = (
        Scan(now - timedelta(days=2), "in_transit", f"Departed {person.city}", location=f"{person.city}, DE"),
        Scan(
            now - timedelta(days=1), "delivered", f"Signed by {person.name}", "D", location=person.city,
            latitude=48.1, longitude=11.5, raw={"signedForByName": person.name, "street": person.street},
        ),
    )  # fmt: skip
    receipt = Receipt(person.name, person.street, f"https://pod.example/{person.number}")
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, scans, receipt=receipt))
    dispute(parcel, "ben", f"{person.name} called from {person.phone}: nothing at {person.street}")
    parcel.exceptions.update(why=f"Seen in {person.city} only")
    work()


def _returned(order: Order, person: Person) -> ReturnRequest:
    opened = open_return(
        order, [Item(order.lines.get().pk, 1, "other", f"Call {person.name} at {person.phone}")], actor="customer"
    )
    for size in ("a4", "4x6"):
        assert label_for(opened, size).pdf
    work()
    opened.refresh_from_db()
    receive(opened, at=timezone.now(), actor="ben", why=f"{person.name} brought it")
    close(opened, at=timezone.now(), actor="ben", why=f"Paid back to {person.email}")
    work()
    opened.refresh_from_db()
    return opened


def _told(order: Order, person: Person) -> None:
    words = {"contact": order.contact, "notice": "delivered", "about": reference(order)}
    Held.objects.create(key=f"held:{person.email}", why=f"No channel for {person.email}", **words)
    Message.objects.create(key=f"own:{person.email}", context={"name": person.name}, state="dead", **words)
    Message.objects.create(
        key=f"waiting:{order.uuid}",
        context={"name": person.name},
        not_before=timezone.now() + timedelta(days=1),
        **words,
    )


def _trouble(order: Order, opened: ReturnRequest, person: Person) -> None:
    note = Problem.objects.note
    note("carrier", f"parcel:{order.pk}", f"{person.name} is not at home", subject=reference(order), raw=person.street)
    note("import", f"table.csv:{person.email}", f"Row of {person.email}", raw=f"{person.name};{person.street}")
    note("notice", person.code, "It could not be made", raw=f"<Contact: {person.name}>")
    note("store", f"{order.store.slug}:{order.external_id}", f"phone {person.phone} is not one")
    sync = {"store": order.store, "state": "dead"}
    StoreSync.objects.create(external_id=order.external_id, last_error=f"nonsense for {person.city}", **sync)
    StoreSync.objects.create(external_id="another", last_traceback=f"Key (email)=({person.email.upper()})", **sync)
    Chore.objects.create(name="x", state="dead", last_error=f"{person.phone.replace(' ', '')} does not answer")
    CarrierAccount.objects.create(carrier=f"dhl-{person.code}", last_error=f"{person.number} is unknown")
    CarrierCode.objects.create(carrier="dhl", code=f"Z{person.code}", words=f"Left with {person.name}")
    ImportRun.objects.create(store=order.store, mapping="m.toml", error=f"ValueError: {person.email}")
    about = {"version": "1", "subject": reference(order)}
    Decision.objects.create(kind="chat", inputs={"said": f"I am {person.name}"}, reasons=[person.city], **about)
    Decision.objects.create(kind="arrival", inputs={"lane": "DE-BY", "odd": f"to {person.email}"}, **about)
    opened.decision.came_true = {"approved": True, "why": f"{person.name.split()[0]} rang", "overruled_by": "ben"}
    opened.decision.save()
    user = User.objects.get(username=person.login)
    LogEntry.objects.create(
        user=user, action_flag=CHANGE, object_id=str(order.contact.pk), object_repr=person.name.split()[0],
        content_type=ContentType.objects.get_for_model(order.contact),
    )  # fmt: skip
    now = timezone.now()
    path = "parcelwise.tasks.announce_pending_changes"
    Task.objects.create(
        id=f"{person.code:x<32}", name=f"parcelwise:{path}", func=path, result=f"Traceback … {person.email}",
        success=False, started=now, stopped=now,
    )  # fmt: skip


def _traffic(order: Order, person: Person) -> None:
    """What a platform and we told each other. The two customers share a number with the other's order."""
    store, parcel = order.store, order.shipments.get(direction="out")
    said = json.dumps({"email": person.email, "address1": person.street}).encode()
    for topic, subject, body in (
        (
            "orders/updated",
            order.external_id,
            b'{"shipping_address": {"first_name": "%s"}}' % person.name.split()[0].encode(),
        ),
        ("customers/update", f"77-{person.code}", said),
        ("orders/updated", f"77-{person.code}", b'{"id": 77}'),
    ):
        key = f"{topic}:{subject}"
        InboxEvent.objects.create(store=store, delivery_key=key, topic=topic, subject=subject, body=body, state="done")
    account, _new = CarrierAccount.objects.get_or_create(carrier="aftership", gateway="aftership", is_active=False)
    pushed = json.dumps({"msg": {"tracking_number": parcel.tracking_number, "signed_by": person.name}}).encode()
    InboxEvent.objects.create(
        account=account, delivery_key=f"push:{person.code}", topic="tracking_update", subject=parcel.tracking_number,
        body=pushed, state="done",
    )  # fmt: skip
    StoreWrite.objects.create(
        store=store, order=order, shipment=parcel, kind="tracking_event", key=f"event:{parcel.uuid}", state="dead",
        payload={"status": "delivered", "message": f"Signed by {person.name}", "place": person.city},
        result={"address": person.street},
    )  # fmt: skip
    StoreWrite.objects.create(
        store=store, order=order, kind="refund", key=f"refund:{order.uuid}", state="dead",
        payload={"amount": 1990, "note": f"to {person.name}"},
    )  # fmt: skip
    refunded = timezone.now()
    Refund.objects.create(order=order, external_id="r1", amount=1990, refunded_at=refunded, note=f"for {person.name}")
    back = {"tracking_number": person.number, "label_url": f"https://labels.example/{person.number}"}
    stated = StoreReturn.objects.create(order=order, external_id="b1", status="open", **back)
    line = order.lines.get()
    StoreReturnLine.objects.create(
        store_return=stated, external_id="l1", order_line=line, quantity=1, note=person.phone
    )
    type(order.customer).objects.filter(pk=order.customer_id).update(consents={"email": "subscribed"})


def _at_the_shop(user: User, person: Person) -> None:
    ShopOrder.objects.create(
        number=f"S-{person.code}", user=user, email=person.email, name=person.name, phone=person.phone,
        street=person.street, postcode=person.postcode, city=person.city,
    )  # fmt: skip
