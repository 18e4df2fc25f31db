"""Times of pages and of logging an activity, in this process, through the whole middleware. Prints JSON."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from leadership.models import Activity, ActivityType  # noqa: E402
from qms.models import Area, User  # noqa: E402

ROUNDS = 15
POSTS = 120


def median(call: Callable[[], object]) -> float:
    """Seconds of the median of several calls after two to warm up."""
    times = []
    for _round in range(ROUNDS + 2):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times[2:])


def p95(call: Callable[[], object]) -> float:
    """Seconds of the 95th percentile of many calls after ten to warm up."""
    times = []
    for _round in range(POSTS + 10):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.quantiles(times[10:], n=20)[-1]


def page(client: Client, url: str) -> Callable[[], None]:
    """A call that fetches a page and insists that it came."""

    def fetch() -> None:
        response = client.get(url)
        assert response.status_code == 200, (url, response.status_code)
        response.getvalue() if response.streaming else response.content

    return fetch


def log_post(client: Client, area: Area, kind: ActivityType) -> Callable[[], None]:
    """A call that logs one activity as the Log page's form does."""
    url = reverse("leadership:log")

    def post() -> None:
        data = {
            "uid": str(uuid.uuid4()), "activity_type": kind.slug, "site": area.site_id, "area": area.pk,
            "title": "Walked the line and asked about the gauge", "duration_minutes": "15",
            "stops-TOTAL_FORMS": "0", "stops-INITIAL_FORMS": "0", "follow_ups-TOTAL_FORMS": "0",
            "follow_ups-INITIAL_FORMS": "0",
        }  # fmt: skip
        response = client.post(url, data, headers={"accept": "application/json"})
        assert response.status_code in {200, 201, 302}, response.content[:2000]

    return post


def bare_post(client: Client) -> Callable[[], None]:
    """A call to a view that inserts one row and commits, behind the same middleware and log-in."""

    def post() -> None:
        assert client.post("/bare-insert/").status_code == 204

    return post


def main() -> dict[str, float]:
    """Measure and return seconds (and numbers of queries) by name."""
    settings.ALLOWED_HOSTS = ["*"]
    client = Client()
    user = User.objects.get(email="yusuf.chen@plant.example")
    client.force_login(user)
    newest = Activity.objects.newest_first().values_list("pk", flat=True)[20]
    urls = {
        "list of 50": reverse("leadership:activity-list"),
        "record page": reverse("leadership:activity-detail", args=[newest]),
        "evidence page": reverse("qms:evidence"),
    }
    found: dict[str, float] = {}
    for name, url in urls.items():
        found[name] = median(page(client, url))
        with CaptureQueriesContext(connection) as queries:
            page(client, url)()
        found[f"{name} queries"] = len(queries)
    area, kind = Area.objects.order_by("pk")[0], ActivityType.objects.get(slug="floor-walk")
    with override_settings(ROOT_URLCONF="tests.bench.urls"):
        found["lean list"] = median(page(client, "/lean-list/"))
        found["bare p95"] = p95(bare_post(client))
    found["log p95"] = p95(log_post(client, area, kind))
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
