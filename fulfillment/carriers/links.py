"""Where people can follow a parcel themselves: the carriers' public pages."""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

#: Carrier -> address with ``{}`` for the number.
TRACKING_PAGES = {
    "ups": "https://www.ups.com/track?tracknum={}",
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "dhl": "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}&submit=1",
    "gls": "https://gls-group.com/track/{}",
    "dpd": "https://tracking.dpd.de/status/en_US/parcel/{}",
    "hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{}",
    "evri": "https://www.evri.com/track/parcel/{}",
    "royalmail": "https://www.royalmail.com/track-your-item#/tracking-results/{}",
    "postnl": "https://postnl.nl/tracktrace/?B={}",
    "canadapost": "https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={}",
    "correios": "https://rastreamento.correios.com.br/app/index.php?objetos={}",
    "laposte": "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
    "inpost": "https://inpost.pl/en/find-parcel?number={}",
}


#: Longest address that is kept.
LONGEST = 500
#: Where the tracking number goes in an account's own template.
NUMBER = "{number}"


def web_address(url: str) -> str:
    """``url`` if a browser may be led there: a store's or a table's word, so never ``javascript:`` or the like."""
    return url if url.lower().startswith(("https://", "http://")) and len(url) <= LONGEST else ""


def tracking_page(carrier: str, number: str, template: str = "") -> str:
    """The public tracking page of ``number``, by the account's ``template`` or ours; empty for one without either."""
    if not number:
        return ""
    number = quote(number, safe="")
    if template:
        return "" if fault_of(template) else web_address(template.replace(NUMBER, number))
    ours = TRACKING_PAGES.get(carrier.lower())
    return ours.format(number) if ours else ""


def fault_of(template: str) -> str:
    """What is wrong with a template that staff have typed, in a sentence; empty when a browser may be led there."""
    if re.search(r"[\s\\\"'<>`\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2066-\u2069]", template):
        return _("An address has no blanks, quotes, brackets or invisible letters.")
    try:
        parts = urlsplit(template)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        return _("This is no address: %(error)s") % {"error": error}
    rest = template.replace(NUMBER, "")
    found = [
        (parts.scheme != "https" or not host, _("The address must begin with https:// and name a host.")),
        ("@" in parts.netloc, _("The address must not hold a user name or a password.")),
        ("{" in parts.netloc or "}" in parts.netloc, _("The number must not decide which host is opened.")),
        (NUMBER not in template, _("Say with {number} where the tracking number goes.")),
        ("{" in rest or "}" in rest, _("{number} is the only name that is filled in.")),
    ]
    return next((sentence for is_wrong, sentence in found if is_wrong), "")
