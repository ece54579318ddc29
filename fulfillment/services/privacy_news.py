"""What a platform asks for in the name of a person's rights: a copy of what is held, and that it is erased."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fulfillment.erased import customer_stone, email_stone, order_stone, store_stone
from fulfillment.models import Customer, InboxEvent, Store
from fulfillment.stores.base import News
from parcelwise.models import Contact
from parcelwise.panels import reference
from parcelwise.privacy.requests import Whom, request_erasure, request_export
from parcelwise.privacy.tombstones import Stone


def export_wanted(store: Store, news: News, event: InboxEvent) -> None:
    """A customer wants to know what is held of them; the shop has thirty days to answer."""
    email, _phone = _names(news)
    whom = Whom(contacts=tuple(_contacts(store, news)), finder=_FINDER, args={"email": email, "store": store.slug})
    request_export(whom, reference=_asked(store, event), subject=email or news.external_id, key=_key(event))


def erasure_wanted(store: Store, news: News, event: InboxEvent) -> None:
    """A customer is to be forgotten. Their names are barred at once, the rows follow as work of a worker."""
    email, phone = _names(news)
    whom = Whom(
        contacts=tuple(_contacts(store, news)),
        finder=_FINDER,
        args={"email": email, "store": store.slug},
        stones=tuple(_stones(store, news, email)),
        words=tuple(filter(None, (email, phone))),
        records=(reference(event),),
    )
    request_erasure(whom, reference=_asked(store, event), subject=email or news.external_id, key=_key(event))


def store_erasure_wanted(store: Store, news: News, event: InboxEvent) -> None:
    """The shop has left the platform: all its customers are to be forgotten."""
    whom = Whom(
        finder="fulfillment.privacy.contacts_of_store",
        args={"store": str(store.uuid)},
        stones=(store_stone(store),),
        records=(reference(store),),
    )
    request_erasure(whom, reference=_asked(store, event), subject=store.name, key=_key(event), everybody=True)


_FINDER = "fulfillment.services.privacy_news.contacts_called"


def contacts_called(email: str, store: str) -> list[int]:
    """Keys of the contacts of the store's customers with this e-mail address; none for an empty one."""
    if not email:
        return []
    found = Customer.objects.filter(store__slug=store, contact__email__iexact=email)
    return sorted(set(found.values_list("contact", flat=True)))


def _contacts(store: Store, news: News) -> Sequence[int]:
    orders = [str(each) for each in news.payload.get("orders", ())]
    theirs = Contact.objects.filter(pk__in=Customer.objects.filter(store=store, external_id=news.external_id or "-")
                                    .values("contact"))  # fmt: skip
    named = Customer.objects.filter(store=store, orders__external_id__in=orders, external_id__in=orders)
    return sorted({*theirs.values_list("pk", flat=True), *named.values_list("contact", flat=True)})


def _stones(store: Store, news: News, email: str) -> list[Stone]:
    stones = [order_stone(store, str(each)) for each in news.payload.get("orders", ())]
    if news.external_id:
        stones.append(customer_stone(store, news.external_id))
    return [*stones, email_stone(store, email)] if email else stones


def _names(news: News) -> tuple[str, str]:
    person: Any = news.payload.get("customer")
    person = person if isinstance(person, dict) else {}
    return str(person.get("email") or "").strip().lower(), str(person.get("phone") or "").strip()


def _asked(store: Store, event: InboxEvent) -> str:
    return f"{store.name}: {event.topic}"


def _key(event: InboxEvent) -> str:
    return f"inbox:{event.store_id}:{event.delivery_key}"
