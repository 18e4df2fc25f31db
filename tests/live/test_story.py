"""The whole story on the running product, on a phone and on a desktop: web, worker and beat as processes.

A leader logs in with a second factor, scans a QR code, logs a walk with two photos without a connection, comes back
online and sees coverage move; requests the pack for 5.1, waits for the worker, downloads it, has it verified, alters it
and sees it refused; then the administrator changes a mapping after a preview, and coverage follows. Both devices share
one demo plant; each has a leader, an area and a mapping of its own, so that neither sees the other's doings.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.conftest import CHROMIUM
from tests.journeys.connection import disconnect, reconnect
from tests.journeys.log_page import PHOTOS
from tests.live.product import ROOT, environment_in, eventually, free_port, manage
from tests.live.visitor import Authenticator, Visitor

pytestmark = [pytest.mark.live, pytest.mark.xdist_group("story")]
ISSUE_CODE = """
from django.utils import timezone
from qms.models import Area
from qms.services import site
for area in Area.objects.order_by("pk"):
    print("token", area.name, site.issue_code(area, by=None, at=timezone.now()).token, sep="|")
"""


@dataclass
class Product:
    """The demo plant, served: its address, the address behind each area's QR code, and everybody's authenticator."""

    url: str
    areas: dict[str, str]
    apps: dict[str, Authenticator] = field(default_factory=dict)


@dataclass(frozen=True)
class Cast:
    """Who and what the story is about on one device."""

    leader: str
    area: str
    seen: str
    kind: str  # words of a kind of record, and the number of a clause it counts for
    clause: str


CASTS = {
    "phone": Cast(
        leader="yusuf.chen", area="CNC line 3", seen="Gauge 12 is in date, the old one is gone",
        kind="vision", clause="5.2.2",
    ),
    "desktop": Cast(
        leader="ximena.vega", area="CNC line 2", seen="The first-piece check is signed on every job",
        kind="review", clause="9.1.3",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Started once for both devices."""
    folder, port = tmp_path_factory.mktemp("story"), free_port()
    environment = environment_in(folder, port)
    manage(environment, "setup", "--demo")
    lines = re.findall(r"token\|(.+)\|(\S+)", manage(environment, "shell", "-v", "0", "-c", ISSUE_CODE))
    log = folder / "log"
    with log.open("wb") as output:
        serve = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        eventually(lambda: f"Ready: http://localhost:{port}/" in log.read_text(), seconds=120)
        yield Product(f"http://localhost:{port}", {name: f"/a/{token}/" for name, token in lines})
    finally:
        serve.terminate()
        serve.wait(timeout=40)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright keeps an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def records_counted(visitor: Visitor, words: str) -> int:
    """The number of records the Evidence page counts for the row with these words."""
    row = visitor.go("/evidence/").locator("tr", has_text=words).first
    return int(str(row.locator("[data-label=Records]").first.text_content()).replace(",", "").strip())


def walk_offline(visitor: Visitor, address: str, cast: Cast) -> None:
    """Scan, lose the connection, log a walk with two photos, open the page anew, come back."""
    page = visitor.page
    page.goto(address)
    page.wait_for_url(re.compile(r"/log/\?area=\d+"))
    page.wait_for_selector("html[data-shell-kept]")
    page.reload()
    page.wait_for_selector("#log-form[data-ready]")
    visitor.look()
    disconnect(page)
    page.locator(".tile", has_text="Floor walk").click()
    expect(page.locator("#id_stops-0-area option:checked")).to_have_text(cast.area)
    page.locator("#id_stops-0-seen").fill(cast.seen)
    page.locator("[data-photo-input]").last.set_input_files(PHOTOS)
    expect(page.locator(".log-photo")).to_have_count(2)
    visitor.look()
    page.locator("[data-send]").click()
    expect(page.locator("[data-kept]")).to_be_visible()
    visitor.look()
    page.goto("/log/")
    expect(page.locator("[data-queue-count]").first).to_have_text("1 waiting")
    visitor.look()
    reconnect(page)
    expect(page.locator("[data-queue-count]").first).to_be_hidden(timeout=40_000)


def see_the_walk(visitor: Visitor, cast: Cast) -> None:
    """It is in the list, with both photos."""
    visitor.go("/leadership/activities/").locator("a", has_text=cast.seen).first.click()
    expect(visitor.page.locator("main img[src*='/small/']")).to_have_count(2)
    visitor.look()


def get_pack(visitor: Visitor, target: Path) -> None:
    """From the clause on the Evidence page to the signed file on disk."""
    page = visitor.go("/evidence/")
    clause = page.locator("tr", has_text="Leadership and commitment").first.locator("a").first.get_attribute("href")
    assert clause
    visitor.go(clause).locator("a[href*='/evidence/packs/request/']").first.click()
    page.wait_for_selector("#pack-estimate .stat")
    visitor.look().get_by_role("button", name="Build the pack").click()
    page.wait_for_url(re.compile(r"/evidence/packs/\d+/"))
    visitor.look()
    download_button = page.get_by_role("button", name=re.compile("Download the PDF"))
    # The page follows the job by itself and loads anew when it has ended, one way or the other.
    expect(download_button.or_(page.locator("text=could not be built")).first).to_be_visible(timeout=300_000)
    visitor.look()
    with page.expect_download() as download:
        download_button.click()
    download.value.save_as(target)


def verdict(visitor: Visitor, file: Path) -> str:
    """What the verify page, open to the world, says of a file."""
    page = visitor.go("/verify/")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Check it").click()
    page.wait_for_selector("h1:has-text('Result of the check')")
    return str(visitor.look().locator(".alert").first.inner_text())


def altered(pack: Path) -> Path:
    """A copy with one bit of one byte turned."""
    body = bytearray(pack.read_bytes())
    body[len(body) // 3] ^= 1
    copy = pack.with_name("altered.pdf")
    copy.write_bytes(bytes(body))
    return copy


def tighten_a_mapping(visitor: Visitor, cast: Cast) -> None:
    """See what demanding a thousand records, whatever else counts, would change, then do it."""
    page = visitor.go("/admin/mappings/")
    rows = visitor.go(f"/admin/mappings/?q={cast.kind}").locator("tr", has_text=cast.clause)
    rows.filter(has_text="ISO 9001 2026").first.locator("a").first.click()
    visitor.look().locator("a[href*='/edit/']").first.click()
    visitor.look().locator("#id_strength").select_option("mandatory")
    page.locator("#id_min_count").fill("1000")
    page.locator("#id_effective_from").fill((datetime.now(UTC).date() - timedelta(days=3)).isoformat())
    page.locator("#id_reason").fill("Trying what a stricter rule would mean")
    page.get_by_role("button", name="Show what this changes").click()
    expect(page.locator(".changes-list")).to_contain_text(cast.clause)
    visitor.look().get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/admin/mappings/(\d+/)?(\?.*)?$"))
    visitor.look()


def status_of(page: Page, number: str) -> str:
    page.goto("/evidence/")
    row = page.locator("tr", has=page.locator(f".clause-number:text-is('{number}')")).first
    return str(row.locator(".status").first.inner_text()).strip()


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Chromium; script/system_packages test installs it")
@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_from_a_walk_without_connection_to_a_verified_pack(
    product: Product, chromium: Browser, tmp_path: Path, device: str
) -> None:
    cast = CASTS[device]
    leader = Visitor(chromium, device, product.url)
    leader.log_in(cast.leader, product.apps)
    before = records_counted(leader, "Backing people")
    walk_offline(leader, product.areas[cast.area], cast)
    assert records_counted(leader, "Backing people") == before + 1
    see_the_walk(leader, cast)
    pack = tmp_path / "pack.pdf"
    get_pack(leader, pack)
    leader.done()

    auditor = Visitor(chromium, device, product.url)
    assert "Genuine and current" in verdict(auditor, pack)
    assert "was altered" in verdict(auditor, altered(pack))
    auditor.done()

    administrator = Visitor(chromium, device, product.url)
    administrator.log_in("hiro.xu", product.apps)
    assert status_of(administrator.page, cast.clause) == "Current"
    tighten_a_mapping(administrator, cast)
    assert status_of(administrator.page, cast.clause) != "Current"
    administrator.done()
