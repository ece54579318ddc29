"""Returns, from the wish to the end: all that pages, the admin and other apps call.

Every step is one :func:`parcelwise.changes.move` with who, when and why.
"""

from returns.errors import ReturnRefused
from returns.services.opening import Item, open_return, overrule
from returns.services.progress import cancel, close, follow_parcel, hand_over, receive
from returns.services.standing import Returnable, returnable

__all__ = [
    "Item",
    "ReturnRefused",
    "Returnable",
    "cancel",
    "close",
    "follow_parcel",
    "hand_over",
    "open_return",
    "overrule",
    "receive",
    "returnable",
]
