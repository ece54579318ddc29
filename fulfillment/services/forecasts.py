"""Arrival forecasts: made when something is learned of a parcel, and held against what happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime

from fulfillment.conf import fulfillment as conf
from fulfillment.ml import baseline, features
from fulfillment.ml.features import Question
from fulfillment.ml.lanes import Arrival, Forecaster, Lanes
from fulfillment.models import Forecast, Shipment, Store, TrackingEvent
from fulfillment.services import delays, happenings
from fulfillment.services.delays import announce_pending_delays
from fulfillment.services.lanes import refresh_all_lanes, refresh_lanes
from fulfillment.signals import arrival_forecast
from fulfillment.statuses import FINAL, Direction, OrderStatus, ShipmentStatus
from fulfillment.windows import Window, window_of
from parcelwise.clock import days_between, end_of
from parcelwise.models import Decision
from parcelwise.panels import reference

__all__ = [
    "announce_pending_delays",
    "forecast_all_open",
    "forecast_open",
    "forecaster_of",
    "make_forecast",
    "refresh_all_lanes",
    "refresh_lanes",
    "settle_forecasts",
    "window",
]

#: A chance of being late that moved by less is not worth a new row.
STEP = 0.02
#: Parcels forecast in one transaction by a sweep.
BATCH = 200
#: Nobody waits at the customer's door for a parcel with one of these.
NOT_AWAITED = FINAL | {ShipmentStatus.RETURN_TO_SENDER}


def make_forecast(shipment: Shipment, *, now: datetime | None = None, announce: bool = True) -> Forecast | None:
    """Predict when ``shipment`` arrives. Returns its current forecast, or None when nothing can be said.

    A row and a Decision are written only when the window's days, the promise or the chance of being late changed.
    ``announce=False`` writes without telling anybody. A delivered parcel has its forecasts settled instead.
    """
    now = now or timezone.now()
    if shipment.direction != Direction.OUT:
        return None
    if shipment.status in FINAL:
        settle_forecasts(shipment)
        return None
    if shipment.status in NOT_AWAITED:
        delays.close(shipment, now)
    written = _write([shipment], None, now, announce)
    return written.current.get(shipment.pk)


def forecast_open(store: Store, *, now: datetime | None = None, announce: bool = True) -> int:
    """Predict every open parcel of ``store`` anew: after an import, and as time passes without news.

    Returns how many forecasts were written. Orders imported as history get a forecast but nobody is told.
    """
    now = now or timezone.now()
    forecaster = forecaster_of(store)
    return sum(_write(batch, forecaster, now, announce).fresh for batch in _open_parcels(store, now))


def forecast_all_open(now: datetime | None = None) -> int:
    """:func:`forecast_open` for every active store. Returns how many forecasts were written."""
    return sum(forecast_open(store, now=now) for store in Store.objects.filter(is_active=True))


def forecaster_of(store: Store | int, questions: Iterable[Question] | None = None) -> Forecaster:
    """Who predicts for ``store``, made ready for ``questions`` (None: for any).

    Its lanes, until a learned model has beaten them: this is the one place where a champion comes in.
    """
    return Lanes.of(store, questions)


def window(forecast: Forecast, store: Store) -> Window:
    """The forecast's days in the store's zone."""
    return window_of(forecast.p10, forecast.p50, forecast.p90, store.zone)


def settle_forecasts(shipment: Shipment) -> int:
    """Write into the decisions about ``shipment`` what happened, and end its delay. Returns decisions settled."""
    delivered_at = shipment.delivered_at
    delays.close(shipment, delivered_at or timezone.now())
    if delivered_at is None:
        return 0
    zone = shipment.order.store.zone
    open_decisions = Decision.objects.filter(kind="arrival", subject=reference(shipment), came_true__isnull=True)
    settled = []
    for decision in open_decisions:
        decision.came_true = _came_true(decision.outcome, delivered_at, zone)
        decision.came_true_at = delivered_at
        settled.append(decision)
    Decision.objects.bulk_update(settled, ["came_true", "came_true_at"])
    return len(settled)


def _came_true(outcome: dict[str, Any], delivered_at: datetime, zone: Any) -> dict[str, Any]:
    p10, p50, p90 = (parse_datetime(outcome[name]) for name in ("p10", "p50", "p90"))
    assert p10 and p50 and p90
    said = window_of(p10, p50, p90, zone)
    day = delivered_at.astimezone(zone).date()
    promised = outcome.get("promised_on")
    return {
        "delivered_at": delivered_at.isoformat(),
        "inside_window": said.first <= day <= said.last,
        "off_days": round(days_between(p50, delivered_at), 2),
        "late": delivered_at >= end_of(type(day).fromisoformat(promised), zone) if promised else None,
    }


@dataclass(frozen=True, slots=True)
class _Asked:
    """A parcel with its question and the answer, which may be that nothing can be said."""

    shipment: Shipment
    question: Question
    arrival: Arrival | None

    def differs_from(self, current: Forecast | None, version: str) -> bool:
        """Whether people would be told something else than what the current forecast says."""
        if self.arrival is None:
            return False
        zone, promised_on = self.question.zone, self.question.promised_on
        if current is None or current.promised_on != promised_on or current.version != version:
            return True
        days = window_of(self.arrival.p10, self.arrival.p50, self.arrival.p90, zone)
        if days != window_of(current.p10, current.p50, current.p90, zone):
            return True
        was, is_now = current.p_late, self.arrival.p_late
        if was is None or is_now is None:
            return was is not is_now
        crossed = any((was < line) != (is_now < line) for line in (conf.WARN_ABOVE, conf.CALM_BELOW))
        return crossed or abs(was - is_now) > STEP


@dataclass(frozen=True, slots=True)
class _Written:
    """What a round left behind: the current forecast by parcel, and how many of them are new."""

    current: dict[int, Forecast]
    fresh: int


def _write(shipments: Sequence[Shipment], forecaster: Forecaster | None, now: datetime, announce: bool) -> _Written:
    """Ask, compare with the current forecasts under a lock, write what changed: in a fixed number of queries."""
    questions = _questions([shipment for shipment in shipments if shipment.status not in NOT_AWAITED], now)
    if forecaster is None:
        forecaster = forecaster_of(shipments[0].order.store_id, [question for _, question in questions])
    asked = [_Asked(shipment, question, forecaster.arrival(question)) for shipment, question in questions]
    answered = {row.shipment.pk for row in asked if row.arrival}
    with transaction.atomic():
        # The parcel's row is the lock: two workers with news of one parcel write one after the other.
        locked = Shipment.objects.select_for_update().filter(pk__in=[s.pk for s in shipments]).order_by("pk")
        awaited = set(locked.exclude(status__in=NOT_AWAITED).values_list("pk", flat=True))
        current = {row.shipment_id: row for row in Forecast.objects.filter(shipment__in=shipments, is_current=True)}
        changed = [
            row
            for row in asked
            if row.shipment.pk in awaited and row.differs_from(current.get(row.shipment.pk), forecaster.version)
        ]
        # A window that can no longer be vouched for is withdrawn.
        over = {row.shipment.pk for row in changed} | {s.pk for s in shipments if s.pk not in answered}
        previous = {pk: row for pk, row in current.items() if pk in over}
        Forecast.objects.filter(pk__in=[row.pk for row in previous.values()]).update(is_current=False)
        fresh = _insert(changed, forecaster, now)
        if over:
            Shipment.objects.filter(pk__in=over).update()  # stamps them: their window is another one
        delays.watch([*fresh, *_still_late(asked, current, over)], previous, announce=announce)
        if announce:
            happenings.arrivals_changed(fresh, previous)
            _tell_after_commit(fresh, previous)
    kept = {pk: row for pk, row in current.items() if pk not in over}
    return _Written(kept | {row.shipment_id: row for row in fresh}, len(fresh))


def _still_late(asked: Sequence[_Asked], current: Mapping[int, Forecast], over: set[int]) -> Iterator[Forecast]:
    """Forecasts that stand and say late: nobody may have been told while the carrier was not heard yet."""
    for row in asked:
        kept = current.get(row.shipment.pk)
        if kept and row.shipment.pk not in over and (kept.p_late or 0.0) >= conf.WARN_ABOVE:
            kept.shipment = row.shipment
            yield kept


def _questions(shipments: Sequence[Shipment], now: datetime) -> list[tuple[Shipment, Question]]:
    last_mile = [shipment.pk for shipment in shipments if shipment.status in features.LAST_MILE]
    out_since: dict[int, datetime] = {}
    if last_mile:
        scans = TrackingEvent.objects.filter(shipment__in=last_mile, status=ShipmentStatus.OUT_FOR_DELIVERY)
        out_since = dict(scans.order_by().values_list("shipment_id").annotate(Min("occurred_at")))
    return [(shipment, features.at(shipment, now, out_since.get(shipment.pk))) for shipment in shipments]


def _insert(changed: Sequence[_Asked], forecaster: Forecaster, now: datetime) -> list[Forecast]:
    if not changed:
        return []
    with translation.override(settings.LANGUAGE_CODE):  # reasons are for staff, whoever asked
        decisions = Decision.objects.bulk_create(_decision(row, forecaster, now) for row in changed)
    return Forecast.objects.bulk_create(
        Forecast(
            shipment=row.shipment,
            made_at=now,
            moment=row.question.moment,
            promised_on=row.question.promised_on,
            version=forecaster.version,
            decision=decision,
            **{name: getattr(row.arrival, name) for name in ("p10", "p50", "p90", "p_late")},
        )
        for row, decision in zip(changed, decisions, strict=True)
    )


def _decision(row: _Asked, forecaster: Forecaster, now: datetime) -> Decision:
    question, arrival = row.question, row.arrival
    assert arrival is not None
    return Decision(
        kind="arrival",
        subject=reference(row.shipment),
        version=forecaster.version,
        inputs={"moment": question.moment, **forecaster.inputs(question)},
        outcome={
            "p10": arrival.p10.isoformat(),
            "p50": arrival.p50.isoformat(),
            "p90": arrival.p90.isoformat(),
            "p_late": None if arrival.p_late is None else round(arrival.p_late, 4),
            "promised_on": question.promised_on.isoformat() if question.promised_on else None,
        },
        reasons=forecaster.reasons(question, arrival),
        decided_at=now,
    )


def _tell_after_commit(fresh: Iterable[Forecast], previous: Mapping[int, Forecast]) -> None:
    for forecast in fresh:
        if not forecast.shipment.order.is_history:
            told = {"shipment": forecast.shipment, "forecast": forecast, "previous": previous.get(forecast.shipment_id)}
            transaction.on_commit(partial(arrival_forecast.send_robust, sender=Shipment, **told))


def _open_parcels(store: Store, now: datetime) -> Iterator[list[Shipment]]:
    """Parcels on their way to customers, in batches by key; those out for longer than anything is known of are left."""
    awaited: QuerySet[Shipment] = (
        Shipment.objects.filter(order__store=store, direction=Direction.OUT)
        .exclude(status__in=NOT_AWAITED)
        .exclude(order__status=OrderStatus.CANCELLED)
        .filter(order__placed_at__gt=now - timedelta(days=2 * baseline.HORIZON), order__placed_at__lte=now)
        .select_related("order__store")
        .defer("order__raw")
        .order_by("pk")
    )
    last = 0
    while batch := list(awaited.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk
