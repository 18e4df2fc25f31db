"""Checkpoints of the trail, and the check of everything that the trail protects.

How a checkpoint is hashed (an outsider with the entries can repeat it): ``hash`` = SHA-256, in hexadecimal, of the
UTF-8 text ``previous_hash`` + canonical JSON of [seq, at, last_entry_id, entries] + the ``hash`` of every entry whose
id lies after the previous checkpoint's ``last_entry_id`` and not after its own, in the order of ids, with nothing
between them. ``at`` and canonical JSON are as in qms/services/trail.py; the first checkpoint's ``previous_hash`` is 64
zeros; ``entries`` is how many hashes were taken in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from multiprocessing import get_context
from time import monotonic

from celery import current_app
from django.db import connection, connections, transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _

from qms import triggers
from qms.models import GENESIS, Checkpoint, Job, Organization, Record, TrailEntry, User
from qms.services import job, trail
from qms.services.trail import canonical, moment
from qms.services.trail_screen import walk_screened
from qms.services.trail_walk import Problem, snapshot, walk_checkpoints, walk_loose_chains, walk_records

LOCK_WAIT = "20s"
CHECK = "trail_check"
CHECK_TASK = "qms.tasks.trail.run_check"
STALE = timedelta(hours=2)
MOST_PROBLEMS = 1_000  # of each part; after so many the rest says nothing new


def checkpoint_hash(
    previous: str, seq: int, at: str, last_entry_id: int, entries: int, hashes: Iterable[str]
) -> str:  # fmt: skip
    """The hash of one checkpoint from its parts, as the module's text defines it."""
    state = sha256((previous + canonical([seq, at, last_entry_id, entries])).encode())
    for entry in hashes:
        state.update(entry.encode())
    return state.hexdigest()


@transaction.atomic
def checkpoint(*, at: datetime) -> Checkpoint:
    """Seal everything written since the last checkpoint; with nothing new, return the last one.

    Side effects: a Checkpoint row. Call it before anything else in its transaction: on PostgreSQL it waits (at most 20
    seconds, else OperationalError) until the entries being written are committed, so that none with a lower id can
    appear behind it. SQLite has one writer at a time.
    """
    _wait_for_writers()
    last = Checkpoint.objects.order_by("-seq").first()
    new = TrailEntry.objects.filter(pk__gt=last.last_entry_id if last else 0).order_by("pk")
    newest = new.order_by("-pk").values_list("pk", flat=True).first()
    if last is not None and newest is None:
        return last
    entries, last_entry_id = new.count(), newest or 0
    seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
    hashes = new.values_list("hash", flat=True).iterator(chunk_size=10_000)
    return Checkpoint.objects.create(
        seq=seq, at=at, last_entry_id=last_entry_id, entries=entries, previous_hash=previous,
        hash=checkpoint_hash(previous, seq, moment(at), last_entry_id, entries, hashes),
    )  # fmt: skip


def _wait_for_writers() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = %s", [LOCK_WAIT])
            cursor.execute("LOCK TABLE qms_checkpoint IN SHARE ROW EXCLUSIVE MODE")  # one checkpoint at a time
            cursor.execute("LOCK TABLE qms_trailentry IN SHARE MODE")
            cursor.execute("SET LOCAL lock_timeout TO DEFAULT")


@dataclass(frozen=True)
class Report:
    """What a check has seen and what does not fit, in the order of records, then chains, then checkpoints."""

    counts: dict[str, int]
    problems: list[Problem]
    seconds: float

    @property
    def is_intact(self) -> bool:
        return not self.problems

    @property
    def rate(self) -> int:
        """Trail entries checked per second."""
        return round(self.counts.get("entries", 0) / max(self.seconds, 0.001))


def verify(*, processes: int = 1, anchors: Iterable[str] = ()) -> Report:
    """Check everything the trail protects; changes nothing, and nobody waits for it.

    Each entry's hash, each chain's links and numbers, each version's content against its hash and the trail's, each
    record's current version, each signature against its version and the trail, the checkpoints' chain and what they
    cover, and that the triggers are in place. What was written after the newest checkpoint and then cut off whole,
    with the record's own rows, shows only against a hash kept outside: ``anchors`` are checkpoint hashes as printed in
    packs, each of which must still be there. With ``processes`` > 1 each works on its own ranges with its own database
    connection (never inside a transaction, nor in a Celery worker).
    """
    started = monotonic()
    jobs = _jobs(pieces=processes * 4 if processes > 1 else 1)
    if processes > 1:
        connections.close_all()
        with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
            parts = list(pool.map(_work, jobs))
    else:
        parts = [_work(job) for job in jobs]
    counts: Counter[str] = Counter()
    problems = [
        Problem("database", 0, f"the trigger {name} is missing or off") for name in triggers.missing(connection)
    ]
    for part_counts, part_problems in [*parts[2:], parts[1], parts[0]]:  # what says most about a problem comes first
        counts += part_counts
        problems += part_problems
    problems += _lost_anchors(anchors)
    return Report(dict(counts), problems, monotonic() - started)


def _jobs(pieces: int) -> list[tuple[str, int, int]]:
    """The checkpoints and the chains without a record, which cannot be shared out and so begin first, then ranges of
    record ids of about equal width.
    """
    ends = (Record.objects.aggregate(end=Max("pk")), TrailEntry.objects.aggregate(end=Max("record_id")))
    last = max(end["end"] or 0 for end in ends)
    width = max(1, -(-last // pieces))
    ranges = [("records", low, min(low + width, last)) for low in range(0, last, width)]
    return [("checkpoints", 0, 0), ("loose", 0, 0), *ranges]


def _work(job: tuple[str, int, int]) -> tuple[Counter[str], list[Problem]]:
    part, low, high = job
    counts: Counter[str] = Counter()
    screened = connection.vendor == "postgresql"
    walks = {
        "records": lambda: (walk_screened if screened else walk_records)(low, high, counts),
        "loose": lambda: walk_loose_chains(counts),
        "checkpoints": lambda: walk_checkpoints(counts),
    }
    with snapshot():
        return counts, list(islice(walks[part](), MOST_PROBLEMS))


def _lost_anchors(anchors: Iterable[str]) -> list[Problem]:
    wanted = list(anchors)
    there = set(Checkpoint.objects.filter(hash__in=wanted).values_list("hash", flat=True))
    return [
        Problem("checkpoint", 0, f"no checkpoint has the hash {anchor}, which was printed elsewhere")
        for anchor in wanted
        if anchor not in there
    ]


def missing_triggers() -> list[str]:
    """Names of the triggers that should refuse changes and are missing or off."""
    return triggers.missing(connection)


@transaction.atomic
def request_check(*, by: User, at: datetime) -> Job:
    """Have a worker check everything; a check that is still waiting or running is returned instead of a second one.

    Side effects: a Job, a task after commit, an entry in the organization's chain.
    """
    busy = Job.objects.filter(kind=CHECK, status__in=[Job.Status.QUEUED, Job.Status.RUNNING], created_at__gt=at - STALE)
    if (running := busy.order_by("-pk").first()) is not None:
        return running
    made = job.start(CHECK, _("Check of the whole trail"), by=by, at=at)
    trail.write(Organization.current(), "trail.check_requested", by=by, at=at)
    transaction.on_commit(lambda: current_app.send_task(CHECK_TASK, args=[made.pk]))
    return made


def run_check(job_id: int, *, at: datetime) -> None:
    """Check everything and write the result into the job, and into the organization's chain; once.

    Side effects: the Job's end, a notification to who asked, a trail entry ``trail.checked``.
    """
    claimed = job.claim(job_id, at=at, stale_before=at - STALE)
    if claimed is None:
        return
    report = verify()
    first = str(report.problems[0]) if report.problems else ""
    facts = {"result": "intact" if report.is_intact else "broken", "first": first, **report.counts}
    claimed.params = facts | {"seconds": round(report.seconds, 1), "problems": len(report.problems)}
    with transaction.atomic():
        trail.write(Organization.current(), "trail.checked", by=claimed.requested_by, at=at, changes=facts)
        if report.is_intact:
            words = _("The trail is intact: %(n)s entries checked.") % {"n": f"{report.counts.get('entries', 0):,}"}
            job.finish(claimed, at=at, message=words, result_url=reverse("qms:trail-check"))
        else:
            job.fail(claimed, at=at, error=first, result_url=reverse("qms:trail-check"))
