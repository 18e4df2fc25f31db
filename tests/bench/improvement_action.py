"""Times of the pages of improvement actions, with 1,000 and then with 100,000 of them. Prints JSON.

The missing ones are made in bulk first: two in a hundred are ideas, eight are open, the rest is done or ended.
"""

from __future__ import annotations

import json
import os
import random
import sys
import uuid
from datetime import date, timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from objectives.models import ImprovementAction  # noqa: E402
from objectives.services import action_board  # noqa: E402
from qms.models import Area, User  # noqa: E402
from tests.bench import bulk  # noqa: E402
from tests.bench.pages import medians, page  # noqa: E402

SMALL, LARGE = 1_000, 100_000
BATCH = 5_000
SPAN_DAYS = 550
STATUSES = ["idea"] * 2 + ["assessed"] * 5 + ["in_progress"] * 3 + ["done"] * 30 + ["checked"] * 10 + ["closed"] * 50


def fill(user: User, wanted: int) -> int:
    """Make the missing actions, spread over places, owners and days; returns how many."""
    there = ImprovementAction.objects.count()
    areas = list(Area.objects.filter(site_id=user.person.site_id).order_by("pk"))
    owners = list(
        User.objects.filter(person__site_id=user.person.site_id).order_by("pk").values_list("person", flat=True)
    )
    chance, today, at = random.Random(9001 + there), timezone.localdate(), timezone.now()
    for first in range(there, wanted, BATCH):
        with transaction.atomic():
            _batch(chance, range(first, min(first + BATCH, wanted)), areas, owners, user, today, at)
    action_board.recount()
    bulk.analyze()
    return max(0, wanted - there)


def _batch(
    chance: random.Random, numbers: range, areas: list[Area], owners: list[int], user: User, today: date, at: object
) -> None:
    rows = []
    for number in numbers:
        status = chance.choice(STATUSES)
        began = today - timedelta(days=chance.randrange(1, SPAN_DAYS))
        rows.append(ImprovementAction(
            uid=uuid.UUID(int=chance.getrandbits(128), version=4), kind=ImprovementAction.KIND,
            reference=f"IMP-BENCH-{number:06d}", site_id=user.person.site_id, area=chance.choice(areas),
            title="Bench action", owner_id=chance.choice(owners), occurred_on=began, recorded_at=at, recorded_by=user,
            phase=ImprovementAction.PHASES[status], version=1, status=status,
            due_on=today + timedelta(days=chance.randrange(-30, 60)),
            origin=chance.choice(["walk", "suggestion", "complaint", "nonconformity"]),
            completed_on=began + timedelta(days=9) if status in ("done", "checked", "closed") else None,
        ))  # fmt: skip
    bulk.insert(rows)


PAGES = {
    "list": "/actions/?view=all",
    "board, mine": "/actions/board/",
    "board, all": "/actions/board/?view=all",
    "board, overdue by level": "/actions/board/?view=overdue",
    "proactive to reactive": "/actions/balance/",
}


def main() -> dict[str, float]:
    """Fill, measure and return seconds by page and number of actions, and the most queries a page took."""
    settings.ALLOWED_HOSTS = ["*"]
    user = User.objects.get(email="yusuf.chen@plant.example")
    client = Client()
    client.force_login(user)
    found: dict[str, float] = {}
    for size in (SMALL, LARGE):
        fill(user, size)
        newest = ImprovementAction.objects.order_by("-pk").values_list("pk", flat=True)[0]
        one = reverse("objectives:improvement-action-detail", args=[newest])
        urls = PAGES | {"page of one": one}
        times = medians({name: page(client, url) for name, url in urls.items()})
        found |= {f"{name} {size}": seconds for name, seconds in times.items()}
        for url in urls.values():
            with CaptureQueriesContext(connection) as queries:
                page(client, url)()
            found["queries"] = max(len(queries), found.get("queries", 0))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
