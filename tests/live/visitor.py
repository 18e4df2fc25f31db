"""A person with a device in front of the running product, who looks at every page that opens."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Page

from leadership.services.demo import PASSWORD
from tests.journeys.conftest import DEVICES, Guard, assert_accessible

STEP = 30  # seconds a code of an authenticator app stands


@dataclass
class Authenticator:
    """The app on somebody's phone: gives the code of now, each code once."""

    secret: str
    last: int = 0

    def code(self) -> str:
        """The code of now; waits for the next one when this one was used."""
        while (now := int(time.time()) // STEP) <= self.last:
            time.sleep(0.5)
        self.last = now
        return str(format_hotp_value(hotp_value(self.secret, now)))


class Visitor:
    """Opens pages on a device; ``done`` ends the visit and fails on anything the console complained about."""

    def __init__(self, browser: Browser, device: str, url: str) -> None:
        self.context: BrowserContext = browser.new_context(
            base_url=url, locale="en-US", timezone_id="America/Denver", accept_downloads=True, **DEVICES[device]
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.guard = self.page.guard = Guard(self.page)  # type: ignore[attr-defined]

    def go(self, address: str) -> Page:
        """Open a page and look at it."""
        self.page.goto(address)
        return self.look()

    def look(self) -> Page:
        """Fail on what a person who cannot see or point well would stumble over."""
        assert_accessible(self.page)
        return self.page

    def log_in(self, name: str, apps: dict[str, Authenticator]) -> None:
        """Log in as a member of the demo plant with a second factor; the first time it is set up on the way."""
        self._password(name)
        if name not in apps:
            apps[name] = self._set_up_second_factor()
            self._log_out()
            self._password(name)
        self.page.wait_for_url(re.compile(r"/2fa/authenticate/"))
        self.look().locator("input[name=code]").fill(apps[name].code())
        self.page.get_by_role("button", name="Log in").first.click()
        self.page.wait_for_url(re.compile(r"//[^/]+/$"))
        self.look()

    def _password(self, name: str) -> None:
        self.go("/account/login/").locator("#id_login").fill(f"{name}@plant.example")
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").first.click()
        self.page.wait_for_url(lambda url: "/account/login/" not in url)

    def _set_up_second_factor(self) -> Authenticator:
        """By the key as text; right after the log-in nobody asks for the password again."""
        if "/2fa/" not in self.page.url:  # an administrator is taken there
            self.go("/me/").locator("main a[href*='/2fa/']").first.click()
            self.look().get_by_role("link", name="Turn it on").click()
        self.look()
        app = Authenticator(str(self.page.locator("code.hash").first.text_content()).strip())
        self.page.locator("input[name=code]").fill(app.code())
        self.page.get_by_role("button", name="Turn it on").click()
        self.page.wait_for_url(re.compile(r"recovery"))
        self.look()
        return app

    def _log_out(self) -> None:
        self.go("/account/logout/").locator("main form [type=submit]").first.click()
        self.page.wait_for_url(re.compile(r"/account/login/"))

    def done(self) -> None:
        """Put the device away."""
        self.context.close()
        assert self.guard.unexpected() == []
