"""Times of pages and of logging an activity, in this process, through the whole middleware. Prints JSON."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection  # noqa: E402
from django.test import Client, override_settings  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from leadership.models import Activity, ActivityType  # noqa: E402
from qms.api import bearer  # noqa: E402
from qms.models import Area, User  # noqa: E402
from qms.services import api_token, rate_limit  # noqa: E402

ROUNDS = 40
POSTS = 120


def times_of(calls: dict[str, Callable[[], object]], rounds: int, warm_up: int) -> dict[str, list[float]]:
    """Seconds of each call in every round after those to warm up.

    The calls take turns, so that whatever else the machine does meanwhile slows down all that are compared.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + warm_up):
        for name, call in calls.items():
            started = time.perf_counter()
            call()
            if number >= warm_up:
                times[name].append(time.perf_counter() - started)
    return times


def medians(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the median of several rounds after two to warm up."""
    return {name: statistics.median(times) for name, times in times_of(calls, ROUNDS, 2).items()}


def p95s(calls: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the 95th percentile of many rounds after ten to warm up."""
    return {name: statistics.quantiles(times, n=20)[-1] for name, times in times_of(calls, POSTS, 10).items()}


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


def program(user: User) -> Client:
    """A client that calls the API with a token of the user's, as often as it likes."""
    now = timezone.now()
    _token, secret = api_token.issue(
        owner=user, name="Bench", scopes=["read"], expires_at=now + timedelta(days=1), by=user, at=now
    )
    bearer.Bearer._refuse_too_many = staticmethod(counted)
    return Client(headers={"authorization": f"Bearer {secret}"})


def counted(what: str, who: str, limit: int, seconds: int) -> None:
    """Count as the API does, and let the call pass."""
    rate_limit.is_over(what, who, limit=limit, seconds=seconds)


def main() -> dict[str, float]:
    """Measure and return seconds (and numbers of queries) by name."""
    settings.ALLOWED_HOSTS = ["*"]
    settings.DEBUG = False  # as in production; the bench's own processes are set up with it, for want of secrets
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    client = Client()
    user = User.objects.get(email="yusuf.chen@plant.example")
    client.force_login(user)
    newest = Activity.objects.newest_first().values_list("pk", flat=True)[20]
    urls = {
        "home": reverse("leadership:home"),
        "list of 50": reverse("leadership:activity-list"),
        "record page": reverse("leadership:activity-detail", args=[newest]),
        "evidence page": reverse("qms:evidence"),
    }
    found: dict[str, float] = {}
    for name, url in urls.items():
        with CaptureQueriesContext(connection) as queries:
            page(client, url)()
        found[f"{name} queries"] = len(queries)
    area, kind = Area.objects.order_by("pk")[0], ActivityType.objects.get(slug="floor-walk")
    api_list = page(program(user), reverse("api:records", args=["activity"]) + "?limit=100")
    with CaptureQueriesContext(connection) as queries:
        api_list()
    found["api list of 100 queries"] = len(queries)
    with override_settings(ROOT_URLCONF="tests.bench.urls"):
        found |= medians({"api list of 100": api_list, "lean JSON": page(client, "/lean-json/")})
        lists = {"list of 50": page(client, urls.pop("list of 50")), "lean list": page(client, "/lean-list/")}
        found |= medians(lists) | medians({name: page(client, url) for name, url in urls.items()})
        found |= p95s({"bare p95": bare_post(client), "log p95": log_post(client, area, kind)})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
