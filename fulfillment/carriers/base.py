"""What a carrier gateway is: the one class between the services and a carrier's wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from fulfillment.carriers.pushes.base import Pushes
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount

#: What a gateway may be able to do; ``Carrier.can`` holds some of them.
TRACK = "track"
#: The credential that signs what is pushed to us; a former one is ``old_hook_secret`` and holds until ``old_until``.
HOOK_SECRET = "hook_secret"
_OF_PUSHES = frozenset({HOOK_SECRET, f"old_{HOOK_SECRET}", "old_until"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A parcel that is asked for: its number, and its carrier in our own words."""

    number: str
    carrier: str = ""


class Carrier:
    """Speaks to one carrier under one account. Subclasses say in ``can`` what they can do.

    Made anew as often as one likes; what is dear to make (connections, tokens) is kept by the subclass per process.
    """

    can: ClassVar[frozenset[str]] = frozenset()
    #: How what the carrier pushes to us is recognised and read.
    pushes: ClassVar[Pushes | None] = None

    def __init__(self, account: CarrierAccount) -> None:
        self.account = account

    @property
    def name(self) -> str:
        """The carrier's name for people."""
        return self.account.carrier.upper()

    @property
    def credentials(self) -> dict[str, Any]:
        """What the account's calls are made with."""
        stored = cast(Mapping[str, Any], self.account.credentials)
        return {name: value for name, value in stored.items() if name not in _OF_PUSHES}

    @property
    def is_pushed_to_us(self) -> bool:
        """Whether there is a secret with which pushes can be told from forged ones."""
        return bool(cast(Mapping[str, Any], self.account.credentials).get(HOOK_SECRET))

    def covered(self) -> frozenset[str] | None:
        """Carriers whose parcels can be asked for over an account that is not only for one; None: any carrier's."""
        return frozenset()

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        """One entry for each asked number, in the order asked.

        What is wrong with one number is a ``TrackingFailure``. What is wrong with the whole account or the carrier
        raises: RetryLater (down, too slow, rate limit), Misconfigured (credentials), GiveUp (it will never work).
        """
        raise NotImplementedError

    def track_parcels(self, asked: Sequence[Asked]) -> list[TrackingUpdate | TrackingFailure]:
        """The same for an account over which parcels of several carriers are asked for."""
        return self.track([parcel.number for parcel in asked])
