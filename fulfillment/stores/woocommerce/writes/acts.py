"""What all ways of writing to a shop share: look first, prepare, carry out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from fulfillment.models import Store
from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.woocommerce.client import Client


class Act(ABC):
    """One way to carry out one intention. The API takes no key: what was done bears a mark, which is looked for."""

    def __init__(self, store: Store, client: Client, intention: WriteData) -> None:
        self.store, self.client, self.intention = store, client, intention

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.intention.payload

    @property
    def order(self) -> str:
        """The order's place in the API."""
        return f"wc/v3/orders/{self.intention.order_id}"

    @abstractmethod
    def look(self) -> Written | None:
        """What is there of it already."""

    def prepare(self) -> Any:
        """All that has to be read before: until here nothing has been changed."""
        return None

    @abstractmethod
    def carry_out(self, prepared: Any) -> Written:
        """The call that changes something, made once."""


class LeftOut(Act):
    """An intention that this shop does not want to hear of."""

    why = "The shop does not want to be told of this."

    def look(self) -> Written | None:
        return Written(detail={"left_out": self.why})

    def carry_out(self, prepared: Any) -> Written:
        return Written(detail={"left_out": self.why})
