"""Setting the demo up: tables, logins, carriers, and a year of orders. Quick and harmless when done before."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.error import URLError

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from demo.parcelwise_adapter import ShopStore
from demo.simulate import live
from demo.simulate import shop as rows
from demo.simulate.cast import some_people
from demo.simulate.history import HistoryWriter
from demo.simulate.joined import place_joined
from demo.simulate.recent import one_of_each
from demo.simulate.returns import orders_with_parcels, write_returns
from demo.simulate.year import PlannedOrder, plan_year
from demo.stores import connecting
from fulfillment.models import CarrierAccount
from fulfillment.services import forecasts
from fulfillment.testing.carrier_twin import CarrierTwin, TwinControl, carrier_accounts
from parcelwise.background import run_due
from parcelwise.models import Heartbeat
from parcelwise.outbound import pool
from returns.models import ReturnPolicy

#: Orders younger than this go through the shop, the worker and the carriers; older ones are written as history.
LIVE_DAYS = 9
SEED = 20261
BEGUN, DONE = "demo: year begun", "demo: year written"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Progress:
    """A line that counts up on a terminal, and now and then a line where there is none."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.shown = what, total, 0.0

    def __call__(self, done: int) -> None:
        last = done >= self.total
        if not last and time.monotonic() - self.shown < (0.2 if sys.stderr.isatty() else 5):
            return
        self.shown = time.monotonic()
        end = "\r" if sys.stderr.isatty() and not last else "\n"
        print(f"  {self.what}: {done:,} of {self.total:,}", file=sys.stderr, end=end, flush=True)


def set_up(orders: int, store_twins: Mapping[str, str] | None = None) -> None:
    """Bring the data base to the state in which the demo starts.

    ``store_twins``: kind of platform -> where its twin is to be; None leaves the stores as they are.
    """
    if not settings.DEMO_LOGINS:
        sys.exit("The demo makes logins that everybody knows, one of them staff: it does not run with these settings.")
    call_command("migrate", verbosity=0)
    if not _exists(DONE):
        _set_up_shop(orders)
    if store_twins and not connecting.are_up_to_date(store_twins):
        say("Connecting the simulated stores on Shopify and WooCommerce …")
        with_twin(lambda twin: connecting.set_up(store_twins, twin))


def _set_up_shop(orders: int) -> None:
    if _exists(BEGUN):
        say("The last set-up was interrupted; starting over.")
        call_command("flush", interactive=False, verbosity=0)
    _mark(BEGUN)
    rows.ensure_logins()
    store = ShopStore().store()
    ReturnPolicy.objects.get_or_create(store=store, defaults={"window_days": 30})
    for columns in carrier_accounts(settings.TWIN_URL).values():
        CarrierAccount.objects.get_or_create(carrier=columns["carrier"], store=None, defaults=columns)
    with_twin(lambda twin: _write_year(orders, twin))
    _mark(DONE)


def with_twin(work: Callable[[TwinControl], None]) -> None:
    """Run ``work`` with the twin at ``TWIN_URL``: the one that runs there, or our own for as long as it takes."""
    control = TwinControl(settings.TWIN_URL)
    if _answers(control):
        work(control)
        return
    port = int(settings.TWIN_URL.rsplit(":", 1)[1])
    try:
        with CarrierTwin(port, state=settings.VAR / "twin.sqlite3") as twin:
            work(twin.control)
    finally:
        pool.close()  # a connection that is kept for the next call would reach a twin that is gone


def _answers(control: TwinControl) -> bool:
    try:
        control.status()
    except (URLError, OSError):
        return False
    return True


def _write_year(orders: int, twin: TwinControl) -> None:
    dice, now = random.Random(SEED), timezone.now()
    say(f"Writing a year of a shop with about {orders:,} orders …")
    people = [rows.ANA, rows.CLEO, *some_people(dice, max(orders // 3, 10))]
    plans = list(plan_year(dice, people, orders, until=now))
    border = now - timedelta(days=LIVE_DAYS)
    past = [plan for plan in plans if plan.bought_at < border]
    recent = [plan for plan in plans if plan.bought_at >= border] + _for_the_logins(dice)
    users = {person.email: live.user_id_of(person.email) for person in (rows.ANA, rows.CLEO)}
    writer = HistoryWriter(ShopStore(), now, {mail: pk for mail, pk in users.items() if pk})
    writer.write(past, Progress("orders of the past", len(past)))
    say(f"  returns: {write_returns(dice, orders_with_parcels(), now):,}")
    forecasts.refresh_lanes(writer.store)
    recent.sort(key=lambda plan: plan.bought_at)
    progress = Progress("orders of the last days, through the shop's own models", len(recent))
    for number, plan in enumerate(recent, 1):
        live.place_all([plan], twin)
        progress(number)
    place_joined(rows.ANA, twin)
    say("  asking the carriers …")
    while run_due(60):
        pass


def _for_the_logins(dice: random.Random) -> list[PlannedOrder]:
    """Orders that Ana and Cleo can look at."""
    return one_of_each(dice, (rows.ANA, rows.CLEO), timezone.now())


def _exists(name: str) -> bool:
    return Heartbeat.objects.filter(name=name).exists()


def _mark(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})
