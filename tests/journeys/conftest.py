"""A browser used as a person uses it: phone and desktop, logged in or not, with a guard on the console.

``open_page("phone", user)`` gives a page on the running server. Every page is watched: an error on the console, an
exception in a script or a refused style fails the test at its end, unless ``page.guard.allow(pattern)`` expected it.
Set SCREENSHOTS to a folder to keep what ``shot(page, name)`` sees.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from leadership.services import activity_type
from qms.models import User
from tests.factories import NOW, PASSWORD, AreaFactory, ClauseFactory, MappingFactory, PersonFactory, yusuf

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2,
    },
    "desktop": {"viewport": {"width": 1280, "height": 800}},
}  # fmt: skip
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OpenPage = Callable[..., Page]


class Guard:
    """What the console of one page said that it should not have."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.allowed: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"exception: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def allow(self, pattern: str) -> None:
        """Expect messages that match."""
        self.allowed.append(pattern)

    def unexpected(self) -> list[str]:
        """Messages nobody expected."""
        return [text for text in self.errors if not any(re.search(pattern, text) for pattern in self.allowed)]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser, live_server: Any) -> Iterator[OpenPage]:
    """``open_page(device, user, theme="light", **context options)``: a new page in a browser of its own."""
    contexts: list[BrowserContext] = []
    guards: list[Guard] = []

    def opened(device: str = "phone", user: User | None = None, *, theme: str = "light", **options: Any) -> Page:
        context = browser.new_context(
            base_url=live_server.url, locale="en-US", timezone_id="America/Denver", color_scheme=theme,  # type: ignore[arg-type]
            **(DEVICES[device] | options),
        )  # fmt: skip
        contexts.append(context)
        if user:
            log_in_quickly(context, user, live_server.url)
        page = context.new_page()
        page.guard = Guard(page)  # type: ignore[attr-defined]
        page.set_default_timeout(10_000)
        guards.append(page.guard)  # type: ignore[attr-defined]
        return page

    yield opened
    for context in contexts:
        context.set_offline(False)
        context.close()
    assert [text for guard in guards for text in guard.unexpected()] == []


@pytest.fixture
def manager() -> User:
    """Yusuf, with two areas, a colleague to meet, and kinds mapped to a clause."""
    activity_type.load_defaults(by=None, at=NOW)
    user = yusuf()
    AreaFactory(name="CNC line 3")
    AreaFactory(name="Goods in")
    PersonFactory(name="Paula Sato", job_title="Machine operator")
    MappingFactory(clause=ClauseFactory(number="5.1.1", letter="g", title="Supporting people"))
    return user


def log_in_quickly(context: BrowserContext, user: User, url: str) -> None:
    """Give the browser a session of the user, without the log-in page."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": url, "httpOnly": True, "sameSite": "Lax"}])


def log_in(page: Page, user: User, password: str = PASSWORD) -> None:
    """Log in as a person does, on the log-in page."""
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(user.email)
    page.locator("input[name=password]").fill(password)
    page.locator("form:has(input[name=password]) [type=submit]").first.click()
    page.wait_for_url(lambda url: "/account/login/" not in url)


def assert_accessible(page: Page) -> None:
    """Axe finds nothing, and on a phone nothing scrolls sideways. A page that is still arriving is waited for."""
    page.wait_for_load_state("load")
    assert [found for found in _violations(page) if not _only_covered(page, *found)] == []
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def _violations(
    page: Page, within: str | None = None, tags: dict[str, Any] | None = None
) -> list[tuple[str, str, str]]:
    """The rule, the element's selector and what axe says, for each of its findings."""
    result = Axe().run(page, context=within, options={"runOnly": tags or AXE_TAGS, "resultTypes": ["violations"]})
    return [
        (violation["id"], node["target"][0], node.get("failureSummary", ""))
        for violation in result.response["violations"]
        for node in violation["nodes"]
    ]


def _only_covered(page: Page, rule: str, element: str, words: str) -> bool:
    """Whether a small target is only covered by a bar that stays in place, and large enough once scrolled into view."""
    if rule != "target-size" or "obscured" not in words:
        return False
    page.locator(element).first.evaluate("element => element.scrollIntoView({block: 'center', behavior: 'instant'})")
    return not _violations(page, element, {"type": "rule", "values": ["target-size"]})


def assert_targets_for_thumbs(page: Page, within: str = "main") -> None:
    """Every button, link with an icon, field and summary that shows is at least 44 px high (WCAG 2.5.5)."""
    fields = "input:not([type=hidden], [type=radio], [type=checkbox], [type=file])"
    small = page.evaluate(
        """query => [...document.querySelectorAll(query)].filter(e => e.checkVisibility()
            && e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 120))""",
        f"{within} :is(button, .btn, summary, select, textarea, {fields})",
    )
    assert small == []


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Keep a picture of the page, if SCREENSHOTS names a folder."""
    folder = os.environ.get("SCREENSHOTS", "")

    def keep(page: Page, name: str, *, full: bool = False) -> None:
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=full)

    return keep
