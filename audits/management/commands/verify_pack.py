"""Check an evidence pack without the system that issued it: ``manage.py verify_pack FILE [--cert CERT]``.

Touches no database and no network. Exit code 1 when anything was altered; the first altered thing is named.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from audits.services import verify, verify_process
from audits.services.verify_pdf import Refused, load_certificate

MARKS = {verify.GOOD: "ok", verify.ALTERED: "ALTERED", verify.UNKNOWN: "?"}


class Command(BaseCommand):
    help = "Check an evidence pack offline: signature, embedded files, records, trail. Exit 1 if anything was altered."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the PDF")
        parser.add_argument(
            "--cert", type=Path, action="append", default=[],
            help="the organization's certificate (PEM or DER), as it gave it to you; may be given several times",
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help="the report as JSON, within bounds of time and memory")
        parser.add_argument("--brief", action="store_true", help="without the list of records in the JSON")
        parser.add_argument("--language", default="", help="language of the words (default: English)")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"]:
            verify_process.bound_this_process()
        with translation.override(options["language"] or "en"):
            try:
                report = self.checked(options["file"], options["cert"])
            except Refused as error:
                if not options["json"]:
                    raise CommandError(str(error)) from error
                self.stdout.write(json.dumps({"refused": str(error)}))
                return
            if options["json"]:
                told = report.in_brief() if options["brief"] else report
                self.stdout.write(json.dumps({"report": told.as_json()}))
                return
            self.tell(report)

    def checked(self, file: Path, certificates: list[Path]) -> verify.Report:
        try:
            trusted = [load_certificate(path.read_bytes()) for path in certificates]
            return verify.check(file.read_bytes(), trusted=trusted)
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def tell(self, report: verify.Report) -> None:
        claims = report.claims
        if claims:
            self.stdout.write(f"{claims.get('reference', '')}  {claims.get('organization', '')}".strip())
        self.stdout.write(f"SHA-256 of the file: {report.sha256}")
        if report.root_hash:
            self.stdout.write(f"Root hash (printed in the pack): {report.root_hash}")
        if report.signer:
            self.stdout.write(f"Certificate: {report.signer.fingerprint}")
        for check in report.checks:
            self.stdout.write(f"[{MARKS[check.state]:>7}] {check.title}: {check.words}")
        if not report.is_intact:
            raise CommandError(f"First altered: {report.first_altered}")
        self.stdout.write(self.style.SUCCESS("Nothing was altered since it was signed."))
