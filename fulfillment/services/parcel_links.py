"""The carrier's own page of parcels that have none yet, when staff say what its address is."""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Length, Replace

from fulfillment.carriers.links import LONGEST, NUMBER, fault_of
from fulfillment.models import CarrierAccount, Shipment
from fulfillment.statuses import FINAL


def relink(account: CarrierAccount, before: str = "") -> int:
    """Give parcels under way the account's link: those without one, and those with one by the template ``before``.

    One statement, however many they are. Numbers with anything but letters, digits and dashes keep what they have.
    """
    template = account.link_template
    if not template or fault_of(template):
        return 0
    linked = Q(tracking_url="")
    if before:
        linked |= Q(tracking_url=_filled(before))
    parcels = Shipment.objects.filter(linked, carrier=account.carrier, tracking_number__regex=r"^[A-Za-z0-9-]+$")
    if account.store_id:
        parcels = parcels.filter(order__store=account.store_id)
    else:
        own = CarrierAccount.objects.filter(carrier=account.carrier, is_active=True).exclude(store=None)
        parcels = parcels.exclude(order__store__in=own.values("store"))
    measured = parcels.exclude(status__in=FINAL).annotate(length=Length("tracking_number"))
    fits = measured.filter(length__lte=(LONGEST - len(template)) // max(template.count(NUMBER), 1))
    return Shipment.objects.filter(pk__in=fits.values("pk")).update(tracking_url=_filled(template))


def _filled(template: str) -> Replace:
    number: Any = F("tracking_number")
    return Replace(Value(template), Value(NUMBER), number, output_field=CharField())
