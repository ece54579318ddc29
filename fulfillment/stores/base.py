"""What a platform of stores has to be able to do: Shopify, WooCommerce, and whatever others write.

Subclass :class:`Platform`, and name the class in ``PARCELWISE["FULFILLMENT"]["PLATFORMS"]``. A platform raises
RetryLater, GiveUp or Misconfigured and nothing else; what it reads it hands on as facts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone

from fulfillment.deliveries import Delivery as Delivery
from fulfillment.deliveries import Headers as Headers
from fulfillment.deliveries import Webhooks as Webhooks
from fulfillment.facts import Address, CustomerData, OrderData
from fulfillment.models import Store
from parcelwise.errors import RetryLater


@dataclass(frozen=True, slots=True)
class ProxyCall:
    """A visit to our pages under the shop's own domain, as the platform passed it on and signed it.

    ``shop`` is whose domain it is, in the words of ``Store.platform_id``; ``prefix`` the path there under which our
    pages are, without the final slash. ``customer`` is the external id of who is logged in to the shop, empty when
    nobody is; ``query`` what stood behind the visitor's own address.
    """

    shop: str
    prefix: str
    customer: str = ""
    query: str = ""


class Proxy(ABC):
    """How the platform passes visits to the shop's own domain on to us."""

    #: How paths begin that a shop can give to an app.
    prefixes: ClassVar[tuple[str, ...]]
    #: Which of the store's credentials signs the visits.
    signed_with: ClassVar[str] = "client_secret"
    #: Path under the shop's domain at which its customers log in.
    login_path: ClassVar[str] = "/"

    @abstractmethod
    def read(self, query: str, secret: str, now: datetime) -> ProxyCall:
        """What the query string of a call says, if ``secret`` signed it and it is of ``now``.

        ValueError with the reason in few words otherwise, without anything that came with the call.
        """


@dataclass(frozen=True, slots=True)
class News:
    """One thing that a delivery is about.

    ``kind``: ``order``, ``order_gone``, ``customer``, ``customer_gone``, ``data_request``, ``redact``,
    ``redact_store``, ``uninstalled``, ``hooks`` (subscriptions or scopes changed), ``run`` (a long operation of ours
    ended), ``changes`` (something changed, and the delivery does not name it). ``external_id``: the order or customer.
    ``order`` and ``customer``: what the delivery itself states. ``fetch``: the current object must be asked for,
    because the delivery does not say all. ``payload``: of privacy topics.
    """

    kind: str
    external_id: str = ""
    order: OrderData | None = None
    customer: CustomerData | None = None
    fetch: bool = False
    payload: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An order in a page or a file that made no sense: its id, why, and its raw text."""

    external_id: str
    sentence: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some orders of a walk. ``cursor`` is JSON with which the walk goes on; None: this was the last page.

    ``total`` is how many there are in all, if the platform says. ``doing`` is for people who watch. A page may be empty
    when the platform is still preparing; ``wait`` is then the number of seconds after which to ask again.
    """

    orders: tuple[OrderData, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    cursor: Mapping[str, Any] | None = None
    total: int | None = None
    doing: str = ""
    wait: float = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """One line of the connection test: what was looked at, whether it is good, what was found, and the remedy."""

    what: str
    good: bool
    found: str = ""
    remedy: str = ""
    #: Not good, but the store works without it.
    minor: bool = False


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What a platform says of the shop itself. What it does not say is empty.

    ``time_zone`` is an IANA name, ``platform_id`` whose delivery a delivery says it is (``Delivery.shop``).
    """

    name: str = ""
    currency: str = ""
    time_zone: str = ""
    support_email: str = ""
    platform_id: str = ""
    address: Address = Address()


@dataclass(frozen=True, slots=True)
class HookReport:
    """What became of the subscriptions: topics in order, those made or mended now, and those that could not be."""

    good: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WriteData:
    """One intention of the outbox. ``kind`` is a value of WriteKind; ``payload`` as docs/stores.md says.

    ``began_at``: an earlier try may have changed something since then, so look before you write. ``earlier`` is what
    the platform called the result of the write that this one builds on.
    """

    kind: str
    key: str
    order_id: str
    payload: Mapping[str, Any]
    began_at: datetime | None = None
    earlier: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """The platform's confirmation: what it calls the result, and what is worth keeping of its answer."""

    external_id: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


class NothingHappened(RetryLater):
    """A write did not come about and has certainly changed nothing there, so that the next try need not wait."""


class Platform(ABC):
    """One store on a platform elsewhere. Make one for a piece of work and throw it away."""

    kind: ClassVar[str]
    label: ClassVar[str]
    webhooks: ClassVar[Webhooks]
    #: Set by platforms that show pages of ours under the shop's own domain.
    proxy: ClassVar[Proxy | None] = None
    #: Minutes between two walks over what has changed there.
    reconcile_minutes: ClassVar[int] = 60
    #: Seconds after a broken try in which it may still come to its effect there. A write is not tried again before.
    settle_seconds: ClassVar[int] = 0
    #: Orders that :meth:`read_orders` takes at a time.
    read_batch: ClassVar[int] = 1
    #: Values of WriteKind that the platform can take; others are not queued for it.
    writes: ClassVar[frozenset[str]] = frozenset()
    #: Rights that a shop's owner has to give us on the platform, where it has names for them.
    scopes: ClassVar[Sequence[str]] = ()

    def __init__(self, store: Store) -> None:
        self.store = store

    # Deliveries

    @abstractmethod
    def understand(self, topic: str, body: bytes) -> Sequence[News]:
        """What a delivery is about. GiveUp when its body makes no sense; no news for a topic that is not known."""

    def knows_topic(self, topic: str) -> bool:
        """Whether ``topic`` is one that :meth:`understand` was written for."""
        return True

    # Reading

    @abstractmethod
    def read_orders(self, ids: Sequence[str]) -> Mapping[str, OrderData | Unreadable | None]:
        """The orders as they are now; None for one that is gone. An id that is not in the answer is left as it is."""

    @abstractmethod
    def read_customer(self, external_id: str) -> CustomerData | None:
        """The customer as they are now; None when they are gone."""

    @abstractmethod
    def changes(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        """The next page of orders that changed at or after ``since``, oldest first. ``cursor`` is empty at first."""

    @abstractmethod
    def everything(self, cursor: Mapping[str, Any]) -> Page:
        """The next page of all orders, for the first sync."""

    # Connection

    @abstractmethod
    def repair_hooks(self, url: str) -> HookReport:
        """Bring the platform's subscriptions in order, so that it tells ``url`` all we want to hear.

        Signed with the secret that the store has now, where it is ours to choose.
        """

    @abstractmethod
    def remove_hooks(self, url: str) -> int:
        """Take our subscriptions back (the store is disconnected). Returns how many there were."""

    @abstractmethod
    def check(self, hook_url: str) -> Iterator[Tick]:
        """Test the connection: address, credentials, scopes, clock, version, webhooks. Raises nothing."""

    def outlook(self) -> str:
        """A sentence about what will stop working at the platform one day unless staff act; asked without a call."""
        return ""

    def ping(self) -> None:
        """Ask something small that every job depends on: raises what any call raises when nobody answers."""
        self.changes(timezone.now(), {})

    def describe(self) -> ShopFacts:
        """What the platform says of the shop, asked when it is connected."""
        return ShopFacts()

    # Writing

    def look(self, intention: WriteData) -> Written | None:
        """What an earlier try of ``intention`` has led to; None: nothing that can be seen there, or not yet."""
        return None

    def write(self, intention: WriteData) -> Written:
        """Carry out one intention; GiveUp with the platform's own words when it refuses. Twice is once."""
        raise NotImplementedError
