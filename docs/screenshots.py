"""Take the README's pictures anew from the running product: ``make docs-screenshots``.

Starts the product on a fresh demo plant in a temporary folder, drives a browser through it, renders one pack, writes
docs/img/*.png. Nothing outside that folder changes.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "img"
PORT = 8767
BASE = f"http://localhost:{PORT}"
PASSWORD = "demo-plant-9001"  # noqa: S105  of the demo plant
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
TALL = {"width": 1280, "height": 1180}


def main() -> None:
    """Everything, in order."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        env = os.environ | {
            "VAR_DIR": folder, "PORT": str(PORT), "PUBLIC_URL": BASE, "SECRET_KEY": secrets.token_hex(32), "DEBUG": "0",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3", "SIGNING_KEY_PASSWORD": "pictures",
        }  # fmt: skip
        subprocess.run([sys.executable, "manage.py", "setup", "--demo"], cwd=ROOT, env=env, check=True)
        pack(env, Path(folder))
        server = subprocess.Popen([sys.executable, "manage.py", "serve", "--port", str(PORT)], cwd=ROOT, env=env)
        try:
            wait()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                pages(browser)
                browser.close()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(60)


def wait() -> None:
    """Until the web answers."""
    for _attempt in range(120):
        try:
            urllib.request.urlopen(f"{BASE}/healthz", timeout=2).close()  # noqa: S310  our own address
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise TimeoutError("The product did not start.")


def pages(browser: Browser) -> None:
    """The pictures of pages: file name, address, who looks, on what, and the link that is followed from there."""
    shots = (
        ("log-phone", "/log/", "yusuf.chen", PHONE, ""),
        ("home-phone", "/", "yusuf.chen", PHONE, ""),
        ("home", "/", "yusuf.chen", DESKTOP, ""),
        ("evidence", "/evidence/", "yusuf.chen", DESKTOP, ""),
        ("activities", "/leadership/activities/", "hiro.weber", DESKTOP, ""),
        ("objective", "/plan/objectives/", "hiro.weber", TALL, "Scrap rate of CNC line 3"),
        ("heat-map", "/plan/risks/heat-map/", "hiro.weber", DESKTOP, ""),
        ("quality-cost", "/plan/quality-cost/", "hiro.weber", TALL, ""),
        ("resources", "/leadership/resources/", "yusuf.chen", DESKTOP, ""),
        ("engagement", "/leadership/engagement/", "yusuf.chen", DESKTOP, ""),
        ("reminders", "/admin/reminders/forecast/", "hiro.weber", DESKTOP, ""),
        ("mappings", "/admin/mappings/", "hiro.weber", DESKTOP, ""),
        ("verify", "/verify/", "", DESKTOP, ""),
    )
    for name, address, who, size, link in shots:
        page = browser.new_page(viewport=size, device_scale_factor=2)  # type: ignore[arg-type]
        if who:
            log_in(page, f"{who}@plant.example")
        page.goto(BASE + address)
        if link:
            page.locator("main a", has_text=link).first.click()
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}.png")
        page.context.close()


def log_in(page: Page, email: str) -> None:
    """With the demo's password."""
    page.goto(f"{BASE}/account/login/")
    page.locator("#id_login").fill(email)
    page.locator("#id_password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{BASE}/")


def pack(env: dict[str, str], folder: Path) -> None:
    """A real pack for 5.1; its first pages side by side."""
    out = folder / "pack.pdf"
    today = date.today()  # noqa: DTZ011  any recent quarter will do
    subprocess.run(
        [
            sys.executable, "manage.py", "build_pack", "--site", "DEN", "--edition", "iso-9001-2026", "--clause", "5.1",
            "--from", str(today - timedelta(days=90)), "--to", str(today), "--out", str(out),
        ],
        cwd=ROOT, env=env, check=True,
    )  # fmt: skip
    subprocess.run(["pdftoppm", "-r", "60", "-png", "-f", "1", "-l", "4", str(out), str(folder / "page")], check=True)
    from PIL import Image  # noqa: PLC0415  only this function pictures pages

    sheets = [Image.open(path) for path in sorted(folder.glob("page-*.png"))]
    gap = 16
    width = sum(sheet.width for sheet in sheets) + gap * (len(sheets) + 1)
    board = Image.new("RGB", (width, max(sheet.height for sheet in sheets) + 2 * gap), "#d9dcde")
    left = gap
    for sheet in sheets:
        board.paste(sheet, (left, gap))
        left += sheet.width + gap
    board.save(IMAGES / "pack.png", optimize=True)


if __name__ == "__main__":
    main()
