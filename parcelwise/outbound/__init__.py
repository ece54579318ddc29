"""The one way out: :func:`request` makes every HTTP call of Parcelwise.

A call has a deadline as a whole, a cap on the inflated answer, no redirects unless asked for, and it does not reach
into private networks. It ends in an :class:`Answer` or in RetryLater, GiveUp or Misconfigured.
"""

from parcelwise.outbound.answer import Answer
from parcelwise.outbound.client import request
from parcelwise.outbound.hurry import at_most, capped

__all__ = ["Answer", "at_most", "capped", "request"]
