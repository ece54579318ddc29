"""Which account a parcel is asked for over, and that its limit holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fulfillment.carriers import AGGREGATORS, account_for
from fulfillment.models import CarrierAccount, TrackingPoll
from fulfillment.services import carrier_health, poll_board, poll_budget
from fulfillment.services.account_parcels import polls_of
from parcelwise.errors import RetryLater
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db

#: Shippo has no name for a pigeon; the post is asked for over EasyPost and nobody else.
CARRIERS = ("ups", "fedex", "dhl", "pigeon", "")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    poll_budget.forget_pressure()
    yield
    poll_budget.forget_pressure()


def a_poll(carrier: str = "ups", store: Any = None, **columns: Any) -> TrackingPoll:
    shipment = a_shipment(an_order(store=store or a_store()), carrier=carrier)
    return TrackingPoll.objects.create(shipment=shipment, **columns)


@hypothesis_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    accounts=st.sets(
        st.tuples(st.sampled_from(("ups", "fedex", *AGGREGATORS)), st.sampled_from((None, 0, 1)), st.booleans()),
        max_size=8,
    )
)
def test_every_parcel_is_of_the_one_account_that_it_is_asked_for_over(
    accounts: set[tuple[str, int | None, bool]],
) -> None:
    CarrierAccount.objects.all().delete(), TrackingPoll.objects.all().delete()
    stores = [a_store(), a_store()]
    made = {}
    for carrier, place, is_active in sorted(accounts, key=str):
        if (carrier, place) not in made:
            made[carrier, place] = CarrierAccount.objects.create(
                carrier=carrier,
                gateway=carrier if carrier in AGGREGATORS else "easypost",
                store=None if place is None else stores[place],
                is_active=is_active,
                credentials={"api_key": "k"},
            )
    polls = [a_poll(carrier, store) for carrier in CARRIERS for store in stores]
    for account in made.values():
        asked = {poll.pk for poll in polls if account_for(poll.shipment) == account}
        assert set(polls_of(account).values_list("pk", flat=True)) == asked
    shown = {use.account.pk: use.parcels for use in poll_board.board().accounts}
    for account in made.values():
        assert shown.get(account.pk, 0) == polls_of(account).count()


def test_a_limit_holds_for_what_is_asked_through_an_aggregator(settings: Any) -> None:
    account = CarrierAccount.objects.create(carrier="easypost", gateway="easypost", limit_per_day=80)
    batch = [a_poll("ups" if number % 2 else "dhl", value=number) for number in range(30)]
    cut = poll_budget.cut(account, batch)
    assert [poll.value for poll in cut.now] == [29, 28, 27, 26, 25, 24, 23, 22, 21, 20], "an eighth of the day"
    assert len(cut.later) == 20
    assert poll_budget.per_hour(account) == pytest.approx(80 / 24)
    assert poll_budget.pressure(account) > 1, "what is due over the account counts, whatever its carrier"


def test_an_accounts_own_limit_comes_before_that_of_its_carrier(settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"POLL_PER_DAY": {"dhl": 250}}}
    account = CarrierAccount.objects.create(carrier="dhl")
    assert poll_budget.per_day(account) == 250
    account.limit_per_day = 5000
    assert poll_budget.per_day(account) == 5000


def test_parcels_of_a_stores_own_account_do_not_press_on_the_general_one() -> None:
    store = a_store()
    general = CarrierAccount.objects.create(carrier="ups", limit_per_day=24)
    CarrierAccount.objects.create(carrier="ups", store=store)
    for _ in range(20):
        a_poll(store=store)
    assert poll_budget.pressure(general) == 1


def test_the_board_shows_an_aggregators_parcels_and_its_limit() -> None:
    account = CarrierAccount.objects.create(carrier="shippo", gateway="shippo", limit_per_minute=2)
    late = timezone.now() - timedelta(hours=1)
    a_poll("ups"), a_poll("dhl", not_before=late), a_poll("pigeon")
    poll_budget.record(account, 7)
    (use,) = poll_board.board().accounts
    assert (use.name, use.parcels, use.behind, use.this_hour, use.limit) == ("Shippo", 2, 1, 7, 120)


def test_parcels_of_an_aggregator_that_works_again_are_due_and_no_others() -> None:
    CarrierAccount.objects.create(carrier="fedex")
    account = CarrierAccount.objects.create(carrier="easypost", gateway="easypost")
    later = timezone.now() + timedelta(hours=1)
    polls = [a_poll(carrier, not_before=later, attempts=1) for carrier in ("ups", "dhl", "fedex")]
    carrier_health.failed(account, RetryLater("down"))
    carrier_health.works(account)
    due = set(TrackingPoll.objects.filter(not_before__lte=timezone.now()))
    assert due == set(polls[:2])
