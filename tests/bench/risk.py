"""The heat map at a site with 1,000 open rated risks and at one with 100,000, in the same database. Prints JSON.

Fills the two sites the first time (rows only, without versions: the map reads nothing else), then measures the page.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from django.conf import settings  # noqa: E402  after setup
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402

from objectives.models import Risk, RiskScale  # noqa: E402
from objectives.services import risk_map, risk_scale  # noqa: E402
from qms.models import Record, Site, User  # noqa: E402
from tests.bench.pages import medians, page  # noqa: E402

SIZES = {"RSK1": 1_000, "RSK2": 100_000}
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
BATCH = 10_000


def fill(code: str, count: int, scale: RiskScale, by: User) -> Site:
    """The site with that many risks, spread over all cells; nothing to do when they are there."""
    site, _made = Site.objects.get_or_create(code=code, defaults={"name": f"Bench {code}", "time_zone": "UTC"})
    for first in range(Record.objects.filter(site=site).count(), count, BATCH):
        with transaction.atomic():
            parents = Record.objects.bulk_create(
                Record(
                    kind="risk", reference=f"RISK-{code}-{number}", site=site, title="Bench risk", owner=by.person,
                    occurred_on=date(2026, 1, 5), recorded_at=AT, recorded_by=by, phase="open", version=1,
                )
                for number in range(first, min(first + BATCH, count))
            )  # fmt: skip
            _children(parents, scale, site)
    return site


def _children(parents: list[Record], scale: RiskScale, site: Site) -> None:
    """The rows of the risk's own table, which Django cannot make in bulk."""
    columns = [str(field.column) for field in Risk._meta.local_concrete_fields]
    marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
    rows: list[dict[str, Any]] = [_child(parent.pk, scale, site, number) for number, parent in enumerate(parents)]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO objectives_risk ({', '.join(columns)}) VALUES {marks}",
            [[row[column] for column in columns] for row in rows],
        )


def _child(pk: int, scale: RiskScale, site: Site, number: int) -> dict[str, Any]:
    likelihood, impact = number % 5 + 1, number // 5 % 5 + 1
    risk = Risk(
        nature="risk", status="rated", identified_on=date(2026, 1, 5), scale=scale, likelihood=likelihood,
        impact=impact, now_likelihood=likelihood, now_impact=impact, rating=likelihood * impact,
        level=scale.level(likelihood * impact), on_map="open", map_site=site,
    )  # fmt: skip
    values = {str(field.column): field.get_db_prep_save(getattr(risk, field.attname), connection)
              for field in Risk._meta.local_concrete_fields}  # fmt: skip
    return values | {"record_ptr_id": pk}


def main() -> dict[str, float]:
    """Seconds of the page for both sites, and its queries."""
    settings.ALLOWED_HOSTS = ["*"]
    user = User.objects.get(email="hiro.weber@plant.example")
    scale = risk_scale.scale_for(Site.objects.order_by("pk")[0], by=user, at=AT)
    sites = {code: fill(code, count, scale, user) for code, count in SIZES.items()}
    risk_map.rebuild()
    user.sites.add(*sites.values())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    client = Client()
    client.force_login(user)
    calls: dict[str, Callable[[], object]] = {
        f"heat map {count}": page(client, f"{reverse('objectives:risk-map')}?site={sites[code].pk}")
        for code, count in SIZES.items()
    }
    shown = client.get(f"{reverse('objectives:risk-map')}?site={sites['RSK2'].pk}").content.decode()
    if "100,000" not in shown:
        raise SystemExit("The map does not show the 100,000 risks.")
    found = medians(calls)
    with CaptureQueriesContext(connection) as queries:
        calls["heat map 100000"]()
    found["heat map queries"] = len(queries)
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
