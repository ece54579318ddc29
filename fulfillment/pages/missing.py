"""What to tell somebody whose parcel counts as delivered and is not there: pure, by what was said before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from fulfillment.models import Order, ShipmentException
from fulfillment.pages.known import relative, weekday
from fulfillment.pages.parcel import ParcelView, clock_of
from fulfillment.trouble import Resolution
from parcelwise.clock import day_of

#: Carriers scan ahead of the door; days after the delivery until which a parcel may still turn up by itself.
EARLY_DAYS = 1


class MissingView:
    """The page's answer. Its state is ``first`` (nothing was said), ``open``, ``found`` or ``settled`` by staff."""

    def __init__(
        self, parcel: ParcelView, row: ShipmentException | None, order: Order, now: datetime, *, is_settled: bool
    ) -> None:
        self.parcel, self.row, self.order, self.now = parcel, row, order, now
        self.state = "first" if row is None else "open" if not row.closed_at else "settled" if is_settled else "found"

    @property
    def carrier(self) -> str:
        return self.parcel.carrier or _("the carrier")

    @cached_property
    def may_be_early(self) -> bool:
        """Whether it is worth to wait: it was scanned today or yesterday."""
        day = self.parcel.known.delivered_on
        return bool(day and day >= self.parcel.known.today - timedelta(days=EARLY_DAYS))

    @property
    def wait_until(self) -> str:
        day = self.parcel.known.delivered_on or self.parcel.known.today
        return weekday(day + timedelta(days=EARLY_DAYS))

    @property
    def said(self) -> str:
        """When it was last said, in the reader's time."""
        if self.row is None:
            return ""
        at = self.row.reopened_at or self.row.opened_at
        day = relative(day_of(at, self.parcel.zone), self.parcel.known.today)
        return _("You told us %(day)s at %(time)s.") % {"day": day, "time": clock_of(at, self.parcel.zone)}

    @property
    def outcome(self) -> str:
        """What staff closed it with, in words."""
        return str(Resolution(self.row.resolution).label) if self.row and self.row.resolution else ""

    @property
    def answers_to(self) -> str:
        """Where we write to, with most of it covered: ``a…@example.com``. Empty where no address is known."""
        name, at, host = self.order.contact.email.partition("@")
        return f"{name[:1]}…@{host}" if name and at else ""

    def checks(self) -> Iterator[str]:
        """Where to look first, in the order in which it mostly helps."""
        receipt, carrier = self.parcel.receipt, self.carrier
        if receipt.left_at:
            yield _("Look where %(carrier)s says it was left: “%(place)s”.") % {
                "carrier": carrier,
                "place": receipt.left_at,
            }
        yield _("Look around the house: letter box, garage, terrace, behind plants and bins.")
        if receipt.signed_by:
            yield _("“%(who)s” took it in, says %(carrier)s. Do you know who that is?") % {
                "who": receipt.signed_by,
                "carrier": carrier,
            }
        yield _("Ask everybody in the house, the reception, and neighbours on both sides and across the street.")
        yield _("Look for a card of the driver: it says where the parcel is.")
        if self.may_be_early:
            yield _("Wait until the evening of %(day)s. Drivers at times scan a parcel before it is at the door.") % {
                "day": self.wait_until
            }
