"""The clause catalogue: loaded from files, worded and dated by administrators, excluded where it does not apply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import (
    Applicability,
    Clause,
    Commitment,
    CrosswalkRow,
    Person,
    Site,
    StandardEdition,
    User,
)
from qms.services import trail
from qms.services.clause_catalogue import Catalogue, ClauseEntry, EditionEntry, read_catalogue

DEFAULT_FILE = Path(settings.BASE_DIR) / "qms" / "data" / "clauses.yaml"
EDITABLE = ("title", "intent", "note", "max_age_days", "evidence_hints")
EDITION_EDITABLE = ("status", "published_on", "valid_until", "is_default")

Key = tuple[str, str, str]


class CannotExclude(ValueError):
    """The clause cannot be taken out, or put back, at this site; the message says why."""


@dataclass
class Loaded:
    """What a load did: rows made, rows changed, rows left because an administrator had worded them."""

    created: int = 0
    updated: int = 0
    kept: int = 0


@transaction.atomic
def load_catalogue(path: Path = DEFAULT_FILE, *, by: User | None, at: datetime) -> Loaded:
    """Load editions, clauses, commitments and crosswalk from a file; may be run any number of times.

    An administrator's wording, intervals and dates are kept; clauses that the file no longer has stay as they are.
    Side effects: rows, and one trail entry per edition that changed. Raises CatalogueRefused before writing anything.
    """
    catalogue = read_catalogue(path)
    commitments = _load_commitments(catalogue)
    result = Loaded()
    rows: dict[tuple[str, Key], Clause] = {}
    for entry in catalogue.editions:
        edition_result = Loaded()
        edition = _load_edition(entry, catalogue.version, edition_result)
        _load_clauses(edition, entry, commitments, rows, edition_result)
        if edition_result.created or edition_result.updated:
            trail.write(
                edition, "catalogue.loaded", by=by, at=at,
                changes={"file": path.name, "created": edition_result.created, "updated": edition_result.updated},
            )  # fmt: skip
        result.created += edition_result.created
        result.updated += edition_result.updated
        result.kept += edition_result.kept
    _load_crosswalk(catalogue, rows, result)
    if not StandardEdition.objects.filter(is_default=True).exists():
        first = next((e for e in catalogue.editions if e.is_default), catalogue.editions[-1])
        StandardEdition.objects.filter(slug=first.slug).update(is_default=True)
    return result


def _load_commitments(catalogue: Catalogue) -> dict[str, Commitment]:
    known = {c.slug: c for c in Commitment.objects.order_by("pk")}
    new = [
        Commitment(slug=slug, label=label[:120]) for slug, label in catalogue.commitments.items() if slug not in known
    ]
    Commitment.objects.bulk_create(new)
    return known | {c.slug: c for c in new}


def _load_edition(entry: EditionEntry, version: str, result: Loaded) -> StandardEdition:
    values: dict[str, Any] = {
        "standard": entry.standard, "title": entry.title, "edition": entry.edition, "status": entry.status,
        "published_on": entry.published_on, "valid_until": entry.valid_until, "catalogue_version": version,
    }  # fmt: skip
    edition = StandardEdition.objects.filter(slug=entry.slug).first()
    if edition is None:
        result.created += 1
        return StandardEdition.objects.create(slug=entry.slug, **values)
    if edition.edited_at:
        values = {name: value for name, value in values.items() if name not in EDITION_EDITABLE}
    _update(edition, values, result)
    return edition


def _load_clauses(
    edition: StandardEdition, entry: EditionEntry, commitments: dict[str, Commitment],
    rows: dict[tuple[str, Key], Clause], result: Loaded,
) -> None:  # fmt: skip
    known: dict[Key, Clause] = {
        (c.number, c.letter, c.commitment.slug if c.commitment else ""): c
        for c in edition.clauses.select_related("commitment").order_by("sort_key", "pk")
    }
    for item in entry.clauses:
        parent = rows[edition.slug, item.parent] if item.parent else None
        clause = known.get(item.key)
        if clause is None:
            commitment = commitments.get(item.commitment)
            clause = Clause.objects.create(
                edition=edition, number=item.number, letter=item.letter, commitment=commitment, parent=parent,
                **_titled(item, commitment), **item.structure,
            )  # fmt: skip
            result.created += 1
        else:
            wording = {} if clause.edited_at else _titled(item, commitments.get(item.commitment))
            result.kept += bool(clause.edited_at)
            _update(clause, {"parent": parent, **wording, **item.structure}, result)
        rows[edition.slug, item.key] = clause


def _titled(item: ClauseEntry, commitment: Commitment | None) -> dict[str, Any]:
    """The wording; a commitment's item is titled by its label, so that both editions name it alike."""
    return item.wording | ({"title": commitment.label} if commitment else {})


def _update(row: StandardEdition | Clause, values: dict[str, Any], result: Loaded) -> None:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if changed:
        row.save(update_fields=changed)
        result.updated += 1


def _load_crosswalk(catalogue: Catalogue, rows: dict[tuple[str, Key], Clause], result: Loaded) -> None:
    def row(edition: str, key: Key | None) -> Clause | None:
        return rows[edition, key] if key else None

    known = {
        (r.from_clause_id, r.to_clause_id): r
        for r in CrosswalkRow.objects.filter(to_clause__edition__slug=catalogue.newer).order_by("pk")
    }
    for entry in catalogue.crosswalk:
        old, new = row(catalogue.older, entry.from_key), row(catalogue.newer, entry.to_key)
        found = known.get((old.pk if old else None, new.pk if new else None))
        if found is None:
            CrosswalkRow.objects.create(
                from_clause=old, to_clause=new, change_type=entry.change_type, change=entry.change
            )
            result.created += 1
        elif (found.change_type, found.change) != (entry.change_type, entry.change):
            found.change_type, found.change = entry.change_type, entry.change
            found.save(update_fields=["change_type", "change"])
            result.updated += 1


@transaction.atomic
def edit_clause(clause: Clause, values: dict[str, Any], *, by: User, at: datetime, reason: str = "") -> Clause:
    """Change wording or interval of a clause (the fields in EDITABLE). Writes the trail; later loads keep the words."""
    current = Clause.objects.select_for_update().get(pk=clause.pk)
    changes = {
        n: [getattr(current, n), values[n]] for n in EDITABLE if n in values and getattr(current, n) != values[n]
    }
    if not changes:
        return current
    for name, (_old, new) in changes.items():
        setattr(current, name, new)
    current.edited_at, current.edited_by = at, by
    current.full_clean()
    current.save(update_fields=[*changes, "edited_at", "edited_by"])
    trail.write(current, "clause.edited", by=by, at=at, changes={"fields": changes}, reason=reason)
    return current


@transaction.atomic
def edit_edition(edition: StandardEdition, values: dict[str, Any], *, by: User, at: datetime) -> StandardEdition:
    """Change dates, status or default of an edition (EDITION_EDITABLE). Exactly one edition is the default; trailed."""
    current = StandardEdition.objects.select_for_update().get(pk=edition.pk)
    changes = {
        n: [getattr(current, n), values[n]]
        for n in EDITION_EDITABLE
        if n in values and getattr(current, n) != values[n]
    }
    if changes.get("is_default") == [True, False]:
        del changes["is_default"]  # another edition becomes the default by being chosen, never by leaving none
    if not changes:
        return current
    if "is_default" in changes:
        StandardEdition.objects.filter(is_default=True).update(is_default=False)
    for name, (_old, new) in changes.items():
        setattr(current, name, new)
    current.edited_at = at
    current.full_clean()
    current.save(update_fields=[*changes, "edited_at"])
    shown = {n: [v.isoformat() if isinstance(v, date) else v for v in pair] for n, pair in changes.items()}
    trail.write(current, "edition.edited", by=by, at=at, changes={"fields": shown})
    return current


@transaction.atomic
def exclude(
    clause: Clause, site: Site, *, reason: str, approved_by: Person, effective_from: date, by: User, at: datetime
) -> Applicability:
    """Say that a clause does not apply at a site, from a day on, why, and who approved it. Writes the trail."""
    if not reason.strip():
        raise CannotExclude(_("Say why the clause does not apply; an auditor will ask."))
    if not approved_by.is_top_management:
        raise CannotExclude(_("Only somebody of top management can approve that a clause does not apply."))
    if Applicability.objects.filter(clause=clause, site=site, effective_to=None).exists():
        raise CannotExclude(
            _("%(clause)s is already marked as not applicable at %(site)s.") % {"clause": clause.label, "site": site}
        )
    row = Applicability(
        clause=clause, site=site, reason=reason.strip(), approved_by=approved_by, approved_at=at,
        effective_from=effective_from,
    )  # fmt: skip
    row.full_clean()
    row.save(force_insert=True)
    changes = {"site": site.code, "approved_by": approved_by.name, "effective_from": effective_from.isoformat()}
    trail.write(row, "clause.excluded", by=by, at=at, changes=changes, reason=row.reason)
    return row


@transaction.atomic
def end_exclusion(row: Applicability, *, effective_to: date, reason: str, by: User, at: datetime) -> Applicability:
    """The clause applies again at the site from ``effective_to`` on. The decision stays readable; writes the trail."""
    current = Applicability.objects.select_for_update().select_related("site").get(pk=row.pk)
    if current.effective_to is not None:
        raise CannotExclude(_("This decision has already ended."))
    if effective_to < current.effective_from:
        raise CannotExclude(_("It cannot end before it began (%s).") % current.effective_from.isoformat())
    current.effective_to = effective_to
    current.save(update_fields=["effective_to"])
    changes = {"site": current.site.code, "effective_to": effective_to.isoformat()}
    trail.write(current, "clause.included", by=by, at=at, changes=changes, reason=reason)
    return current
