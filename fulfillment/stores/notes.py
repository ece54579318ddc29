"""The carrier and the tracking number in a text that staff wrote, where they are there beyond doubt.

Oscar, for one, says of the notes of a shipping event that they "could be the dispatch reference, or a tracking number".
A wrong number shows a customer somebody else's parcel, so a text that could be anything is read as nothing.
"""

from __future__ import annotations

import re

from fulfillment.carriers.recognise import PROOF, recognise, sole

#: How staff write a carrier -> the carrier.
CARRIERS = {
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "dhl": "dhl",
    "gls": "gls",
    "dpd": "dpd",
    "hermes": "hermes",
    "evri": "evri",
    "royal mail": "royalmail",
    "royalmail": "royalmail",
    "postnl": "postnl",
    "canada post": "canadapost",
    "correios": "correios",
    "la poste": "laposte",
    "colissimo": "laposte",
    "inpost": "inpost",
}

_CARRIER = re.compile(rf"\b({'|'.join(map(re.escape, sorted(CARRIERS, key=len, reverse=True)))})\b", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:tracking|track|trace|tracked|parcel|shipment|consignment)\b", re.IGNORECASE)
_FILLING = re.compile(r"\b(?:number|no|nr|code|id|with|by|via|sent|shipped|express)\b\.?|[:#()\[\],;=]", re.IGNORECASE)
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{6,38}[A-Z0-9]", re.IGNORECASE)


def carrier_and_number(notes: str, carrier: str = "") -> tuple[str, str]:
    """What ``notes`` say, each part empty where they do not. ``carrier`` is whom the shop sends with if they name none.

    Taken as a number is the only word left beside carriers and words like "tracking number", if it has the form of one
    and the text names a carrier, calls it a tracking number, or the number itself proves what it is.
    """
    named = {CARRIERS[found.lower()] for found in _CARRIER.findall(notes)}
    if len(named) > 1:
        return "", ""
    rest = _CARRIER.sub(" ", notes)
    is_labelled = bool(_LABEL.search(rest))
    words = _FILLING.sub(" ", _LABEL.sub(" ", rest)).split()
    number = _number(words)
    proven = _proven(number)
    said = next(iter(named), "") or proven or carrier
    if number and (said or is_labelled):
        return said, number
    return next(iter(named), ""), ""


def _number(words: list[str]) -> str:
    """The number that ``words`` are; empty when they are anything else too. Printed in groups, it is put together."""
    together = "".join(words).upper()
    if len(words) > 1 and not (all(word.isalnum() and len(word) <= 8 for word in words) and _proven(together)):
        return ""
    is_number = _NUMBER.fullmatch(together) and sum(letter.isdigit() for letter in together) >= 6
    return together if is_number else ""


def _proven(number: str) -> str:
    """The carrier whose form and check digit ``number`` has and no other's."""
    found = sole(recognise(number), proof=PROOF)
    return found.carrier if found else ""
