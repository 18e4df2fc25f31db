"""Times of the pages of nonconformities, with 1,000 and then with 20,000 of them. Prints JSON.

The missing ones are made in bulk first: over three years and 200 causes, a tenth of them open.
"""

from __future__ import annotations

import json
import os
import random
import sys
import uuid
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from objectives.models import Cause, Nonconformity, lookback_start  # noqa: E402
from qms.models import Area, Attachment, User  # noqa: E402
from tests.bench import bulk  # noqa: E402
from tests.bench.pages import medians, page  # noqa: E402

SMALL, LARGE = 1_000, 20_000
BATCH = 5_000
CAUSES = 200
SPAN_DAYS = 3 * 365
STATUSES = ["open", "acting"] + ["withdrawn"] + ["closed"] * 17
PAGES = {
    "list of the open": "/plan/nonconformities/",
    "list of all": "/plan/nonconformities/?view=all",
    "come back": "/plan/nonconformities/?view=repeated",
    "causes that come back": reverse("objectives:nonconformity-recurrence"),
    "list on paper": reverse("objectives:nonconformity-list-print") + "?view=all",
}


def fill(user: User, wanted: int) -> None:
    """Make the missing nonconformities, spread over areas, causes and days."""
    for number in range(CAUSES):
        Cause.objects.get_or_create(name=f"Bench cause {number}")
    causes = list(Cause.objects.order_by("pk"))
    areas = list(Area.objects.filter(site_id=user.person.site_id).order_by("pk"))
    proof = Attachment.objects.order_by("pk")[0]
    there = Nonconformity.objects.count()
    chance, today, at = random.Random(417 + there), timezone.localdate(), timezone.now()
    for first in range(there, wanted, BATCH):
        rows = []
        for number in range(first, min(first + BATCH, wanted)):
            status, day = chance.choice(STATUSES), today - timedelta(days=chance.randrange(30, SPAN_DAYS))
            is_closed = status == "closed"
            closed_on = day + timedelta(days=30) if is_closed else None
            rows.append(Nonconformity(
                uid=uuid.UUID(int=chance.getrandbits(128), version=4), kind=Nonconformity.KIND, title="Bore too wide",
                reference=f"NC-BENCH-{number:06d}", site_id=user.person.site_id, area=chance.choice(areas),
                owner_id=user.person_id, occurred_on=closed_on or day, happened_on=day,
                lookback_on=lookback_start(day), recorded_at=at, recorded_by=user, version=1, status=status,
                phase=Nonconformity.PHASES[status], due_on=day + timedelta(days=30),
                cause=chance.choice(causes) if status != "open" else None, closed_on=closed_on,
                effectiveness="effective" if is_closed else "", used_on=day if is_closed else None,
                used_proof=proof if is_closed else None,
            ))  # fmt: skip
        with transaction.atomic():
            bulk.insert(rows)
    bulk.analyze()


def main() -> dict[str, float]:
    """Fill, measure and return seconds by page and number of records, and the most queries a page took."""
    settings.ALLOWED_HOSTS = ["*"]
    user = User.objects.get(email="yusuf.chen@plant.example")
    client = Client()
    client.force_login(user)
    found: dict[str, float] = {}
    for size in (SMALL, LARGE):
        fill(user, size)
        newest = Nonconformity.objects.order_by("-pk").values_list("pk", flat=True)[0]
        urls = PAGES | {"page of one": reverse("objectives:nonconformity-detail", args=[newest])}
        times = medians({name: page(client, url) for name, url in urls.items()})
        found |= {f"{name} {size}": seconds for name, seconds in times.items()}
        for url in urls.values():
            with CaptureQueriesContext(connection) as queries:
                page(client, url)()
            found["queries"] = max(len(queries), found.get("queries", 0))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
