"""The whole story on the running product: web, worker and beat as processes, a phone and a desktop as browsers.

A plant manager logs in with a second factor, scans a QR code, logs a walk with two photos without a connection, comes
back online and sees coverage move; an auditor's pack is requested, built by the worker, downloaded, verified, tampered
with and refused; the quality manager changes a mapping after a preview, and coverage follows.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from leadership.services.demo import PASSWORD
from tests.journeys.conftest import CHROMIUM, DEVICES, Guard, assert_accessible
from tests.live.test_processes import environment, eventually, manage, port, start

pytestmark = pytest.mark.live
__all__ = ["environment", "port", "start"]

PHOTOS = [Path(__file__).parents[1] / "data" / "photos" / name for name in ("walk_line3.jpg", "board_monday.jpg")]
ISSUE_CODE = """
from django.utils import timezone
from qms.models import Area
from qms.services import site
print("token", site.issue_code(Area.objects.get(name="CNC line 3"), by=None, at=timezone.now()).token)
"""
STEP = 30


@pytest.fixture
def product(environment: dict[str, str], start: Any, port: int) -> str:
    """The demo plant, served; returns its address."""
    manage(environment, "setup", "--demo")
    _serve, log = start(sys.executable, "manage.py", "serve", "--port", str(port))
    eventually(lambda: f"Ready: http://localhost:{port}/" in log.read_text(), seconds=120)
    return f"http://localhost:{port}"


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visitor:
    """A person with a device; ``done`` ends the visit and fails on anything the console complained about."""

    def __init__(self, browser: Browser, device: str, url: str) -> None:
        self.context: BrowserContext = browser.new_context(
            base_url=url, locale="en-US", timezone_id="America/Denver", accept_downloads=True, **DEVICES[device]
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.guard = Guard(self.page)

    def log_in(self, name: str) -> Page:
        self.page.goto("/account/login/")
        self.page.locator("#id_login").fill(f"{name}@plant.example")
        self.page.locator("#id_password").fill(PASSWORD)
        self.page.get_by_role("button", name="Log in").first.click()
        return self.page

    def done(self) -> None:
        self.context.close()
        assert self.guard.unexpected() == []


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP))


def wait_for_next_code() -> None:
    """A code works once; the next one comes within half a minute."""
    time.sleep(STEP - time.time() % STEP + 0.5)


def turn_on_second_factor(visitor: Visitor) -> str:
    """Enrol an authenticator app by its key, then log out."""
    page = visitor.log_in("yusuf.chen")
    page.wait_for_url(re.compile(r"/$"))
    page.goto("/account/2fa/totp/activate/")
    if page.locator("input[name=password]").count():
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("form:has(input[name=password]) [type=submit]").first.click()
    page.wait_for_selector("input[name=code]")
    assert_accessible(page)
    secret = str(page.locator("code.hash").first.text_content()).strip()
    page.locator("input[name=code]").fill(code_now(secret))
    page.get_by_role("button", name="Turn it on").click()
    page.wait_for_url(re.compile(r"recovery"))
    page.goto("/account/logout/")
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(re.compile(r"/account/login/"))
    return secret


def log_in_with_second_factor(visitor: Visitor, secret: str) -> None:
    wait_for_next_code()
    page = visitor.log_in("yusuf.chen")
    page.wait_for_selector("input[name=code]")
    assert_accessible(page)
    page.locator("input[name=code]").fill(code_now(secret))
    page.get_by_role("button", name="Log in").first.click()
    page.wait_for_url(re.compile(r"/$"))


def records_counted(page: Page, words: str) -> int:
    """The number of records the Evidence page counts for the row with these words."""
    page.goto("/evidence/")
    row = page.locator("tr", has_text=words).first
    return int(str(row.locator("[data-label=Records]").first.text_content()).replace(",", "").strip())


def walk_offline(visitor: Visitor, area_address: str) -> None:
    """Scan, lose the connection, log a walk with two photos, reload, come back."""
    page = visitor.page
    visitor.guard.allow(r"ERR_INTERNET_DISCONNECTED")
    page.goto(area_address)
    page.wait_for_url(re.compile(r"/log/\?area=\d+"))
    page.wait_for_selector("html[data-shell-kept]")
    page.reload()
    page.wait_for_selector("#log-form[data-ready]")
    visitor.context.set_offline(True)
    page.locator(".tile", has_text="Floor walk").click()
    expect(page.locator("#id_stops-0-area option:checked")).to_have_text("CNC line 3")
    page.locator("#id_stops-0-seen").fill("Gauge 12 is in date, the old one is gone")
    page.locator("[data-photo-input]").last.set_input_files(PHOTOS)
    expect(page.locator(".log-photo")).to_have_count(2)
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    page.goto("/log/")
    expect(page.locator("[data-queue-count]").first).to_have_text("1 waiting")
    visitor.context.set_offline(False)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=40_000)


def get_pack(visitor: Visitor, target: Path) -> None:
    """Request the pack for 5.1, wait for the worker, download it."""
    page = visitor.page
    page.goto("/evidence/")
    clause = page.locator("tr", has_text="Leadership and commitment").first.locator("a").first.get_attribute("href")
    assert clause
    page.goto(clause)
    assert_accessible(page)
    page.locator("a[href*='/evidence/packs/request/']").first.click()
    page.wait_for_selector("#pack-estimate .stat, #pack-estimate strong, #pack-estimate dl")
    assert_accessible(page)
    page.get_by_role("button", name="Build the pack").click()
    page.wait_for_url(re.compile(r"/evidence/packs/\d+/"))
    address = page.url

    def is_ready() -> bool:
        page.goto(address)
        assert not page.locator("text=could not be built").count()
        return page.get_by_role("button", name=re.compile("Download the PDF")).count() > 0

    eventually(is_ready, seconds=300)
    assert_accessible(page)
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("Download the PDF")).click()
    download.value.save_as(target)


def verdict(page: Page, file: Path) -> str:
    """What the verify page, open to the world, says of a file."""
    page.goto("/verify/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check it").click()
    page.wait_for_selector("h1:has-text('Result of the check')")
    assert_accessible(page)
    return str(page.locator(".alert").first.inner_text())


def tighten_a_mapping(visitor: Visitor) -> None:
    """As the quality manager: see what tightening the only mapping of 5.2.2 changes, then do it."""
    page = visitor.page
    page.goto("/admin/mappings/")
    assert_accessible(page)
    page.goto("/admin/mappings/?" + "q=vision")
    row = page.locator("tr", has_text="5.2.2").first
    row.locator("a[href*='/edit/'], a[href*='/admin/mappings/']").first.click()
    if "/edit/" not in page.url:
        page.locator("a[href*='/edit/']").first.click()
    page.locator("#id_min_count").fill("1000")
    page.locator("#id_effective_from").fill((datetime.now(UTC).date() - timedelta(days=3)).isoformat())
    page.locator("#id_reason").fill("Trying what a stricter rule would mean")
    page.get_by_role("button", name="Show what this changes").click()
    expect(page.locator(".changes-list")).to_contain_text("5.2.2")
    assert_accessible(page)
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/mappings/(\d+/)?(\?.*)?$"))


def status_of(page: Page, words: str) -> str:
    page.goto("/evidence/")
    return str(page.locator("tr", has_text=words).first.locator(".status").first.inner_text()).strip()


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium; script/system_packages test installs it")
def test_from_a_walk_without_connection_to_a_verified_pack(
    product: str, environment: dict[str, str], chromium: Browser, tmp_path: Path
) -> None:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    token = re.search(r"token (\S+)", manage(environment, "shell", "-v", "0", "-c", ISSUE_CODE))
    assert token

    phone = Visitor(chromium, "phone", product)
    secret = turn_on_second_factor(phone)
    log_in_with_second_factor(phone, secret)
    before = records_counted(phone.page, "Backing people")
    assert_accessible(phone.page)
    walk_offline(phone, f"/a/{token[1]}/")
    assert records_counted(phone.page, "Backing people") == before + 1
    phone.page.goto("/leadership/activities/")
    assert_accessible(phone.page)
    phone.page.locator("a", has_text="Gauge 12 is in date").first.click()
    expect(phone.page.locator("main img[src*='/small/']")).to_have_count(2)
    assert_accessible(phone.page)
    phone.done()

    desktop = Visitor(chromium, "desktop", product)
    desktop.log_in("hiro.weber").wait_for_url(re.compile(r"/$"))
    assert_accessible(desktop.page)
    pack = tmp_path / "pack.pdf"
    get_pack(desktop, pack)
    assert status_of(desktop.page, "Communicating the quality policy") == "Current"
    tighten_a_mapping(desktop)
    assert status_of(desktop.page, "Communicating the quality policy") != "Current"
    desktop.done()

    auditor = Visitor(chromium, "desktop", product)
    assert "Genuine and current" in verdict(auditor.page, pack)
    body = bytearray(pack.read_bytes())
    body[len(body) // 3] ^= 1
    altered = tmp_path / "altered.pdf"
    altered.write_bytes(bytes(body))
    assert "was altered" in verdict(auditor.page, altered)
    auditor.done()
