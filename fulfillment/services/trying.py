"""Trying out a carrier account from its staff page: one call, and what came of it in a sentence."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.carriers import AGGREGATORS, gateway_for
from fulfillment.carriers.base import TRACK, Asked
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment
from fulfillment.services import carrier_health
from fulfillment.statuses import ShipmentStatus
from parcelwise.errors import ParcelwiseError

logger = logging.getLogger("parcelwise.fulfillment")


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try brought: whether the account works, and a sentence. Nothing of it is put down at a parcel."""

    good: bool
    words: str


def try_account(account: CarrierAccount, number: str = "") -> Tried:
    """Ask for ``number``, or for the account's newest parcel. Its circuit learns what came, as from any call."""
    asked = Asked(number, account.carrier) if number else _newest(account)
    if asked is None:
        return Tried(False, _("There is no parcel of this carrier yet: type a tracking number to try it out."))
    try:
        gateway = gateway_for(account)
        if TRACK not in gateway.can:
            return Tried(True, _("Parcels of this account are followed by hand; nobody is asked."))
        (answer,) = gateway.track_parcels([asked])
    except Exception as error:
        if not isinstance(error, ParcelwiseError):
            logger.exception("the gateway %s failed on %s", account.gateway, account)
        carrier_health.failed(account, error)
        return Tried(False, str(error) or type(error).__name__)
    if isinstance(answer, TrackingFailure) and not answer.unknown_number:
        return Tried(False, answer.sentence)
    carrier_health.works(account)
    if isinstance(answer, TrackingFailure):
        return Tried(True, _("It answers and takes the credentials. ") + answer.sentence)
    return Tried(True, _("It answers and takes the credentials. ") + _said(answer))


def _newest(account: CarrierAccount) -> Asked | None:
    parcels = Shipment.objects.exclude(tracking_number="").order_by("-pk")
    if account.carrier not in AGGREGATORS:
        parcels = parcels.filter(carrier=account.carrier)
    if account.store_id:
        parcels = parcels.filter(order__store=account.store_id)
    parcel = parcels.first()
    return Asked(parcel.tracking_number, parcel.carrier) if parcel else None


def _said(update: TrackingUpdate) -> str:
    if not update.scans:
        return _("It has no event of %(number)s.") % {"number": update.tracking_number}
    last = max(update.scans, key=lambda scan: scan.occurred_at)
    count = ngettext("%d event of %s.", "%d events of %s.", len(update.scans))
    words = _("The last: “%(words)s”, read as “%(status)s”.")
    read = words % {"words": last.description, "status": ShipmentStatus(last.status).label}
    return f"{count % (len(update.scans), update.tracking_number)} {read}"
