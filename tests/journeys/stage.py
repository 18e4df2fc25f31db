"""What a journey with several people over several months needs: a clock that is set, and a person at a device."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from qms.models import User
from tests.journeys.conftest import OpenPage, assert_accessible, assert_targets_for_thumbs

PATIENCE = 60_000  # ms; a pack is built within the request that asks for it, and the machine may be busy


class Clock:
    """The product's clock: set to a moment, it goes on from there as clocks do. Browsers keep their own."""

    def __init__(self, patch: pytest.MonkeyPatch, start: datetime) -> None:
        self.set(start)
        patch.setattr(timezone, "now", self)

    def __call__(self) -> datetime:
        return self.start + timedelta(seconds=time.monotonic() - self.set_at)

    def set(self, moment: datetime) -> None:
        """Go on from this moment; sessions older than two weeks have then run out, as they would have."""
        self.start, self.set_at = moment.astimezone(UTC), time.monotonic()


class Player:
    """Somebody in front of a device, who looks at every page that opens."""

    def __init__(self, page: Page, device: str, name: str, shot: Callable[..., None]) -> None:
        self.page, self.device, self.name, self.shot = page, device, name, shot
        self.seen = 0

    @property
    def main(self) -> Locator:
        return self.page.locator("main")

    def go(self, address: str) -> Player:
        """Open an address and look."""
        self.page.goto(address)
        return self.look()

    def look(self) -> Player:
        """Fail on what somebody who cannot see or point well would stumble over."""
        self.seen += 1
        self.shot(self.page, f"{self.device}-{self.name}-{self.seen:02}", full=True)
        assert_accessible(self.page)
        if self.device == "phone":
            assert_targets_for_thumbs(self.page)
        return self

    def follow(self, name: str | re.Pattern[str]) -> Player:
        """Follow the link of that name, out of the menu if it lies in one."""
        link = self.main.get_by_role("link", name=name, exact=True).first
        if not link.is_visible():
            self.main.locator("summary", has_text="More").first.click()
        self._leads_on(link)
        return self.look()

    def fill(self, **fields: str) -> Player:
        """Fill fields by their names: a choice by words of its label, everything else as it is typed."""
        for name, value in fields.items():
            field = self.page.locator(f"#id_{name}")
            if field.evaluate("element => element.tagName") == "SELECT":
                field.select_option(field.locator("option", has_text=value).first.get_attribute("value"))
            else:
                field.fill(value)
        return self

    def send(self, button: str, *, refused: str = "") -> Player:
        """Press the button; what the product says then is what was expected: nothing wrong, or these words."""
        self._leads_on(self.page.get_by_role("button", name=button, exact=True))
        if refused:
            expect(self.main).to_contain_text(refused)
        else:
            expect(self.page.locator(".error-summary")).to_have_count(0)
        return self.look()

    def reads(self, *words: str) -> Player:
        """The page says this."""
        for text in words:
            expect(self.main).to_contain_text(text)
        return self

    def _leads_on(self, element: Locator) -> None:
        with self.page.expect_navigation(timeout=PATIENCE):
            element.click(timeout=PATIENCE)


class Stage:
    """Gives people a device each."""

    def __init__(self, open_page: OpenPage, device: str, shot: Callable[..., None]) -> None:
        self.open_page, self.device, self.shot = open_page, device, shot
        self.scene = 0

    def enter(self, user: User, *, is_logged_in: bool = True, **options: Any) -> Player:
        """Somebody takes up the device, logged in unless said otherwise."""
        self.scene += 1
        page = self.open_page(self.device, user if is_logged_in else None, **options)
        page.set_default_timeout(PATIENCE)
        return Player(page, self.device, f"scrap-{self.scene:02}-{user.email.split('.')[0]}", self.shot)
