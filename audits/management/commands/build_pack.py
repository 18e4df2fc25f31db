"""`manage.py build_pack`: an evidence pack from the command line, by the same path as on the web."""

import shutil
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from audits.models import Pack
from audits.services import pack as pack_service
from audits.services import pack_build
from audits.services.pack_selection import PackScope, default_clauses
from qms.models import Clause, Person, Site, StandardEdition, User


class Command(BaseCommand):
    """Ask for a pack, build it in this process, copy the signed PDF."""

    help = "Build an evidence pack in this process and write the signed PDF to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what the request page takes."""
        parser.add_argument("--site", action="append", required=True, help="code of a site; may be given several times")
        parser.add_argument("--edition", help="such as iso-9001-2026 (the default edition, unless given)")
        parser.add_argument(
            "--clause", action="append", default=[], help="such as 5.1 or 5.1.1/culture_ethics; several"
        )
        parser.add_argument("--from", dest="from_on", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
        parser.add_argument("--to", dest="to_on", type=date.fromisoformat, required=True, help="YYYY-MM-DD")
        parser.add_argument("--out", type=Path, required=True, help="where to write the PDF")
        parser.add_argument("--purpose", default="")
        parser.add_argument("--no-photos", action="store_true")
        parser.add_argument("--initials", action="store_true", help="initials in place of personal names")
        parser.add_argument("--as", dest="as_user", help="e-mail of a user whose rights decide what enters")

    def handle(self, *args: Any, **options: Any) -> None:
        """Build; an error says what to change."""
        scope = _scope(options)
        by = _user(options["as_user"])
        owner = by.person if by else _owner(scope.sites[0])
        try:
            asked = pack_service.request(scope, by=by, at=timezone.now(), owner=owner, is_queued=False)
        except (ValidationError, pack_service.EmptyScope) as error:
            raise CommandError("; ".join(getattr(error, "messages", [str(error)]))) from error
        pack = pack_build.build_now(asked, clock=timezone.now, report=lambda title: self.stdout.write(f"  {title}"))
        if pack.status != Pack.Status.READY:
            raise CommandError(f"{pack.reference} failed: {pack.failure}")
        with pack.file.open("rb") as source, options["out"].open("wb") as target:
            shutil.copyfileobj(source, target)
        self.stdout.write(
            f"{pack.reference}: {pack.item_count} records, {pack.page_count} pages, {pack.file_size / 1e6:.1f} MB, "
            f"{options['out']}\nSHA-256 {pack.sha256}\nSHA-256 before signing {pack.unsigned_sha256}"
        )


def _scope(options: dict[str, Any]) -> PackScope:
    edition = _edition(options["edition"])
    known = {clause.slug: clause for clause in edition.clauses.select_related("commitment").order_by("sort_key")}
    known |= {clause.number: clause for clause in known.values() if not clause.letter}
    unknown = [slug for slug in options["clause"] if slug not in known]
    if unknown:
        raise CommandError(f"{edition} has no clause {', '.join(unknown)}.")
    clauses: list[Clause] = [known[slug] for slug in options["clause"]] or default_clauses(edition)
    sites = [_site(code) for code in options["site"]]
    return PackScope(
        sites=sites, edition=edition, clauses=clauses, from_on=options["from_on"], to_on=options["to_on"],
        purpose=options["purpose"], has_photos=not options["no_photos"],
        names=Pack.Names.INITIALS if options["initials"] else Pack.Names.FULL,
    )  # fmt: skip


def _edition(slug: str | None) -> StandardEdition:
    found = StandardEdition.objects.filter(**({"slug": slug} if slug else {"is_default": True})).first()
    if found is None:
        known = ", ".join(StandardEdition.objects.order_by("slug").values_list("slug", flat=True))
        raise CommandError(f"There is no edition {slug or '(default)'}. Known: {known or 'none; run load_clauses'}.")
    return found


def _site(code: str) -> Site:
    found = Site.objects.filter(code__iexact=code).first()
    if found is None:
        known = ", ".join(Site.objects.order_by("code").values_list("code", flat=True))
        raise CommandError(f"There is no site {code}. Known: {known or 'none'}.")
    return found


def _user(email: str | None) -> User | None:
    if not email:
        return None
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        raise CommandError(f"There is no user {email}.")
    return found


def _owner(site: Site) -> Person:
    """Who owns a pack nobody asked for: somebody of top management at the site, else anybody of the site."""
    people = Person.objects.active().filter(site=site).order_by("-is_top_management", "pk")
    found = people.first() or Person.objects.active().order_by("pk").first()
    if found is None:
        raise CommandError("There is nobody in the directory yet who could own the pack. Add people first.")
    return found
