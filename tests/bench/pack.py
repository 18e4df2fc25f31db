"""CPU time of a pack of about 1,000 records against WeasyPrint's own for the same HTML; memory at about 10,000.

The database must hold some 10,000 records for one commitment within 600 days: `load_demo --records 100000` or more.
Prints JSON.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.db.models import Max  # noqa: E402  after setup
from django.utils import timezone  # noqa: E402
from weasyprint import CSS, HTML  # noqa: E402  loaded before anything is timed
from weasyprint.text.fonts import FontConfiguration  # noqa: E402

from audits.models import Pack  # noqa: E402
from audits.services import pack as pack_service  # noqa: E402
from audits.services import pack_build, pack_process, pack_render  # noqa: E402
from audits.services.pack_selection import PackScope  # noqa: E402
from qms.management.commands.serve import commands  # noqa: E402
from qms.models import Clause, ClauseLink, Person, Site  # noqa: E402
from qms.pdf import EvidenceFetcher  # noqa: E402
from tests.bench.processes import Peaks, run_watched  # noqa: E402

CLAUSE = "5.1.1/integration"
ROUNDS = 3
FRONT_MARK = 'class="cover"'


def scope_of(wanted: int) -> PackScope:
    """The newest days whose records for one commitment come to about as many as wanted."""
    edition_clause = next(
        clause
        for clause in Clause.objects.filter(edition__is_default=True, number="5.1.1").select_related("commitment")
        if clause.slug == CLAUSE
    )
    links = ClauseLink.objects.filter(clause=edition_clause, counts=True)
    last: date = links.aggregate(last=Max("occurred_on"))["last"]
    days = 1
    while links.filter(occurred_on__gt=last - timedelta(days=days)).count() < wanted and days < 600:
        days += 1 if wanted < 5000 else 5
    return PackScope(
        sites=[Site.objects.order_by("pk")[0]], edition=edition_clause.edition, clauses=[edition_clause],
        from_on=last - timedelta(days=days - 1), to_on=last, purpose="bench", has_photos=False, names=Pack.Names.FULL,
    )  # fmt: skip


def asked(scope: PackScope, *, is_queued: bool = False) -> Pack:
    """A pack that waits to be built."""
    owner = Person.objects.get(email="hiro.weber@plant.example")
    return pack_service.request(scope, by=None, at=timezone.now(), owner=owner, is_queued=is_queued)


def cpu() -> float:
    """CPU seconds of this process and of its ended children."""
    rows = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(row.ru_utime + row.ru_stime for row in rows)


def whole_pipeline(scope: PackScope) -> tuple[float, int, list[tuple[str, str]]]:
    """CPU seconds from the frozen rows to the signed file, records, and (HTML, style sheet) of every page in it.

    The front may be rendered more than once; only the last one is in the pack. The pieces of the page numbers are the
    pipeline's own way and no page of the pack.
    """
    rendered: list[tuple[str, str]] = []
    own = pack_process.render_apart

    def noted(html: str, *, css: str, **options: Any) -> Any:
        rendered.append((html, css))
        return own(html, css=css, **options)

    pack = asked(scope)
    with mock.patch("audits.services.pack_render.render_apart", noted):
        started = cpu()
        built = pack_build.build_now(pack, clock=timezone.now)
        spent = cpu() - started
    if built.status != Pack.Status.READY:
        raise SystemExit(f"The pack failed: {built.failure}")
    fronts = [page for page in rendered if FRONT_MARK in page[0]]
    return spent, built.item_count, [
        page for page in rendered if page[1] != pack_render.STAMP_CSS and page not in fronts[:-1]
    ]  # fmt: skip


def yardstick(pages: list[tuple[str, str]]) -> float:
    """WeasyPrint's own CPU seconds for each HTML once, in one process of its own, with the collector off."""
    started = cpu()
    child = os.fork()
    if child == 0:
        gc.disable()
        for html, css in pages:
            fetcher, fonts = EvidenceFetcher(), FontConfiguration()
            sheet = CSS(string=css, url_fetcher=fetcher, font_config=fonts)
            document = HTML(string=html, url_fetcher=fetcher)
            document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/a-3u")
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"The yardstick ended with {status}")
    return cpu() - started


def ratio(scope: PackScope) -> tuple[float, int]:
    """The whole pipeline's CPU seconds over WeasyPrint's for the same pages: the median of ROUNDS."""
    pack_build.start(asked(scope).pk, at=timezone.now(), is_queued=False)  # the first checkpoint reads the whole trail
    found = []
    for _round in range(ROUNDS):
        whole, records, pages = whole_pipeline(scope)
        own = yardstick(pages)
        sys.stderr.write(f"pack of {records}: {whole:.1f} s, WeasyPrint alone {own:.1f} s, {whole / own:.3f}\n")
        found.append(whole / own)
    return median(found), records


def largest_of_command(scope: PackScope) -> Peaks:
    """Memory of the command that builds the pack."""
    with tempfile.TemporaryDirectory() as folder:
        return run_watched(
            [
                sys.executable, "manage.py", "build_pack", "--site", scope.sites[0].code, "--clause",
                scope.clauses[0].slug, "--from", scope.from_on.isoformat(), "--to", scope.to_on.isoformat(),
                "--no-photos", "--out", str(Path(folder) / "pack.pdf"),
            ]
        )  # fmt: skip


def largest_of_worker(scope: PackScope) -> Peaks:
    """Memory of a worker (with its children) that builds a queued pack, as `manage.py serve` runs it."""
    pack = asked(scope, is_queued=True)

    def is_done() -> bool:
        status = Pack.objects.values_list("status", flat=True).get(pk=pack.pk)
        if status == Pack.Status.FAILED:
            raise SystemExit(Pack.objects.get(pk=pack.pk).failure)
        return bool(status == Pack.Status.READY)

    return run_watched(commands()["worker"], until=is_done)


def main() -> dict[str, float]:
    """All figures. Memory first: a fork inherits what this process holds."""
    large = scope_of(10_000)
    started = time.perf_counter()
    command = largest_of_command(large)
    seconds = time.perf_counter() - started
    worker = largest_of_worker(large)
    for peaks in (command, worker):
        highest = sorted(peaks.by_process.items(), key=lambda row: -row[1])[:4]
        sys.stderr.write(", ".join(f"{name}: {megabytes:.0f} MB" for name, megabytes in highest) + "\n")
    found, records = ratio(scope_of(1_000))
    return {
        "ratio": found, "records": records, "largest MB": max(command.largest, worker.largest),
        "largest MB of the command": command.largest, "largest MB of a worker": worker.largest,
        "seconds of 10,000": seconds,
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
