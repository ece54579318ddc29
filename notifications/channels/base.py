"""What a channel is: a way to carry a rendered message to a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from parcelwise.errors import RetryLater
from parcelwise.models import Contact


class Unsure(RetryLater):
    """The line broke after the message was handed over: the other side may have it or not."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message ready to go. ``key`` is the same at every attempt, so that a doubled sending can be recognised."""

    key: str
    address: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""


class Channel:
    """Subclass it, name it in ``PARCELWISE["NOTIFICATIONS"]["CHANNELS"]`` and list it in ``SEND_BY``."""

    name: ClassVar[str]

    def address(self, contact: Contact) -> str:
        """Where this channel reaches ``contact``; empty when it cannot."""
        raise NotImplementedError

    def send(self, envelope: Envelope) -> str:
        """Hand the message over and return the provider's id of it.

        Raises RetryLater (it was not taken now), Unsure (it may have been taken), GiveUp (this address or message
        will never be taken) or Misconfigured (nothing will be taken until staff change a setting).
        """
        raise NotImplementedError
