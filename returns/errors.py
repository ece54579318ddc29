"""How returns say no."""

from __future__ import annotations

from parcelwise.errors import ParcelwiseError


class ReturnRefused(ParcelwiseError):
    """It cannot be done as asked, and nothing was written. The text is a sentence for the customer."""
