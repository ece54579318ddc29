"""What the schedule may call. Each takes nothing and may run twice."""

from __future__ import annotations

from fulfillment.services import forecasts, sync


def reconcile_stores() -> int:
    """Record what the project's own models hold and signals did not tell (bulk operations, down time)."""
    return sum(found.recorded for found in sync.sweep_all())


def refresh_lanes() -> None:
    """Bring lane statistics up to the deliveries completed until now."""
    forecasts.refresh_all_lanes()


def forecast_open_parcels() -> int:
    """Predict open parcels anew: silence is news as well."""
    return forecasts.forecast_all_open()


def announce_pending_delays() -> int:
    """Tell of delays whose process died between writing and telling."""
    return forecasts.announce_pending_delays()
