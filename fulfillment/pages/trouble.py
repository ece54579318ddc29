"""What happens next when something went wrong, by whose turn it is. Promises nothing that the software does not do."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fulfillment.statuses import Culprit, Reason, culprit_of


def what_next(reason: str, carrier: str) -> str:
    """What comes next, and what the customer can do, after ``reason`` (may be empty)."""
    name = carrier or _("the carrier")
    by_reason = {
        Reason.CONSIGNEE_INCORRECT_ADDRESS: _(
            "Please check the address on this page and write to us if something is wrong or missing."
        ),
        Reason.CARRIER_ADDRESS_NOT_FOUND: _(
            "Please check the address on this page and write to us if something is wrong or missing."
        ),
        Reason.CUSTOMS_DUTIES_UNPAID: _("%(carrier)s can tell you what is due and how to pay it."),
        Reason.CUSTOMS_DOCUMENTATION: _("%(carrier)s can tell you which papers are missing."),
        Reason.CONSIGNEE_REFUSED: _("If it was a mistake, write to us."),
    }
    by_culprit = {
        Culprit.CARRIER: _("You need not do anything. This page changes with the next scan."),
        Culprit.WEATHER: _("It goes on when the weather allows. You need not do anything."),
        Culprit.RETAILER: _("This is for us to solve. You need not do anything."),
        Culprit.CUSTOMS: _("%(carrier)s can tell you whether customs needs anything from you."),
        Culprit.CONSIGNEE: _(
            "Look at %(carrier)s's page: it says when the driver comes again or where your parcel waits."
        ),
    }
    text = by_reason.get(Reason(reason)) if reason else None
    text = text or by_culprit.get(Culprit(culprit_of(reason))) if reason else text
    text = text or _("You need not do anything. This page changes with the next scan.")
    said = text % {"carrier": name}
    return said[:1].upper() + said[1:]


def keep_asking(carrier: str, is_asked: bool) -> str:
    """What we do about a parcel without news. ``is_asked``: the carrier is still being polled."""
    if is_asked:
        said = _("We keep asking %(carrier)s and show every news here. If you are worried, write to us.")
    else:
        said = _("Write to us, and we will ask %(carrier)s.")
    return said % {"carrier": carrier or _("the carrier")}
