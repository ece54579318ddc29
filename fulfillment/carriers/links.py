"""Where people can follow a parcel themselves: the carriers' public pages."""

from __future__ import annotations

from urllib.parse import quote

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


def web_address(url: str) -> str:
    """``url`` if a browser may be led there: a store's or a table's word, so never ``javascript:`` or the like."""
    return url if url.lower().startswith(("https://", "http://")) and len(url) <= LONGEST else ""


def tracking_page(carrier: str, number: str) -> str:
    """The public tracking page of ``number``; empty for a carrier without one here."""
    template = TRACKING_PAGES.get(carrier.lower())
    return template.format(quote(number, safe="")) if template and number else ""
