"""Whether a delivery is the sender's: its signature over the bytes as they came, and the shop that it names."""

from __future__ import annotations

from fulfillment.deliveries import Delivery, OutOfTime
from fulfillment.models import Verdict
from fulfillment.services.intake import senders
from fulfillment.services.intake.headers import DeliveryHeaders
from fulfillment.services.intake.patience import Deadline
from fulfillment.services.intake.senders import Sender


class Refused(Exception):
    """A delivery that is not taken. Its text says why, without anything that came with it."""


class NotFollowed(Exception):
    """A delivery of a store that is not followed any more, about something else than erasure."""


def judge(
    sender: Sender, headers: DeliveryHeaders, body: bytes, deadline: Deadline
) -> tuple[Verdict, Delivery, Sender]:
    """Which secret signed it, and what its headers say; Refused when it is not the store's, or NotFollowed."""
    verdict = _verdict(sender, headers, body)
    if verdict is None:
        # The secret may have been replaced a moment ago, in another process.
        sender = senders.anew(sender, deadline) or sender
        verdict = _verdict(sender, headers, body)
    if verdict is None:
        raise Refused(_why_unsigned(sender, headers))
    headers.asked.clear()
    try:
        delivery = sender.webhooks.delivery(headers, body)
    except OutOfTime as error:
        raise Refused("signed, but at another time than now") from error
    except ValueError as error:
        raise Refused("signed, but without the headers of a delivery") from error
    if not sender.is_active and delivery.topic not in sender.webhooks.last_words:
        raise NotFollowed
    if _is_of_another_shop(sender, delivery):
        raise Refused("signed, but in the name of another shop")
    return verdict, delivery, sender


def _verdict(sender: Sender, headers: DeliveryHeaders, body: bytes) -> Verdict | None:
    headers.asked.clear()
    if any(sender.webhooks.is_signed(headers, body, secret) for secret in sender.secrets):
        return Verdict.SIGNED
    if any(sender.webhooks.is_signed(headers, body, secret) for secret in sender.valid_old_secrets):
        return Verdict.OLD_SECRET
    return None


def _why_unsigned(sender: Sender, headers: DeliveryHeaders) -> str:
    if not sender.secrets:
        return "no secret is stored to check them with"
    if missing := headers.missing():
        return f"without the header {' or '.join(missing)}"
    return "the signature does not match"


def _is_of_another_shop(sender: Sender, delivery: Delivery) -> bool:
    """Nobody signs the header: it only shows that a hook of one shop was pointed at the address of another."""
    named, own = delivery.shop.casefold().rstrip("/"), sender.platform_id.casefold().rstrip("/")
    return bool(named and own and named != own)
