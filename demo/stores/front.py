"""What customers and staff do at a store, the same words for every platform. An order is known by its id there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from demo.simulate.year import PlannedOrder
from fulfillment.testing.twins.control import StoreControl

#: Our carriers as shops write their names.
CARRIERS = {"dhl": "DHL", "ups": "UPS", "fedex": "FedEx"}


class StoreFront(ABC):
    """One simulated store, steered by the control API of its twin."""

    kind: ClassVar[str]
    slug: ClassVar[str]
    #: What the store is called here. It says that the platform is not the real one.
    name: ClassVar[str]
    #: Credentials that the twin takes, as ``connect`` wants them.
    credentials: ClassVar[Mapping[str, str]]
    #: Tracking numbers of this store are made from serials from here on.
    serials: ClassVar[int]

    @property
    @abstractmethod
    def control(self) -> StoreControl: ...

    @property
    def url(self) -> str:
        return self.control.url

    @abstractmethod
    def orders(self) -> dict[str, int]:
        """Every order of the store and its total in cents, by the id under which we know it."""

    @abstractmethod
    def place(self, plan: PlannedOrder) -> str:
        """A customer buys. Returns the id of the order."""

    @abstractmethod
    def send(self, order: str, carrier: str, number: str, pieces: Mapping[str, int], *, last: bool = True) -> None:
        """Staff send ``pieces`` (by SKU); with the ``last`` parcel the order is done."""

    @abstractmethod
    def delivered(self, order: str, number: str, at: datetime) -> None:
        """The platform hears that a parcel has come, where it keeps such a thing."""

    @abstractmethod
    def cancel(self, order: str) -> None: ...

    @abstractmethod
    def refund(self, order: str, sku: str, reason: str) -> int:
        """Staff give the money for one piece back. Returns the cents."""

    @abstractmethod
    def change_address(self, order: str, street: str) -> None: ...

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.control.call("GET", "status")
        return status
