"""CPU time of a pack of about 1,000 records against WeasyPrint's own for the same HTML; memory at about 10,000.

Prints JSON.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.db.models import Max  # noqa: E402  after setup
from django.utils import timezone  # noqa: E402

from audits.models import Pack, PackPart  # noqa: E402
from audits.services import pack as pack_service  # noqa: E402
from audits.services import pack_build, pack_render  # noqa: E402
from audits.services.pack_data import FrozenPack  # noqa: E402
from audits.services.pack_plan import FINISH  # noqa: E402
from audits.services.pack_selection import PackScope  # noqa: E402
from qms.models import Clause, ClauseLink, Person, Site  # noqa: E402

CLAUSE = "5.1.1/integration"


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


def asked(scope: PackScope) -> Pack:
    """A pack that waits to be built in this process."""
    owner = Person.objects.get(email="hiro.weber@plant.example")
    return pack_service.request(scope, by=None, at=timezone.now(), owner=owner, is_queued=False)


def ratio(scope: PackScope) -> tuple[float, int]:
    """The whole pipeline's CPU seconds over WeasyPrint's for the same pages, one process, collector off."""
    import weasyprint  # noqa: F401  loaded before either is timed

    lean = asked(scope)
    pack_build.start(lean.pk, at=timezone.now(), is_queued=False)
    frozen = FrozenPack(Pack.objects.get(pk=lean.pk))
    parts = [part for part in PackPart.objects.filter(pack=lean).order_by("position") if part.spec["form"] != FINISH]
    pages = [(pack_render.part_html(part, frozen), part.title) for part in parts]
    started = time.process_time()
    for html, section in pages:
        pack_render.render_html(frozen, html, section=section)
    own = time.process_time() - started
    full = asked(scope)
    started = time.process_time()
    built = pack_build.build_now(full, clock=timezone.now)
    whole = time.process_time() - started
    if built.status != Pack.Status.READY:
        raise SystemExit(f"The pack failed: {built.failure}")
    return whole / own, built.item_count


def largest_process(scope: PackScope) -> tuple[float, float]:
    """Peak resident memory (MB) and seconds of the command that builds the pack in one process."""
    clause = scope.clauses[0].slug
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                sys.executable, "manage.py", "build_pack", "--site", scope.sites[0].code, "--clause", clause,
                "--from", scope.from_on.isoformat(), "--to", scope.to_on.isoformat(), "--no-photos",
                "--out", str(Path(folder) / "pack.pdf"),
            ],
            check=True, stdout=sys.stderr,
        )  # fmt: skip
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, time.perf_counter() - started


def main() -> dict[str, float]:
    """Both figures."""
    found, records = ratio(scope_of(1_000))
    megabytes, seconds = largest_process(scope_of(10_000))
    return {"ratio": found, "records": records, "largest MB": megabytes, "seconds of 10,000": seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
