"""What the schedule may call. Each takes nothing and may run twice."""

from __future__ import annotations

from fulfillment.services import connect, forecasts, hooks, inbox, runs, store_watch, sync, writes


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


def reconcile_platforms() -> int:
    """Start the walks over what changed at the platforms, where one is due."""
    return runs.start_due()


def read_open_orders() -> int:
    """Start the nightly walks that compare every open order with its platform."""
    return runs.start_deep()


def look_after_webhooks() -> int:
    """Find subscriptions at the platforms that are missing or off, and mend them."""
    return hooks.repair_all()


def announce_pending_writes() -> int:
    """Tell of confirmed writes whose process died between writing and telling."""
    return writes.announce_pending()


def forget_deliveries() -> int:
    """Delete old raw deliveries."""
    return inbox.forget_old()


def watch_stores() -> int:
    """Test stores that have not been connected yet, and note for staff which stores are behind."""
    connect.establish_pending()
    return store_watch.watch()
