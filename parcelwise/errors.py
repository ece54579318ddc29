"""The three ways in which work with the outside world fails. A provider raises nothing else."""

from __future__ import annotations


class ParcelwiseError(Exception):
    """Base of every error that Parcelwise raises on purpose. Its text is a sentence that staff can read."""


class RetryLater(ParcelwiseError):
    """It did not work now and may work later: a time-out, a 5xx, a rate limit.

    ``after`` is the least number of seconds to wait, when the other side named one.
    """

    def __init__(self, message: str, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class GiveUp(ParcelwiseError):
    """It will never work as it is: the other side understood and refused, or the input makes no sense."""


class Misconfigured(ParcelwiseError):
    """It cannot work until a person changes a setting or a credential. The text says which."""
