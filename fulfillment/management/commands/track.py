"""``manage.py track CARRIER NUMBER``: ask a carrier about one parcel, now. See ``docs/carriers.md``."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfillment.carriers.names import carrier_name
from fulfillment.facts import Scan
from fulfillment.models import Store
from fulfillment.services.ask_once import NoAccount, OddNumber, Told, UnknownCarrier, UnknownNumber, ask_once
from fulfillment.statuses import ShipmentStatus
from parcelwise.errors import Misconfigured, ParcelwiseError

#: Exit status by what went wrong; the first that fits. 1: the carrier gave no answer, or refused.
EXITS: tuple[tuple[type[ParcelwiseError], int], ...] = (
    (UnknownCarrier, 2),
    (OddNumber, 2),
    (NoAccount, 3),
    (UnknownNumber, 4),
    (Misconfigured, 5),
)


class Command(BaseCommand):
    help = "Ask a carrier about one tracking number, once, over the account that is set up for it. Nothing is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("carrier", metavar="CARRIER", help="ups, fedex, usps, dhl, … or a name like “Royal Mail”")
        parser.add_argument("number", metavar="NUMBER", help="the tracking number, with or without spaces")
        parser.add_argument("--store", default="", help="slug or id of the store whose account is used")
        parser.add_argument("--anyway", action="store_true", help="ask even if the carrier has no such numbers")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            store = a_store(options["store"])
            told = ask_once(options["carrier"], options["number"], store=store, anyway=options["anyway"])
        except ParcelwiseError as error:
            code = next((code for kind, code in EXITS if isinstance(error, kind)), 1)
            if options["json"]:
                self._print({"error": type(error).__name__, "sentence": str(error), "exit": code})
            raise CommandError(printable(str(error)), returncode=code) from error
        if options["json"]:
            self._print(as_json(told))
        else:
            self.stdout.write(as_text(told))

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report, ensure_ascii=False))


def a_store(named: str) -> Store | None:
    """The store of a slug or id; CommandError when there is none."""
    if not named:
        return None
    found = Store.objects.filter(slug=named).first()
    found = found or (Store.objects.filter(pk=int(named)).first() if named.isdecimal() and len(named) < 10 else None)
    if found is None:
        known = ", ".join(Store.objects.order_by("slug").values_list("slug", flat=True)[:20])
        raise CommandError(f"There is no store “{printable(named)}”. Known: {known or 'none'}.", returncode=2)
    return found


def as_text(told: Told) -> str:
    """What the carrier said, for a terminal: newest scan first, times as the clock showed where it happened."""
    scans = _newest_first(told)
    lines = [
        f"{carrier_name(told.carrier)} {told.number}, asked through {told.account.gateway}",
        f"Status: {ShipmentStatus(told.state.status).label}" if scans else "Status: no scans yet",
        f"Estimated delivery: {told.update.estimated_delivery or 'not given'}",
    ]
    width = max((len(when(scan)) for scan in scans), default=0)
    for scan in scans:
        parts = (str(ShipmentStatus(scan.status).label), scan.location, scan.description)
        lines.append(f"  {when(scan):{width}}  {printable(' · '.join(filter(None, parts)))}")
    if told.update.unreadable:
        lines.append(f"{len(told.update.unreadable)} events could not be read.")
    return "\n".join(lines)


def when(scan: Scan) -> str:
    """The scan's local time, and no hour or offset that nobody knows."""
    if scan.zone == "date":
        return f"{scan.occurred_at:%Y-%m-%d}"
    if scan.zone == "assumed":
        return f"{scan.occurred_at:%Y-%m-%d %H:%M} local"
    return scan.occurred_at.isoformat(" ", "minutes")


def as_json(told: Told) -> dict[str, Any]:
    """What the carrier said, for scripts."""
    estimate = told.update.estimated_delivery
    return {
        "carrier": told.carrier,
        "number": told.number,
        "gateway": told.account.gateway,
        "account": told.account.pk,
        "status": told.state.status if told.update.scans else None,
        "reason": told.state.reason,
        "estimated_delivery": estimate.isoformat() if estimate else None,
        "events": [
            {
                "occurred_at": scan.occurred_at.isoformat(),
                "local_time": scan.local_time,
                "zone": scan.zone,
                "status": scan.status,
                "reason": scan.reason,
                "code": scan.code,
                "description": scan.description,
                "location": scan.location,
            }
            for scan in _newest_first(told)
        ],
        "unreadable": len(told.update.unreadable),
    }


def printable(text: str) -> str:
    """``text`` without what would steer a terminal: the words are a carrier's."""
    return "".join(each if each.isprintable() else " " for each in text)


def _newest_first(told: Told) -> list[Scan]:
    return sorted(told.update.scans, key=lambda scan: scan.occurred_at, reverse=True)
