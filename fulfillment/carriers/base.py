"""What a carrier gateway is: the one class between the services and a carrier's wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount

#: What a gateway may be able to do; ``Carrier.can`` holds some of them.
TRACK = "track"


class Carrier:
    """Speaks to one carrier under one account. Subclasses say in ``can`` what they can do.

    Made anew as often as one likes; what is dear to make (connections, tokens) is kept by the subclass per process.
    """

    can: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, account: CarrierAccount) -> None:
        self.account = account

    @property
    def name(self) -> str:
        """The carrier's name for people."""
        return self.account.carrier.upper()

    @property
    def credentials(self) -> dict[str, Any]:
        return dict(cast(Mapping[str, Any], self.account.credentials))

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        """One entry for each asked number, in the order asked.

        What is wrong with one number is a ``TrackingFailure``. What is wrong with the whole account or the carrier
        raises: RetryLater (down, too slow, rate limit), Misconfigured (credentials), GiveUp (it will never work).
        """
        raise NotImplementedError
