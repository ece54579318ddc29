"""What the schedule may call. Each takes nothing and may run twice."""

from __future__ import annotations

from fulfillment.services import (
    connect,
    courier_learning,
    courier_runs,
    forecasts,
    hooks,
    inbox,
    positions,
    routes,
    runs,
    scan_profiles,
    silence,
    staff_mail,
    store_watch,
    sync,
    trouble,
    writes,
)


def reconcile_stores() -> int:
    """Record what the project's own models hold and signals did not tell (bulk operations, down time)."""
    return sum(found.recorded for found in sync.sweep_all())


def refresh_lanes() -> None:
    """Bring lane statistics up to the deliveries completed until now."""
    forecasts.refresh_all_lanes()


def refresh_scan_profiles() -> int:
    """Learn when carriers scan from the scans known until now."""
    return scan_profiles.refresh_profiles()


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


def find_trouble() -> int:
    """Look at every parcel under way: silence is no event. Returns exceptions opened."""
    return trouble.sweep().opened


def mail_staff() -> int:
    """Mail the shop's staff what is new among exceptions. Returns how many."""
    return staff_mail.mail_staff()


def refresh_silence() -> int:
    """Learn anew how long healthy parcels stay without a scan. Returns the parcels that it rests on."""
    return silence.refresh_silence()


def refresh_stretch() -> int:
    """Learn from the scans of the last days how much slower carriers are just now."""
    return silence.refresh_stretch()


def tend_runs() -> None:
    """Look after couriers' runs: end forgotten ones, ask for their routes, learn from those that are over."""
    courier_runs.end_forgotten()
    positions.look_again()
    routes.ask_all()
    courier_learning.learn_all()


def forget_positions() -> int:
    """Delete positions of couriers that were kept long enough. Returns how many."""
    return positions.forget_old()
