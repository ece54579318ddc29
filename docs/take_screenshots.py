#!/usr/bin/env python3
"""Take the pictures in ``docs/images`` from a running demo.

    python docs/take_screenshots.py [BASE_URL] [FOLDER]

Needs playwright and Chromium (``CHROMIUM`` names it when it is not ``/usr/bin/chromium``). Logs in as ana and as ben.
A return is started for the picture when Ana has none that is approved.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
#: Which of Ana's orders makes the best picture, by the word on its badge.
WORDS = ("Delayed", "On its way", "Out for delivery", "Picked up", "Label made", "Delivered")


def main(arguments: Sequence[str]) -> int:
    base = arguments[0].rstrip("/") if arguments else "http://127.0.0.1:8000"
    folder = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).parent / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=list(FLAGS)
        )
        order = take_of_customer(browser, base, folder)
        take_of_staff(browser, base, folder, order)
        browser.close()
    for picture in sorted(folder.glob("*.png")):
        print(f"{picture}  {picture.stat().st_size // 1024} kB")
    return 0


def take_of_customer(browser: Browser, base: str, folder: Path) -> str:
    """Ana's pictures. Returns the number of the order in them."""
    page = logged_in(browser, base, "ana", DESK)
    page.goto(f"{base}/account/")
    page.screenshot(path=folder / "orders.png")
    address, number = best_order(page)
    for name, options in (
        ("order", DESK),
        ("order-dark", {**DESK, "color_scheme": "dark"}),
        ("order-phone", PHONE),
        ("order-phone-dark", {**PHONE, "color_scheme": "dark"}),
    ):
        shot(logged_in(browser, base, "ana", options), f"{base}{address}", folder / f"{name}.png")
    returned = a_return(page, base)
    page.goto(f"{base}{returned}")
    page.screenshot(path=folder / "return.png", full_page=True)
    shot(logged_in(browser, base, "ana", PHONE), f"{base}{returned}", folder / "return-phone.png")
    return number


def take_of_staff(browser: Browser, base: str, folder: Path, order: str) -> None:
    page = logged_in(browser, base, "ben", DESK)
    page.goto(f"{base}/admin/parcelwise_fulfillment/order/?q={order}")
    page.get_by_role("link", name=order, exact=True).first.click()
    page.screenshot(path=folder / "admin-order.png", full_page=True)
    stores, deliveries = (f"{base}/admin/parcelwise_fulfillment/{name}/" for name in ("store", "inboxevent"))
    shot(page, f"{stores}connect/shopify/", folder / "admin-connect.png", height=960)
    shot(page, deliveries, folder / "admin-deliveries.png", height=800)
    shot(page, f"{base}/admin/parcelwise_fulfillment/shipmentexception/", folder / "admin-exceptions.png", height=800)
    shot(page, f"{base}/admin/parcelwise_analytics/kpi/", folder / "kpi.png", height=1340)


def logged_in(browser: Browser, base: str, login: str, options: dict[str, Any]) -> Page:
    page = browser.new_context(**options).new_page()
    page.goto(f"{base}/login/")
    page.get_by_label("Username").fill(login)
    page.get_by_label("Password").fill(login)
    page.get_by_role("button", name="Log in").click()
    return page


def shot(page: Page, address: str, file: Path, *, height: int = 0) -> None:
    response = page.goto(address)
    if response is None or response.status != 200:
        sys.exit(f"{address} answers {response.status if response else 'nothing'}")
    if height:
        page.set_viewport_size({"width": 1280, "height": height})
    page.screenshot(path=file, full_page=not height)


def best_order(page: Page) -> tuple[str, str]:
    """Address and number of the order whose page shows most."""
    cards = page.locator(".order-card")
    for word in WORDS:
        fitting = cards.filter(has=page.locator(".badge", has_text=word))
        if fitting.count():
            return address_and_number(fitting.first)
    if not cards.count():
        sys.exit("Ana has no orders: is this the demo?")
    return address_and_number(cards.first)


def address_and_number(card: Any) -> tuple[str, str]:
    words = card.locator("p").first.inner_text()
    return card.locator("a.whole").get_attribute("href"), words.split()[-1]


def a_return(page: Page, base: str) -> str:
    """Address of an approved return of Ana's; starts one when there is none."""
    page.goto(f"{base}/account/")
    addresses = [link.get_attribute("href") for link in page.locator("a.whole").all()]
    startable = ""
    for address in addresses:
        page.goto(f"{base}{address}")
        approved = page.get_by_role("link", name="Approved. Print your label")
        if approved.count():
            return str(approved.first.get_attribute("href"))
        start = page.get_by_role("link", name="Return something")
        startable = startable or (str(start.get_attribute("href")) if start.count() else "")
    if not startable:
        sys.exit("None of Ana's orders on the first page can be returned.")
    page.goto(f"{base}{startable}")
    page.locator(".pick input").first.check()
    page.get_by_label("I changed my mind").first.check()
    page.get_by_role("button", name="Get your answer").click()
    return page.url.removeprefix(base)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
