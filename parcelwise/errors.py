"""The three ways in which work with the outside world fails. A provider raises nothing else."""

from __future__ import annotations

from datetime import datetime


class ParcelwiseError(Exception):
    """Base of every error that Parcelwise raises on purpose. Its text is a sentence that staff can read."""


class RetryLater(ParcelwiseError):
    """It did not work now and may work later: a time-out, a 5xx, a rate limit.

    ``after`` is the least number of seconds to wait, when the other side named one.
    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class Unanswered(RetryLater):
    """The other side as a whole did not answer: a time-out, a broken line, 5xx, a page instead of JSON.

    A rate limit is none: who says "not so fast" has answered.
    """


class Postponed(RetryLater):
    """The work was not begun, because it would be in vain now; it is no attempt. Raised by who runs jobs.

    ``until``: when it is due again.
    """

    def __init__(self, message: str, until: datetime) -> None:
        super().__init__(message)
        self.until = until


class GiveUp(ParcelwiseError):
    """It will never work as it is: the other side understood and refused, or the input makes no sense."""


class Misconfigured(ParcelwiseError):
    """It cannot work until a person changes a setting or a credential. The text says which."""
