"""Which record counts for which clause: opened, changed and ended with effective dates; records linked again after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.models import Clause, ClauseMapping, Job, Record, User
from qms.records import RecordKind, all_kinds, known_kinds
from qms.services import job as job_service
from qms.services import trail
from qms.services.clause_catalogue import CatalogueRefused, read_yaml
from qms.services.coverage_links import counting_phases, sync
from qms.services.coverage_words import rule_name

DEFAULT_FILE = Path(settings.BASE_DIR) / "qms" / "data" / "mappings.yaml"
RELINK_AT_ONCE = 500
BATCH = 500
SILENCE = timedelta(minutes=2)
LOST_AFTER = timedelta(minutes=10)
JOB_KIND = "relink"
TASK = "qms.tasks.mapping.relink"


class MappingRefused(ValueError):
    """The mapping cannot be saved like this; the message says why and what to do."""


@dataclass(frozen=True)
class Rule:
    """What a mapping asks for. ``max_age_days`` None: the clause's own interval."""

    strength: str = ClauseMapping.Strength.SUPPORTING
    max_age_days: int | None = None
    min_count: int = 1
    min_people: int = 1

    @classmethod
    def of(cls, mapping: ClauseMapping) -> Rule:
        """The rule a mapping holds."""
        return cls(mapping.strength, mapping.max_age_days, mapping.min_count, mapping.min_people)

    def facts(self) -> dict[str, Any]:
        """For the trail and for model fields alike."""
        return {
            "strength": str(self.strength), "max_age_days": self.max_age_days, "min_count": self.min_count,
            "min_people": self.min_people,
        }  # fmt: skip


def mappable_kinds() -> list[RecordKind]:
    """Kinds whose records can be evidence at all."""
    return [kind for kind in all_kinds() if counting_phases(kind)]


@transaction.atomic
def open_mapping(
    kind: str, subtype: str, clause: Clause, rule: Rule, *, effective_from: date, reason: str, by: User | None,
    at: datetime,
    effective_to: date | None = None, relinks: bool = True,
) -> ClauseMapping:  # fmt: skip
    """Let records of a kind (and type) count for a clause from a day on; that day may lie in the past.

    Side effects: the row, a trail entry, records linked (see ``relink``). Raises MappingRefused.
    """
    declared = known_kinds().get(kind)
    if declared is None or not counting_phases(declared):
        raise MappingRefused(_("There is no kind of record “%s” that can be evidence.") % kind)
    if subtype and subtype not in dict(declared.subtypes()):
        raise MappingRefused(_("“%(kind)s” has no type “%(type)s”.") % {"kind": kind, "type": subtype})
    refuse_overlap(kind, subtype, clause, effective_from, effective_to)
    mapping = _new_row(kind, subtype, clause, rule, effective_from, effective_to, reason, by, at)
    facts = {**rule.facts(), "clause": clause.slug, "effective_from": effective_from.isoformat()}
    trail.write(mapping, "mapping.opened", by=by, at=at, changes=facts, reason=reason)
    if relinks:
        relink([kind], since=effective_from, by=by, at=at)
    return mapping


@transaction.atomic
def change(
    mapping: ClauseMapping, rule: Rule, *, effective_from: date, reason: str, by: User | None, at: datetime,
    relinks: bool = True,
) -> ClauseMapping:  # fmt: skip
    """Close the row on ``effective_from`` and open one that supersedes it; older records keep the old row.

    Side effects: two rows, a trail entry, records linked again. Raises MappingRefused. The same rule changes nothing.
    """
    current = _locked(mapping)
    if rule == Rule.of(current):
        return current
    if effective_from < current.effective_from:
        raise MappingRefused(
            _("It cannot change before it began (%s). Choose that day or a later one.")
            % current.effective_from.isoformat()
        )
    current.effective_to = effective_from
    current.save(update_fields=["effective_to"])
    successor = _new_row(
        current.kind, current.subtype, current.clause, rule, effective_from, None, reason, by, at, supersedes=current
    )
    old, new = Rule.of(current).facts(), rule.facts()
    changes = {
        "fields": {n: [old[n], new[n]] for n in old if old[n] != new[n]},
        "effective_from": effective_from.isoformat(),
    }
    trail.write(successor, "mapping.changed", by=by, at=at, changes=changes, reason=reason)
    if relinks:
        relink([current.kind], since=effective_from, by=by, at=at)
    return successor


@transaction.atomic
def end(
    mapping: ClauseMapping, *, effective_to: date, reason: str, by: User | None, at: datetime, relinks: bool = True
) -> ClauseMapping:
    """Records with event dates from ``effective_to`` on no longer count. Writes the trail; links follow."""
    current = _locked(mapping)
    if effective_to < current.effective_from:
        raise MappingRefused(_("It cannot end before it began (%s).") % current.effective_from.isoformat())
    current.effective_to = effective_to
    current.save(update_fields=["effective_to"])
    trail.write(
        current, "mapping.ended", by=by, at=at, changes={"effective_to": effective_to.isoformat()}, reason=reason
    )
    if relinks:
        relink([current.kind], since=effective_to, by=by, at=at)
    return current


def history(mapping: ClauseMapping) -> list[ClauseMapping]:
    """Every row there was for this kind, type and clause, newest first."""
    rows = ClauseMapping.objects.filter(kind=mapping.kind, subtype=mapping.subtype, clause_id=mapping.clause_id)
    return list(
        rows.select_related("clause__edition", "clause__commitment", "created_by__person").order_by(
            "-effective_from", "-pk"
        )
    )


def relink(kinds: list[str], *, since: date, by: User | None, at: datetime) -> Job | None:
    """Bring the links of records with event dates from ``since`` on up to date.

    Up to 500 records: at once, in this transaction. More: by a task with progress, which starts when the transaction is
    committed; the job is returned. Side effects: links, sums, perhaps a job and its notice at the end.
    """
    touched = Record.objects.filter(kind__in=kinds, occurred_on__gte=since).order_by("pk")
    keys = list(touched.values_list("kind", "pk")[: RELINK_AT_ONCE + 1])
    if len(keys) <= RELINK_AT_ONCE:
        for kind in kinds:
            own = [pk for of, pk in keys if of == kind]
            if own:
                sync(known_kinds()[kind], own[0], own[-1])
        return None
    names = ", ".join(str(known_kinds()[kind].label_plural) for kind in kinds)
    job = job_service.start(
        JOB_KIND, _("Linking records to clauses again: %s") % names, by=by, at=at,
        params={"kinds": kinds, "since": since.isoformat(), "last": 0},
    )  # fmt: skip
    transaction.on_commit(partial(_enqueue, job.pk), robust=True)
    return job


def run_relink(job_id: int, *, clock: Callable[[], datetime], batch: int = BATCH) -> bool:
    """Work a re-linking job off, batch by batch, from where it last stood; False while another worker holds it.

    Each batch is a transaction; a killed worker's job is taken over after two silent minutes. Ends in a notice.
    """
    job = job_service.claim(job_id, at=clock(), stale_before=clock() - SILENCE)
    if job is None:
        return not Job.objects.filter(pk=job_id, status__in=[Job.Status.QUEUED, Job.Status.RUNNING]).exists()
    touched = Record.objects.filter(kind__in=job.params["kinds"], occurred_on__gte=job.params["since"]).order_by("pk")
    total = job.total or touched.count()
    while keys := list(touched.filter(pk__gt=job.params["last"]).values_list("pk", flat=True)[:batch]):
        for kind in job.params["kinds"]:
            sync(known_kinds()[kind], keys[0], keys[-1])
        job_service.advance(
            job, at=clock(), done=job.done + len(keys), total=total, params={**job.params, "last": keys[-1]}
        )
    words = ngettext(
        "%d record is linked to its clauses again.", "%d records are linked to their clauses again.", job.done
    )
    job_service.finish(job, at=clock(), message=words % job.done, result_url=reverse("qms:evidence"))
    return True


@transaction.atomic
def queue_again(*, at: datetime) -> int:
    """Queue re-linking jobs whose worker went silent or whose message the broker lost; returns how many."""
    is_dead = Q(status=Job.Status.RUNNING, heartbeat_at__lt=at - SILENCE)
    was_heard = Q(heartbeat_at__gte=at - LOST_AFTER)
    is_lost = Q(status=Job.Status.QUEUED, created_at__lt=at - LOST_AFTER) & ~(Q(heartbeat_at__isnull=False) & was_heard)
    jobs = list(Job.objects.select_for_update().filter(is_dead | is_lost, kind=JOB_KIND).order_by("pk"))
    for job in jobs:
        Job.objects.filter(pk=job.pk).update(status=Job.Status.QUEUED, heartbeat_at=at)
        transaction.on_commit(partial(_enqueue, job.pk), robust=True)
    return len(jobs)


def _enqueue(job_id: int) -> None:
    current_app.signature(TASK, args=[job_id]).delay()


@transaction.atomic
def load_default_mappings(path: Path = DEFAULT_FILE, *, by: User | None, at: datetime) -> int:
    """Open the default mappings that have never been there; returns how many. What was changed or ended stays so.

    Raises CatalogueRefused naming the line that is wrong, before anything is written. Side effects as ``open_mapping``.
    """
    data = read_yaml(path)
    known = set(ClauseMapping.objects.order_by().values_list("kind", "subtype", "clause_id").distinct())
    clauses = Clause.objects.select_related("edition", "commitment").order_by("edition_id", "sort_key")
    by_slug: dict[str, list[Clause]] = {}
    for clause in clauses:
        by_slug.setdefault(clause.slug, []).append(clause)
    since = date.fromisoformat(str(data.get("effective_from")))
    made: list[ClauseMapping] = []
    for n, line in enumerate(data.get("mappings") or [], 1):
        where = _("%(file)s, mapping %(n)d") % {"file": path.name, "n": n}
        for clause in _clauses_of(line, by_slug, where):
            key = (str(line["kind"]), str(line.get("subtype") or ""), clause.pk)
            if key not in known:
                rule = Rule(
                    str(line.get("strength") or "supporting"), line.get("max_age_days"),
                    int(line.get("min_count") or 1), int(line.get("min_people") or 1),
                )  # fmt: skip
                made.append(_new_row(key[0], key[1], clause, rule, since, None, str(data.get("reason") or ""), by, at))
    for mapping in made:
        facts = {**Rule.of(mapping).facts(), "clause": mapping.clause.slug, "effective_from": since.isoformat()}
        trail.write(mapping, "mapping.opened", by=by, at=at, changes=facts, reason=mapping.reason)
    if made:
        relink(sorted({m.kind for m in made} & set(known_kinds())), since=since, by=by, at=at)
    return len(made)


def _clauses_of(line: Any, by_slug: dict[str, list[Clause]], where: str) -> list[Clause]:
    if not isinstance(line, dict) or not line.get("kind") or not line.get("clause"):
        raise CatalogueRefused(_("%s: “kind” and “clause” are needed.") % where)
    if line["kind"] not in known_kinds():
        raise CatalogueRefused(_("%(where)s: there is no kind “%(kind)s”.") % {"where": where, "kind": line["kind"]})
    found = [
        c for c in by_slug.get(str(line["clause"]), []) if not line.get("edition") or c.edition.slug == line["edition"]
    ]
    if not found:
        raise CatalogueRefused(
            _("%(where)s: no edition has the clause %(clause)s.") % {"where": where, "clause": line["clause"]}
        )
    return found


def _new_row(
    kind: str, subtype: str, clause: Clause, rule: Rule, effective_from: date, effective_to: date | None, reason: str,
    by: User | None, at: datetime, supersedes: ClauseMapping | None = None,
) -> ClauseMapping:  # fmt: skip
    mapping = ClauseMapping(
        kind=kind, subtype=subtype, clause=clause, effective_from=effective_from, effective_to=effective_to,
        reason=reason.strip()[:400], created_at=at, created_by=by, supersedes=supersedes, **rule.facts(),
    )  # fmt: skip
    mapping.full_clean(exclude=["clause", "created_by", "supersedes"], validate_unique=False)
    mapping.save(force_insert=True)
    return mapping


def _locked(mapping: ClauseMapping) -> ClauseMapping:
    current = (
        ClauseMapping.objects.select_for_update(of=("self",)).select_related("clause__commitment").get(pk=mapping.pk)
    )
    if current.effective_to is not None:
        raise MappingRefused(
            _("This row has already ended or been superseded. Open the mapping again and change the row in force.")
        )
    return current


def refuse_overlap(kind: str, subtype: str, clause: Clause, start: date, stop: date | None) -> None:
    """Raise MappingRefused when a row for the same rule is in force within the given time."""
    rows = ClauseMapping.objects.filter(kind=kind, subtype=subtype, clause=clause)
    rows = rows.filter(Q(effective_to=None) | Q(effective_to__gt=start))
    if stop:
        rows = rows.filter(effective_from__lt=stop)
    other = rows.order_by("effective_from", "pk").first()
    if other and (other.effective_to is None or other.effective_to > other.effective_from):
        until = other.effective_to.isoformat() if other.effective_to else _("now")
        raise MappingRefused(
            _("%(rule)s already counts for %(clause)s from %(start)s until %(until)s. Change that mapping instead.")
            % {
                "rule": rule_name(other),
                "clause": clause.label,
                "start": other.effective_from.isoformat(),
                "until": until,
            }
        )
