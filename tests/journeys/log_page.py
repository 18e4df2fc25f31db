"""The Log page as a person uses it, shared by its journeys."""

from pathlib import Path

from playwright.sync_api import Page

PHOTOS = [Path(__file__).parent.parent / "data" / "photos" / name for name in ("walk_line3.jpg", "board_monday.jpg")]


def open_log(page: Page, query: str = "") -> None:
    """Open the page and wait until its script has taken over."""
    page.goto("/log/" + query)
    page.wait_for_selector("#log-form[data-ready]")


def ready_for_offline(page: Page, query: str = "") -> None:
    """Wait until the service worker keeps the page, as after any first visit."""
    open_log(page, query)
    page.wait_for_selector("html[data-shell-kept]")
    open_log(page, query)
    assert page.evaluate("navigator.serviceWorker.controller !== null")


def choose(page: Page, label: str) -> None:
    """Tap the tile of a kind."""
    page.locator(".tile", has_text=label).click()
