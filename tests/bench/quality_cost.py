"""How long the import of 10,000 postings takes, from the file to the trail, preview included. Prints JSON."""

from __future__ import annotations

import io
import json
import os
import random
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.db import transaction  # noqa: E402  after setup
from django.utils import timezone  # noqa: E402

from objectives.models import QualityCostPosting, QualityCostStatement  # noqa: E402
from objectives.services import quality_cost_import as service  # noqa: E402
from objectives.services.quality_cost_figures import months_before  # noqa: E402
from objectives.services.quality_cost_import_columns import guess  # noqa: E402
from qms.models import Site, User  # noqa: E402

COUNT = 10_000
MONTHS = 24
ACCOUNTS = [("Scrap", "internal failure"), ("Rework", "internal failure"), ("Sorting", "external failure"),
            ("Warranty", "external failure"), ("Calibration", "appraisal"), ("Inspection", "appraisal"),
            ("Training", "prevention"), ("Projects", "prevention")]  # fmt: skip


def table() -> bytes:
    """A CSV of 24 months with a document number in every row, before the months the demo plant has booked."""
    chance = random.Random(COUNT)
    first = months_before(timezone.now().date().replace(day=1), 10 * 12)
    lines = ["Month,Account,Category,Amount USD,Net sales USD,Document"]
    for number in range(COUNT):
        month = months_before(first, number % MONTHS)
        name, category = ACCOUNTS[number % len(ACCOUNTS)]
        amount = f"{chance.uniform(10, 2000):.2f}"
        lines.append(f"{month:%Y-%m},Bench {name},{category},{amount},{1_400_000 + month.month},DOC-{number:06d}")
    return "\n".join(lines).encode()


def main() -> dict[str, float]:
    """Upload, look at the preview, post all, and look at the same file again; rolled back afterwards."""
    site, by = Site.objects.order_by("pk")[0], User.objects.get(email="hiro.weber@plant.example")
    before = QualityCostPosting.objects.count()
    with transaction.atomic():
        started = time.perf_counter()
        job = service.keep(site, io.BytesIO(table()), name="costs.csv", by=by, at=timezone.now())
        mapping = service.Mapping(guess(job.params["header"]))
        preview = service.check(site, job, mapping, at=timezone.now())
        lines = [row.line for row in preview.rows]
        opening = [account.name for account in preview.new_accounts]
        done = service.apply(site, job, mapping, lines, opening=opening, by=by, at=timezone.now())
        seconds = time.perf_counter() - started
        count = QualityCostPosting.objects.count() - before
        versions = {one.version for one in done.statements}
        again = service.keep(site, io.BytesIO(table()), name="costs.csv", by=by, at=timezone.now())
        same = len(service.check(site, again, mapping, at=timezone.now()).of("unchanged"))
        months = QualityCostStatement.objects.filter(pk__in=[one.pk for one in done.statements]).count()
        transaction.set_rollback(True)
    if (count, same, months, versions) != (COUNT, COUNT, MONTHS, {1}):
        raise SystemExit(f"{count} of {COUNT} posted, {same} known again, {months} months, versions {versions}.")
    return {"seconds": seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
