"""A shop owner connects a store that answers over HTTP, reads it, watches, and leaves: in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.models import Order, Store, StoreRun
from fulfillment.services import runs
from fulfillment.testing.shopify_twin import ShopifyTwin
from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from parcelwise.models import Heartbeat
from parcelwise.testing import run_jobs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ORDERS = 7
#: Kind -> its twin, what is typed by label, and what comes first on the test's table.
PLATFORMS: dict[str, tuple[type[Any], dict[str, str], str]] = {
    "WooCommerce": (WooCommerceTwin, {"Consumer key": "ck_twin", "Consumer secret": "cs_twin"}, "REST API"),
    "Shopify": (
        ShopifyTwin,
        {"Client id": "twin-client-id", "Client secret": "shpss_twin-client-secret"},
        "Access",
    ),
}


@pytest.fixture(params=sorted(PLATFORMS))
def platform(request: Any) -> str:
    return str(request.param)


@pytest.fixture
def twin(platform: str, live_server: Any, settings: Any) -> Iterator[Any]:
    """A shop with a past, which can reach us and whom we can reach."""
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": live_server.url}}
    with PLATFORMS[platform][0]() as twin:
        twin.world.history(orders=ORDERS)
        yield twin


@pytest.fixture
def owner(desk: Any) -> Any:
    """The shop's owner, logged in to the staff pages; a worker is alive."""
    User.objects.create_superuser("ben", password="ben")
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    desk.goto("/admin/")
    desk.get_by_label("Username").fill("ben")
    desk.get_by_label("Password").fill("ben")
    desk.get_by_role("button", name="Log in").click()
    return desk


def take(page: Any, name: str) -> None:
    """A picture in light and in dark, where ``PICTURES`` names a folder for them."""
    if folder := os.environ.get("PICTURES"):
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", full_page=True)


def fill(page: Any, url: str, typed: dict[str, str]) -> None:
    page.get_by_label("Site" if "Consumer key" in typed else "Shop", exact=True).fill(url)
    for label, value in typed.items():
        page.get_by_label(label, exact=True).fill(value)


def test_a_store_is_connected_read_watched_and_left(owner, twin, platform, complaints):
    _twin, typed, first = PLATFORMS[platform]
    owner.goto("/admin/parcelwise_fulfillment/store/")
    take(owner, f"{platform}-0-list")
    owner.get_by_role("link", name="Connect a store").first.click()
    take(owner, f"{platform}-1-choose")
    owner.get_by_role("link", name=platform).click()
    take(owner, f"{platform}-2-form")

    # A secret with a slip of the pen: the store is kept, and says what to do.
    wrong = {label: value + ("x" if "ecret" in label else "") for label, value in typed.items()}
    fill(owner, twin.url, wrong)
    owner.get_by_role("button", name="Test connection").click()
    assert owner.locator(".pw-answer").inner_text() == "Not connected yet"
    assert owner.locator(".pw-cross .pw-remedy").count() >= 1
    take(owner, f"{platform}-3-failed")

    owner.get_by_role("link", name="Type the credentials again").click()
    assert owner.locator('input[type="password"]').first.input_value() == ""
    fill(owner, twin.url, typed)
    owner.get_by_role("button", name="Test and replace").click()
    assert owner.locator(".pw-answer").inner_text() == "Connected. No order has been read yet"
    assert first in owner.locator(".pw-ticks").inner_text()
    assert owner.locator(".pw-cross").count() == 0
    store = Store.objects.get()
    assert str(store.uuid) in owner.locator(".pw-copy").inner_text()
    take(owner, f"{platform}-4-connected")

    owner.get_by_role("button", name="Start first sync").click()
    assert owner.get_by_text("It begins in a moment.").is_visible()
    take(owner, f"{platform}-5-begins")
    [run] = StoreRun.objects.filter(kind="first_sync")
    StoreRun.objects.filter(pk=run.pk).update(began_at=timezone.now(), seen=3, total=ORDERS, doing="reading page 1")
    owner.get_by_text("Reading page 1").wait_for()  # by the script, without a click
    take(owner, f"{platform}-6-half")
    StoreRun.objects.filter(pk=run.pk).update(began_at=None, seen=0, total=None, doing="")
    work_off(run)
    owner.get_by_text(f"Done: {ORDERS} orders").wait_for()
    take(owner, f"{platform}-7-done")
    owner.get_by_role("link", name="See the orders").click()
    rows = owner.locator("#result_list tbody tr")
    rows.first.wait_for()
    assert rows.count() == ORDERS == Order.objects.filter(store=store).count()

    run_jobs()  # what changed while it ran
    owner.goto(f"/admin/parcelwise_fulfillment/store/{store.pk}/change/")
    take(owner, f"{platform}-8-store")
    assert owner.locator(".pw-answer").inner_text() == "Connected and in sync"
    owner.goto("/admin/parcelwise_fulfillment/store/")
    take(owner, f"{platform}-9-list")

    leave_and_come_back(owner, platform, store)
    assert complaints == []
    for secret in typed.values():
        assert secret not in owner.content() or secret == "twin-client-id"


def leave_and_come_back(owner: Any, platform: str, store: Store) -> None:
    owner.goto(f"/admin/parcelwise_fulfillment/store/{store.pk}/change/")
    owner.get_by_role("link", name="Disconnect…").click()
    take(owner, f"{platform}-a-disconnect")
    owner.get_by_role("button", name="Disconnect").click()
    assert owner.locator(".pw-answer").inner_text() == "Disconnected"
    take(owner, f"{platform}-b-disconnected")
    owner.get_by_role("button", name="Connect again").click()
    assert owner.locator(".pw-answer").inner_text() != "Disconnected"


def work_off(run: StoreRun) -> None:
    """Go on until the walk is at its end: a platform may first have to prepare its file."""
    for _round in range(200):
        run_jobs()
        run.refresh_from_db()
        if run.state == "done":
            return
        StoreRun.objects.filter(pk=run.pk, state="waiting").update(not_before=timezone.now())
    raise AssertionError(f"{run.state}: {run.last_error} {run.doing}")


def test_without_script_the_progress_page_reloads_itself(phone, live_server, platform, twin, settings):
    User.objects.create_superuser("ben", password="ben")
    phone.goto("/admin/")
    phone.get_by_label("Username").fill("ben")
    phone.get_by_label("Password").fill("ben")
    phone.get_by_role("button", name="Log in").click()
    phone.goto(f"/admin/parcelwise_fulfillment/store/connect/{platform.lower()}/")
    fill(phone, twin.url, PLATFORMS[platform][1])
    phone.get_by_role("button", name="Test connection").click()
    take(phone, f"{platform}-phone-store")
    phone.get_by_role("button", name="Start first sync").click()
    assert phone.get_by_text("none is running").is_visible()
    take(phone, f"{platform}-phone-progress")
    run = runs.start(Store.objects.get(), StoreRun.Kind.FIRST_SYNC)
    work_off(run)
    phone.get_by_text(f"Done: {ORDERS} orders").wait_for()  # by the page's own refresh
