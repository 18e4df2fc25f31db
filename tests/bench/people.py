"""How long the import of 1,000 people takes, from the file to the trail, preview included. Prints JSON."""

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

from qms.models import Person, Site, User  # noqa: E402
from qms.services import person_import as service  # noqa: E402
from qms.services.person_import_plan import plan  # noqa: E402

COUNT = 1_000


def table() -> bytes:
    """A CSV with managers, areas and many people without e-mail."""
    chance = random.Random(COUNT)
    lines = ["Name,E-mail,Job title,Area,Reports to,Shift"]
    for number in range(COUNT):
        email = f"bench.{number}@plant.example" if number % 2 == 0 else ""
        boss = f"bench.{chance.randrange(0, number, 2)}@plant.example" if number else ""
        lines.append(f"Bench Person {number},{email},Operator,CNC line {number % 3 + 1},{boss},A")
    return "\n".join(lines).encode()


def main() -> dict[str, float]:
    """Upload, look at the preview, apply; rolled back afterwards."""
    site, by = Site.objects.order_by("pk")[0], User.objects.get(email="hiro.weber@plant.example")
    started = time.perf_counter()
    with transaction.atomic():
        made = service.start(io.BytesIO(table()), file_name="people.csv", site=site, by=by, at=timezone.now())
        preview = plan(made, by=by, create_areas=False)
        service.apply(made, by=by, at=timezone.now(), digest=preview.digest)
        seconds = time.perf_counter() - started
        count = Person.objects.filter(name__startswith="Bench Person").count()
        transaction.set_rollback(True)
    if count != COUNT:
        raise SystemExit(f"Only {count} of {COUNT} people were imported.")
    return {"seconds": seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
