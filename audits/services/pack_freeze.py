"""The cut-off: one transaction after which a pack's words and numbers no longer depend on the living database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from importlib.metadata import version as package_version
from typing import Any

from django.conf import settings

from audits.models import Pack, PackItem
from audits.services import pack_boards
from audits.services.pack_selection import PackScope, Selection, select, with_descendants
from qms import __version__
from qms.models import Checkpoint, Clause, ClauseMapping, Organization, Person, Site
from qms.services.coverage import ClauseCoverage, coverage
from qms.services.trail import canonical, moment

TEMPLATE_VERSION = "3"
"""Counted up whenever a template or the sheet of the pack changes what is printed."""


def scope_of(pack: Pack) -> PackScope:
    """The scope a pack was asked for with."""
    return PackScope(
        sites=list(pack.sites.order_by("code")), edition=pack.edition,
        clauses=list(pack.clauses.select_related("commitment").order_by("sort_key", "pk")), from_on=pack.from_on,
        to_on=pack.to_on, purpose=pack.purpose, has_photos=pack.has_photos, names=pack.names,
    )  # fmt: skip


def freeze(pack: Pack, checkpoint: Checkpoint, *, at: datetime) -> Selection:
    """Write the pack's items and its frozen facts. Call it in the transaction that made the checkpoint.

    Side effects: PackItem rows; ``frozen``, ``cutoff_at``, ``sampling_seed``, ``item_count`` and confidentiality of the
    unsaved ``pack``. The seed is the start of the checkpoint's hash: nobody can choose it, anybody can look it up.
    """
    scope = scope_of(pack)
    selection = select(pack, scope, pack.recorded_by)
    PackItem.objects.bulk_create(selection.items, batch_size=1000)
    pack.cutoff_at, pack.sampling_seed = at, checkpoint.hash[:16]
    pack.is_confidential, pack.item_count = selection.has_confidential, selection.records
    pack.frozen = canonical(_frozen(pack, scope, selection, checkpoint, at=at))
    return selection


def _frozen(
    pack: Pack, scope: PackScope, selection: Selection, checkpoint: Checkpoint, *, at: datetime
) -> dict[str, Any]:
    organization = Organization.current()
    clauses = with_descendants(scope.edition, scope.clauses)
    requester = pack.recorded_by.person if pack.recorded_by else None
    uids = selection.people | ({str(requester.uid)} if requester else set())
    edition = scope.edition
    mappings = _mappings(selection.mapping_ids, clauses)
    return {
        "template": TEMPLATE_VERSION,
        "language": settings.LANGUAGE_CODE,
        "software": {"name": "QMS", "version": software_version()},
        "public_url": settings.PUBLIC_URL,
        "organization": {"name": organization.name, "scope_statement": organization.scope_statement},
        "sites": [{"code": s.code, "name": s.name, "time_zone": s.time_zone} for s in scope.sites],
        "edition": {
            "slug": edition.slug, "standard": edition.standard, "title": edition.title, "edition": edition.edition,
            "catalogue_version": edition.catalogue_version,
        },
        "clauses": _clauses(clauses, scope, on=pack.to_on),
        "mappings": mappings,
        "boards": pack_boards.freeze({row["kind"] for row in mappings}, scope, by=pack.recorded_by, at=at),
        "people": _people(uids),
        "known_names": _known_names(scope.sites) if scope.names == Pack.Names.INITIALS else {},
        "checkpoint": {
            "seq": checkpoint.seq, "at": moment(checkpoint.at), "hash": checkpoint.hash, "entries": checkpoint.entries,
        },
        "requested_by": str(requester.uid) if requester else "",
    }  # fmt: skip


def software_version() -> str:
    """The product's version, and that of the engine that sets the pages: both decide the bytes."""
    return f"{__version__} (WeasyPrint {package_version('weasyprint')})"


def _clauses(clauses: list[Clause], scope: PackScope, *, on: date) -> list[dict[str, Any]]:
    known = {row.clause.pk: row for row in coverage(scope.edition, scope.sites, on=on)}
    chosen = {clause.pk for clause in scope.clauses}
    return [
        {
            "id": clause.pk, "parent": clause.parent_id, "label": clause.label, "slug": clause.slug,
            "title": clause.title, "intent": clause.intent, "has_own_label": clause.has_own_label,
            "documented": clause.documented_information, "is_item": bool(clause.letter),
            "is_chosen": clause.pk in chosen, "coverage": _coverage(known.get(clause.pk)),
        }
        for clause in clauses
    ]  # fmt: skip


def _coverage(row: ClauseCoverage | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "status": str(row.status), "reason": str(row.reason),
        "newest_on": row.newest_on.isoformat() if row.newest_on else "", "count": row.count, "people": row.people,
        "mandatory": row.mandatory_count, "supporting": row.supporting_count,
    }  # fmt: skip


def _mappings(used: set[int], clauses: list[Clause]) -> list[dict[str, Any]]:
    rows = ClauseMapping.objects.filter(clause__in=clauses).select_related("clause", "clause__commitment")
    rows = rows.order_by("clause__sort_key", "kind", "subtype", "pk")
    return [
        {
            "id": m.pk, "kind": m.kind, "subtype": m.subtype, "clause": m.clause.slug, "strength": m.strength,
            "max_age_days": m.max_age_days, "min_count": m.min_count, "min_people": m.min_people,
            "effective_from": m.effective_from.isoformat(),
            "effective_to": m.effective_to.isoformat() if m.effective_to else "", "is_used": m.pk in used,
        }
        for m in rows
    ]  # fmt: skip


def _people(uids: set[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    wanted = sorted(uids)
    for start in range(0, len(wanted), 500):
        for person in Person.objects.filter(uid__in=wanted[start : start + 500]).order_by("pk"):
            found[str(person.uid)] = {
                "name": person.name, "initials": person.initials, "job_title": person.job_title,
                "is_top_management": person.is_top_management,
            }  # fmt: skip
    return found


def _known_names(sites: Iterable[Site]) -> dict[str, str]:
    people = Person.objects.filter(site__in=sites) | Person.objects.filter(site=None)
    return {person.name: person.initials for person in people.order_by("name", "pk").only("name")}
