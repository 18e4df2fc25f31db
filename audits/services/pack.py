"""Asking for an evidence pack, and what becomes of it. Building: pack_build.py; copies and links: pack_copy.py."""

from __future__ import annotations

from datetime import datetime

from celery import current_app
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audits.models import Pack, PackPart
from audits.services.pack_freeze import scope_of
from audits.services.pack_selection import PackScope, edition_name
from qms.models import Job, Person, User, site_today
from qms.services import job as job_service
from qms.services import record as record_service

START_TASK = "audits.tasks.pack.start"
PART_TASK = "audits.tasks.pack.render_part"


class EmptyScope(Exception):
    """A pack needs at least one site and one clause."""


class CannotRetry(Exception):
    """Only a failed pack can be tried again."""


class CannotSupersede(Exception):
    """Only a finished pack can be replaced by a newer one."""


def enqueue(task: str, pk: int) -> None:
    """Queue a task by name once the transaction is committed. Should the broker be away, the sweep queues it later."""
    transaction.on_commit(lambda: current_app.signature(task, args=[pk]).delay(), robust=True)


@transaction.atomic
def request(
    scope: PackScope, *, by: User | None, at: datetime, owner: Person | None = None, supersedes: Pack | None = None,
    is_queued: bool = True,
) -> Pack:  # fmt: skip
    """Ask for a pack. ``by`` None is the command line: it needs ``owner`` and sees everything but drafts.

    Side effects: the Pack with its number, version and trail entry (pack.requested), a Job, after the commit a task
    (unless ``is_queued`` is False: then the caller builds). Raises EmptyScope, ValidationError (period upside down).
    """
    if not scope.sites or not scope.clauses:
        raise EmptyScope(_("Choose at least one site and one clause."))
    site = scope.sites[0]
    pack = Pack(
        site=site, title=title_of(scope), owner=by.person if by else owner, occurred_on=site_today(site, at),
        edition=scope.edition, from_on=scope.from_on, to_on=scope.to_on, purpose=scope.purpose.strip(),
        has_photos=scope.has_photos, names=scope.names, supersedes=supersedes,
    )  # fmt: skip
    pack.validate_constraints()
    pack.job = _new_job(pack.title, by=by, at=at)
    record_service.open_new(pack, by=by, at=at)
    pack.sites.set(scope.sites)
    pack.clauses.set(scope.clauses)
    record_service.seal(pack, "pack.requested", by=by, at=at)
    if is_queued:
        enqueue(START_TASK, pack.pk)
    return pack


def title_of(scope: PackScope) -> str:
    """“ISO 9001:2026 clauses 5, 6.1 · Denver plant”, cut to what the column holds."""
    labels = ", ".join(clause.label for clause in scope.clauses)
    sites = ", ".join(site.name for site in scope.sites)
    edition = edition_name(scope.edition.standard, scope.edition.edition)
    words = ngettext("clause %s", "clauses %s", len(scope.clauses)) % labels
    return f"{edition}, {words} · {sites}"[:240]


def _new_job(title: str, *, by: User | None, at: datetime) -> Job:
    return job_service.start("pack", _("Evidence pack: %s") % title, by=by, at=at)


@transaction.atomic
def supersede(pack: Pack, *, by: User, at: datetime) -> Pack:
    """Ask for a new pack of the same scope; once it is ready the old one becomes superseded and stays readable.

    Side effects: those of ``request``. Raises CannotSupersede.
    """
    current = record_service.lock(pack)
    if current.status != Pack.Status.READY:
        raise CannotSupersede(_("Only a finished pack can be replaced by a newer one."))
    return request(scope_of(current), by=by, at=at, supersedes=current)


@transaction.atomic
def retry(pack: Pack, *, by: User | None, at: datetime) -> Pack:
    """Go on with a failed pack. What was frozen stays frozen, finished parts are kept, the rest is rendered again.

    Side effects: a new Job, a version and trail entry (pack.retried), after the commit tasks. Raises CannotRetry.
    """
    current = record_service.lock(pack)
    if current.status != Pack.Status.FAILED:
        raise CannotRetry(_("This pack has not failed; there is nothing to try again."))
    current.failure = ""
    current.job = _new_job(current.title, by=by, at=at)
    waiting = PackPart.objects.filter(pack=current).exclude(status=PackPart.Status.DONE)
    waiting.update(status=PackPart.Status.WAITING, claims=0, claimed_at=None, error="")
    record_service.move(current, Pack.Status.BUILDING)
    record_service.seal(current, "pack.retried", by=by, at=at)
    if not current.frozen:
        enqueue(START_TASK, current.pk)
    for part in waiting.order_by("position", "pk"):
        enqueue(PART_TASK, part.pk)
    return current


@transaction.atomic
def fail(pack: Pack, why: str, *, at: datetime) -> Pack:
    """End a pack that cannot be built, with the reason. Does nothing to one that has ended already.

    Side effects: a version and trail entry (pack.failed), the job fails and its requester is told.
    """
    current = record_service.lock(pack)
    if current.status not in {Pack.Status.REQUESTED, Pack.Status.BUILDING}:
        return current
    current.failure = why
    record_service.move(current, Pack.Status.FAILED)
    record_service.seal(current, "pack.failed", by=None, at=at, reason=why)
    if current.job:
        job_service.fail(current.job, at=at, error=why, result_url=address(current))
    return current


def address(pack: Pack) -> str:
    """Where the pack's page is."""
    return reverse("audits:pack-detail", args=[pack.pk])
