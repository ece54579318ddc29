"""Taking deliveries in: who sent it, is it signed, is it stored. Nothing else happens inside the platform's request."""

from fulfillment.services.intake.after import after_refusing, after_storing
from fulfillment.services.intake.headers import DeliveryHeaders
from fulfillment.services.intake.judge import NotFollowed, Refused, judge
from fulfillment.services.intake.patience import PATIENCE, Deadline
from fulfillment.services.intake.refusals import Door, close, count
from fulfillment.services.intake.rows import keep
from fulfillment.services.intake.senders import Sender, find

__all__ = [
    "PATIENCE",
    "Deadline",
    "DeliveryHeaders",
    "Door",
    "NotFollowed",
    "Refused",
    "Sender",
    "after_refusing",
    "after_storing",
    "close",
    "count",
    "find",
    "judge",
    "keep",
]
