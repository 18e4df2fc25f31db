"""Times of the pages of objectives, with 1,000 and then with 20,000 of them. Prints JSON.

The missing ones are made in bulk first: half of them run, each measured once a month for a year.
"""

from __future__ import annotations

import json
import os
import random
import sys
import uuid
from datetime import timedelta
from decimal import Decimal

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from objectives.models import Measurement, Objective  # noqa: E402
from qms.models import Area, User  # noqa: E402
from tests.bench import bulk  # noqa: E402
from tests.bench.pages import medians, page  # noqa: E402

SMALL, LARGE = 1_000, 20_000
BATCH = 5_000
MONTHS = 12
STATUSES = ["approved"] * 5 + ["achieved"] * 3 + ["missed", "draft"]
PAGES = {
    "board": "/plan/objectives/",
    "mine": "/plan/objectives/?view=mine",
    "list of all": "/plan/objectives/?view=all",
    "strategy tree": "/plan/strategy/tree/",
}


def fill(user: User, wanted: int) -> None:
    """Make the missing objectives with their measurements."""
    areas = list(Area.objects.filter(site_id=user.person.site_id).order_by("pk"))
    there = Objective.objects.count()
    chance, today, at = random.Random(52 + there), timezone.localdate(), timezone.now()
    for first in range(there, wanted, BATCH):
        rows = []
        for number in range(first, min(first + BATCH, wanted)):
            status, standing = chance.choice(STATUSES), chance.choice(list(Objective.Standing))
            began = today - timedelta(days=chance.randrange(30, 700))
            rows.append(Objective(
                uid=uuid.UUID(int=chance.getrandbits(128), version=4), kind=Objective.KIND, title="Scrap rate down",
                reference=f"OBJ-BENCH-{number:06d}", site_id=user.person.site_id, area=chance.choice(areas),
                owner_id=user.person_id, occurred_on=began, approved_on=began, recorded_at=at, recorded_by=user,
                phase=Objective.PHASES[status], version=1, status=status, due_on=began + timedelta(days=365),
                measure="Scrap rate", unit="%", target_value=Decimal(2), standing=standing,
                standing_rank=Objective.RANKS[standing], actual_value=Decimal(3), actual_on=today,
            ))  # fmt: skip
        with transaction.atomic():
            bulk.insert(rows)
            Measurement.objects.bulk_create(
                [
                    Measurement(
                        objective=row, measured_on=row.occurred_on + timedelta(days=30 * month),
                        value=Decimal(chance.randrange(10, 60)) / 10, recorded_at=at, recorded_by=user, source="hand",
                    )
                    for row in rows
                    for month in range(MONTHS)
                ],
                batch_size=BATCH,
            )  # fmt: skip
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
        newest = Objective.objects.order_by("-pk").values_list("pk", flat=True)[0]
        urls = PAGES | {"page of one": reverse("objectives:objective-detail", args=[newest])}
        times = medians({name: page(client, url) for name, url in urls.items()})
        found |= {f"{name} {size}": seconds for name, seconds in times.items()}
        for url in urls.values():
            with CaptureQueriesContext(connection) as queries:
                page(client, url)()
            found["queries"] = max(len(queries), found.get("queries", 0))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
