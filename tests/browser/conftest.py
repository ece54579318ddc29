"""Headless Chromium, where there is one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium_path() -> str:
    """Where Chromium is; empty when there is none."""
    named = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    return named if Path(named).exists() else shutil.which("chromium") or shutil.which("chromium-browser") or ""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running browser. Its driver has an event loop in this thread, so Django must be told that it may go on."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = chromium_path()
    if not path:
        pytest.skip("there is no Chromium here")
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def complaints() -> list[str]:
    """What the browser said in its console: policy violations, missing files."""
    return []


@pytest.fixture
def phone(chromium: Any, live_server: Any, complaints: list[str]) -> Iterator[Any]:
    """A page on a phone without JavaScript."""
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, java_script_enabled=False, base_url=live_server.url
    )
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(15_000)
    yield page
    context.close()


@pytest.fixture
def desk(chromium: Any, live_server: Any, complaints: list[str]) -> Iterator[Any]:
    """A page on a desk with JavaScript."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=live_server.url)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_default_timeout(15_000)
    yield page
    context.close()
