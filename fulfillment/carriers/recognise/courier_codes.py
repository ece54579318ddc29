"""The names that the published collections of tracking numbers (``jkeen/tracking_number_data``) give carriers."""

from __future__ import annotations

from collections.abc import Iterable

from fulfillment.carriers.recognise.candidates import Candidate

#: Ours -> theirs, where the two differ.
_CODES = {"canadapost": "canada_post", "olddominion": "old_dominion"}
#: Theirs for every post's number of the Universal Postal Union's form.
_POSTAL = "s10"


def courier_codes(candidates: Iterable[Candidate]) -> list[str]:
    """Their names in the order of ``candidates``. A postal number is ``s10``, and then its post's."""
    codes: dict[str, None] = {}
    for each in candidates:
        if each.is_postal:
            codes[_POSTAL] = None
        codes[_CODES.get(each.carrier, each.carrier)] = None
    return list(codes)
