"""The scale risks are rated on: which is in force where, what a change would do, changing it, carrying risks over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from celery import current_app
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from objectives.models import Level, Risk, RiskCell, RiskScale
from qms.models import Job, Organization, Site, User
from qms.services import job as job_service
from qms.services import record as record_service
from qms.services import trail

FEWEST, MOST = 3, 5
JOB_KIND = "risk_scale.carry_over"
TASK = "objectives.tasks.risk.carry_over"
SILENT_FOR = timedelta(minutes=10)
BATCH = 200


@dataclass(frozen=True)
class ScaleFacts:
    """A scale as it is proposed. Words stand lowest first."""

    name: str
    likelihood_words: list[str]
    consequence_words: list[str]
    medium_from: int
    high_from: int


@dataclass(frozen=True)
class Consequence:
    """What a change would do to open rated risks, if they were carried over."""

    rated: int
    changing: int
    moves: list[tuple[str, str, int]]
    """(level before, level after, how many)"""


def default_facts() -> ScaleFacts:
    """Five by five, in plain words; a plant changes them to its own."""
    return ScaleFacts(
        name=_("Five by five"),
        likelihood_words=[_("Rare"), _("Unlikely"), _("Possible"), _("Likely"), _("Almost certain")],
        consequence_words=[_("Negligible"), _("Minor"), _("Serious"), _("Major"), _("Severe")],
        medium_from=5, high_from=12,
    )  # fmt: skip


def in_force(site: Site | None) -> RiskScale | None:
    """The site's own scale, otherwise the organization's; None before the first risk."""
    found = RiskScale.objects.filter(Q(site=site) | Q(site=None), ended_at=None).order_by("pk")
    return next(iter(sorted(found, key=lambda scale: scale.site_id is None)), None)


@transaction.atomic
def scale_for(site: Site, *, by: User | None, at: datetime) -> RiskScale:
    """The scale in force at the site; the first time ever the organization's default one is opened, with its trail."""
    found = in_force(site)
    if found is None:
        trail.lock_chain("risk_scale")
        found = in_force(site) or _open(None, default_facts(), by=by, at=at, reason="")
    return found


def check(facts: ScaleFacts) -> None:
    """Raise ValidationError by field unless it is 3 to 5 levels each way, all named, with thresholds on the scale."""
    errors: dict[str, str] = {}
    for name, words in (
        ("likelihood_words", facts.likelihood_words), ("consequence_words", facts.consequence_words),
    ):  # fmt: skip
        if not FEWEST <= len(words) <= MOST:
            errors[name] = _("A scale has three to five levels. Write one word or phrase per line.")
        elif len({word.casefold() for word in words}) < len(words):
            errors[name] = _("Two levels have the same words. Give each its own.")
        elif any(len(word) > 60 for word in words):
            errors[name] = _("One of the words is longer than 60 characters.")
    if not errors:
        most = len(facts.likelihood_words) * len(facts.consequence_words)
        if facts.medium_from < 2:
            errors["medium_from"] = _("At least 2: otherwise no rating is low.")
        if not facts.medium_from < facts.high_from <= most:
            errors["high_from"] = _("More than where medium begins, and at most %d.") % most
    if errors:
        raise ValidationError(errors)


@transaction.atomic
def replace(
    facts: ScaleFacts, *, site: Site | None, reason: str, is_carried: bool, by: User, at: datetime
) -> tuple[RiskScale, Job | None]:
    """End the scale of the site (None: the organization's) and open this one.

    Records keep the scale they were rated on until they are re-rated, unless ``is_carried``: then a task carries all
    open rated risks over by ``carried_level``, each with a version and a trail entry. Side effects: two scales' rows,
    trail entries, the job and its task. Raises ValidationError by field.
    """
    check(facts)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the scale changes; it stays in the trail.")})
    trail.lock_chain("risk_scale")
    current = RiskScale.objects.filter(site=site, ended_at=None).first()
    before = current or in_force(site)
    if current is not None:
        current.ended_at = at
        current.save(update_fields=["ended_at"])
        trail.write(current, "risk_scale.ended", by=by, at=at, reason=reason)
    opened = _open(site, facts, by=by, at=at, reason=reason)
    if not is_carried or before is None:
        return opened, None
    params = {"from": before.pk, "to": opened.pk, "site": site.pk if site else None, "reason": reason}
    made = job_service.start(
        JOB_KIND, _("Carry risks over to “%s”") % opened.name, by=by, at=at, params=params,
        total=_open_on(before, site).count(),
    )  # fmt: skip
    transaction.on_commit(lambda: _queue(made.pk), robust=True)
    return opened, made


def resume(*, at: datetime) -> int:
    """Queue again every carry-over that waits for long, or whose worker is silent; returns how many."""
    waiting = Job.objects.filter(kind=JOB_KIND).filter(
        Q(status=Job.Status.QUEUED, created_at__lte=at - SILENT_FOR)
        | Q(status=Job.Status.RUNNING, heartbeat_at__lte=at - SILENT_FOR)
    )
    keys = list(waiting.order_by("pk").values_list("pk", flat=True))
    for key in keys:
        _queue(key)
    return len(keys)


def _queue(job_id: int) -> None:
    current_app.signature(TASK, args=[job_id]).delay()


def _open(site: Site | None, facts: ScaleFacts, *, by: User | None, at: datetime, reason: str) -> RiskScale:
    scale = RiskScale(site=site, opened_at=at, **facts.__dict__)
    scale.full_clean(exclude=["site"])
    scale.save(force_insert=True)
    told = {**facts.__dict__, "site": site.code if site else ""}
    trail.write(scale, "risk_scale.opened", by=by, at=at, changes=told, reason=reason, is_first=True)
    return scale


def carried_level(level: int, old_count: int, new_count: int) -> int:
    """The rule: the lowest stays the lowest and the highest the highest; between them in proportion, half goes up."""
    if old_count == new_count:
        return level
    return 1 + ((level - 1) * (new_count - 1) * 2 + (old_count - 1)) // (2 * (old_count - 1))


def _open_on(scale: RiskScale, site: Site | None) -> QuerySet[Risk]:
    rows = Risk.objects.filter(scale=scale).exclude(on_map=Risk.OnMap.NO)
    return rows.filter(map_site=site) if site else rows


def preview(facts: ScaleFacts, *, site: Site | None) -> Consequence:
    """How many open rated risks stand on the scale in force, and how many would have another level on this one."""
    before = in_force(site)
    if before is None:
        return Consequence(0, 0, [])
    cells = RiskCell.objects.filter(scale=before, **({"site": site} if site else {})).order_by()
    counted = cells.values_list("likelihood", "impact").annotate(n=Sum("count"))
    proposed = RiskScale(**facts.__dict__)
    moves: dict[tuple[str, str], int] = {}
    total = 0
    for likelihood, impact, number in counted:
        old = before.level(likelihood * impact)
        new = proposed.level(_on(proposed, before, likelihood, impact)[2])
        total += number
        if old != new:
            moves[old, new] = moves.get((old, new), 0) + number
    told = [(str(Level(old).label), str(Level(new).label), n) for (old, new), n in sorted(moves.items())]
    return Consequence(total, sum(moves.values()), told)


def _on(new: RiskScale, old: RiskScale, likelihood: int, impact: int) -> tuple[int, int, int]:
    first = carried_level(likelihood, len(old.likelihood_words), len(new.likelihood_words))
    second = carried_level(impact, len(old.consequence_words), len(new.consequence_words))
    return first, second, first * second


def carry_over(job_id: int) -> None:
    """Do a carry-over, in batches that each commit; goes on where a dead worker stopped. Idempotent.

    Side effects per risk: its row, a version, a trail entry. At the end a notice to who changed the scale.
    """
    now = timezone.now()
    job = job_service.claim(job_id, at=now, stale_before=now - SILENT_FOR)
    if job is None:
        return
    old, new = (RiskScale.objects.get(pk=job.params[name]) for name in ("from", "to"))
    site = Site.objects.filter(pk=job.params["site"]).first() if job.params["site"] else None
    done = job.done
    while keys := list(_open_on(old, site).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        done += _carry_batch(keys, old, new, by=job.requested_by, at=timezone.now(), reason=job.params["reason"])
        job_service.advance(job, at=timezone.now(), done=done)
    job_service.finish(job, at=timezone.now(), message=_("%d risks carried over to the new scale.") % done)


@transaction.atomic
def _carry_batch(
    keys: Sequence[int], old: RiskScale, new: RiskScale, *, by: User | None, at: datetime, reason: str
) -> int:
    """Carry these risks, unless somebody re-rated them meanwhile."""
    locked = [record_service.lock(Risk(pk=key)) for key in keys]  # all of them first, so that none is waited for later
    standing = [risk for risk in locked if risk.scale_id == old.pk and risk.on_map]
    for risk in standing:
        carry(risk, old, new, by=by, at=at, reason=reason)
    return len(standing)


def carry(risk: Risk, old: RiskScale, new: RiskScale, *, by: User | None, at: datetime, reason: str) -> Risk:
    """Move one locked risk to the other scale by the rule; a version and a trail entry. An acceptance stands."""
    from objectives.services import risk as risk_service  # noqa: PLC0415  which uses this module

    risk.scale = new
    for one, other in (("likelihood", "impact"), ("residual_likelihood", "residual_impact")):
        first, second = getattr(risk, one), getattr(risk, other)
        if first and second:
            levels = _on(new, old, first, second)
            setattr(risk, one, levels[0])
            setattr(risk, other, levels[1])
    words = _("carried over from “%(old)s”: %(reason)s") % {"old": old.name, "reason": reason}
    return risk_service.seal_rated(risk, "risk.carried_over", by=by, at=at, reason=words)


def scales_of(user: User) -> list[RiskScale]:
    """Every scale the user may see, those in force first, then newest first."""
    rows = list(RiskScale.objects.visible_to(user).select_related("site").order_by("-opened_at", "-pk"))
    return sorted(rows, key=lambda scale: (scale.ended_at is not None, scale.site_id is not None))


def organization_name() -> str:
    """Whom a scale without a site is for."""
    return Organization.current().name or _("All sites")
