"""Checking a file from the world in a process of its own, with bounds on memory and time that a bomb runs into."""

from __future__ import annotations

import json
import resource
import subprocess  # our own command, no shell
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from asn1crypto import x509
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audits.services.verify import Report
from audits.services.verify_pdf import Refused

MAX_SECONDS = 60
MAX_ANSWER_BYTES = 1024 * 1024  # of what is told about a file that was not issued here
MAX_MEMORY_BYTES = 3 * 1024 * 1024 * 1024  # of addresses, not of memory in use


def check_apart(path: str, *, trusted: Iterable[x509.Certificate] = (), is_known: bool = False) -> Report:
    """``verify.check`` on a file, done by ``manage.py verify_pack`` in bounds. Raises Refused, also on a bound.

    ``is_known``: the file was issued here, so that its answer, with all its items, is taken whatever its size.
    """
    too_much = _("The file asks for more time or memory than any evidence pack does; it was not checked.")
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_pack", path, "--json"]
        command += ["--language", get_language() or settings.LANGUAGE_CODE]
        for number, certificate in enumerate(trusted):
            kept = Path(folder) / f"{number}.der"
            kept.write_bytes(certificate.dump())
            command += ["--cert", str(kept)]
        command += [] if is_known else ["--brief"]
        told = Path(folder) / "answer"
        try:
            with told.open("wb") as out:
                subprocess.run(command, stdout=out, stderr=subprocess.DEVNULL, timeout=MAX_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise Refused(too_much) from error
        if not is_known and told.stat().st_size > MAX_ANSWER_BYTES:
            raise Refused(too_much)
        body = told.read_bytes()
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise Refused(too_much) from error
    if "refused" in answer:
        raise Refused(answer["refused"])
    return Report.from_json(answer["report"])


def bound_this_process() -> None:
    """Let this process have no more than the bounds above; called by the command when it works for a page."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
