"""Building a pack, part by part, by any number of workers.

A part is claimed by one conditional UPDATE, rendered, stored. Whoever finishes the last one queues the part that
merges and signs. A worker that dies leaves its claim; ``sweep`` takes stale claims over, and gives up after MAX_CLAIMS
with the reason. There is no result backend and no chord: everything that is known stands in rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from audits.models import Pack, PackPart
from audits.services import pack as pack_service
from audits.services import pack_finish, pack_render
from audits.services.pack import PART_TASK, START_TASK, enqueue
from audits.services.pack_freeze import freeze
from audits.services.pack_plan import FINISH, plan
from qms.models import Job, TrailEntry
from qms.services import record as record_service
from qms.services.trail_check import checkpoint

Clock = Callable[[], datetime]
STALE_AFTER = timedelta(minutes=10)
"""A part takes seconds; the last one of a very large pack reports in between."""
SILENT_AFTER = timedelta(minutes=2)
MAX_CLAIMS = 3
log = structlog.get_logger(__name__)


def start(pack_id: int, *, at: datetime, is_queued: bool = True) -> None:
    """Freeze a requested pack and queue its parts; a pack that is frozen already is left alone.

    Side effects: a Checkpoint, PackItems, PackParts, the pack's frozen facts, a version and trail entry
    (pack.started), the job's total. An error in here fails the pack with its words.
    """
    pack = Pack.objects.select_related("job").get(pk=pack_id)
    if not _waits_for_start(pack):
        return
    if not _count_start(pack):
        pack_service.fail(pack, _("Freezing the records was tried several times and never ended."), at=at)
        return
    try:
        _start(pack_id, at=at, is_queued=is_queued)
    except Exception as error:
        log.exception("pack_start_failed", pack=pack_id)
        pack_service.fail(pack, _("The records could not be frozen: %s") % (str(error) or repr(error)), at=at)


def _waits_for_start(pack: Pack) -> bool:
    return pack.status == Pack.Status.REQUESTED or (pack.status == Pack.Status.BUILDING and not pack.frozen)


def _count_start(pack: Pack) -> bool:
    job = pack.job
    if job is None:
        return True
    job.params = {**job.params, "starts": int(job.params.get("starts", 0)) + 1}
    job.save(update_fields=["params"])
    return int(job.params["starts"]) <= MAX_CLAIMS


@transaction.atomic
def _start(pack_id: int, *, at: datetime, is_queued: bool) -> None:
    mark = checkpoint(at=at)  # first of all in this transaction: on PostgreSQL it waits for those who write
    pack = record_service.lock(Pack.objects.get(pk=pack_id))
    if not _waits_for_start(pack):
        return
    newest = TrailEntry.objects.filter(pk=mark.last_entry_id).values_list("at", flat=True).first()
    cutoff_at = max(at, newest) if newest else at
    selection = freeze(pack, mark, at=cutoff_at)
    parts = PackPart.objects.bulk_create(plan(pack, selection, json.loads(pack.frozen)["clauses"]), batch_size=500)
    if pack.status == Pack.Status.REQUESTED:
        record_service.move(pack, Pack.Status.BUILDING)
    record_service.seal(
        pack, "pack.started", by=None, at=at,
        facts={"checkpoint": mark.seq, "checkpoint_hash": mark.hash, "records": selection.records},
    )  # fmt: skip
    Job.objects.filter(pk=pack.job_id or 0).update(status=Job.Status.RUNNING, total=len(parts), done=0, heartbeat_at=at)
    if is_queued:
        for part in PackPart.objects.filter(pack=pack).exclude(position=len(parts)).order_by("position"):
            enqueue(PART_TASK, part.pk)


def claim(part_id: int, *, at: datetime) -> PackPart | None:
    """Take a waiting part of a pack that is being built; None when another has it or its turn has not come."""
    part = PackPart.objects.select_related("pack").get(pk=part_id)
    others = PackPart.objects.filter(pack=part.pack).exclude(pk=part.pk).exclude(status=PackPart.Status.DONE)
    if part.pack.status != Pack.Status.BUILDING or (part.spec["form"] == FINISH and others.exists()):
        return None
    free = PackPart.objects.filter(pk=part_id, status=PackPart.Status.WAITING)
    if not free.update(status=PackPart.Status.CLAIMED, claimed_at=at, claims=F("claims") + 1):
        return None
    return PackPart.objects.select_related("pack", "pack__job").get(pk=part_id)


def run_part(part_id: int, *, clock: Clock, is_queued: bool = True) -> None:
    """Claim, render and store one part; a part somebody else has, or has finished, is left alone.

    Side effects: the part's file and facts, the job's progress; after the last part the finishing one is queued, and
    that one seals the pack (pack.ready). An error gives the part back to be tried again, at most MAX_CLAIMS times.
    """
    part = claim(part_id, at=clock())
    if part is None:
        return
    try:
        if part.spec["form"] == FINISH:
            pack_finish.finish(part, clock=clock)
        else:
            _store(part, pack_render.render_part(part))
    except Exception as error:
        log.exception("pack_part_failed", pack=part.pack_id, part=part.position)
        give_back(part, str(error) or repr(error), at=clock(), is_queued=is_queued)
        return
    _advance(part.pack, at=clock())
    if is_queued and part.spec["form"] != FINISH:
        _queue_finish(part.pack)


def _store(part: PackPart, rendered: pack_render.RenderedPart) -> None:
    if part.file:
        part.file.delete(save=False)
    part.file.save("part.pdf", ContentFile(rendered.body), save=False)
    part.pages, part.outline = rendered.pages, rendered.outline
    part.status, part.error = PackPart.Status.DONE, ""
    part.save(update_fields=["file", "pages", "outline", "status", "error"])


def _advance(pack: Pack, *, at: datetime) -> None:
    done = PackPart.objects.filter(pack=pack, status=PackPart.Status.DONE).count()
    still = Job.objects.filter(pk=pack.job_id or 0, status=Job.Status.RUNNING)
    still.update(done=done, heartbeat_at=at, message=_("Parts of the document"))


def _queue_finish(pack: Pack) -> None:
    waiting = PackPart.objects.filter(pack=pack).exclude(status=PackPart.Status.DONE).order_by("position")
    last = list(waiting[:2])
    if len(last) == 1 and last[0].spec["form"] == FINISH:
        enqueue(PART_TASK, last[0].pk)


@transaction.atomic
def give_back(part: PackPart, why: str, *, at: datetime, is_queued: bool = True) -> None:
    """Let a claimed part go, to be tried again; after MAX_CLAIMS the whole pack fails, saying which part and why."""
    held = PackPart.objects.filter(pk=part.pk, status=PackPart.Status.CLAIMED, claims=part.claims)
    if not held.update(status=PackPart.Status.WAITING, claimed_at=None, error=why):
        return
    if part.claims >= MAX_CLAIMS:
        words = _("The part “%(part)s” could not be made after %(n)d tries. Last reason: %(why)s")
        pack_service.fail(part.pack, words % {"part": part.title, "n": part.claims, "why": why}, at=at)
    elif is_queued:
        enqueue(PART_TASK, part.pk)


def sweep(*, at: datetime) -> int:
    """Take over what dead workers left, and queue again what the broker lost; returns how many were taken."""
    stale = PackPart.objects.filter(status=PackPart.Status.CLAIMED, claimed_at__lt=at - STALE_AFTER)
    stale = stale.filter(pack__status=Pack.Status.BUILDING).select_related("pack").order_by("pk")
    taken = list(stale)
    for part in taken:
        give_back(part, _("The worker went silent."), at=at)
    silent = Q(job__heartbeat_at__lt=at - SILENT_AFTER) | Q(
        job__heartbeat_at=None, job__created_at__lt=at - SILENT_AFTER
    )
    for pack in Pack.objects.filter(silent, status__in=[Pack.Status.REQUESTED, Pack.Status.BUILDING]).order_by("pk"):
        _queue_again(pack, at=at)
    return len(taken)


def _queue_again(pack: Pack, *, at: datetime) -> None:
    Job.objects.filter(pk=pack.job_id or 0).update(heartbeat_at=at)
    if _waits_for_start(pack):
        enqueue(START_TASK, pack.pk)
        return
    for part in PackPart.objects.filter(pack=pack, status=PackPart.Status.WAITING).order_by("position"):
        enqueue(PART_TASK, part.pk)


def build_now(pack: Pack, *, clock: Clock, report: Callable[[str], None] | None = None) -> Pack:
    """Build in this process, without a broker (command line and tests); returns the pack, ready or failed."""
    start(pack.pk, at=clock(), is_queued=False)
    for _attempt in range(MAX_CLAIMS):
        parts = PackPart.objects.filter(pack=pack, status=PackPart.Status.WAITING).order_by("position")
        for part in list(parts):
            if report:
                report(part.title)
            run_part(part.pk, clock=clock, is_queued=False)
    return Pack.objects.get(pk=pack.pk)
