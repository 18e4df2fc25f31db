"""How many trail entries a second ``verify_trail`` checks. Prints JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qms.settings")
django.setup()

from qms.models import TrailEntry  # noqa: E402  after setup


def main() -> dict[str, float]:
    """Run the command as an operator would, and divide."""
    entries = TrailEntry.objects.count()
    started = time.perf_counter()
    subprocess.run([sys.executable, "manage.py", "verify_trail"], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - started
    return {"entries": entries, "seconds": seconds, "entries per second": entries / seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()) + "\n")
