"""Coverage: how well a clause is evidenced at some sites on a day, always with the reason in words.

How a clause is judged at a site (see ``coverage``):
- A rule is a mapping in force on the day. It is met when enough records of enough people lie within its interval, by
  event date; records filed under an earlier version of the same rule count on. A rule that has ended judges nothing.
- Every mandatory rule must be met: the worst decides. With supporting rules only, the best decides.
- current: met. due_soon: met, but only by records in the last 20 % of their interval (at least 14 days, at most
  half of it), so something new is wanted. stale: there is evidence, but not enough of it is fresh. missing: there
  is none, or no kind of record counts for the clause. event_driven: no interval; needed when something happens.
- A parent is as good as its worst part. Parts that do not apply or are event-driven do not pull it down; parts
  without own rules are judged with a parent that has some; a heading is never missing while its parts are fine.
- Over several sites the worst site decides, and is named.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, DateField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext as _

from qms.models import Applicability, Clause, ClauseLink, ClauseMapping, Record, Site, StandardEdition, User
from qms.services.coverage_evidence import (
    TREND_MONTHS,
    Evidence,
    Key,
    interval_of,
    key_of,
    load_evidence,
    windows_of,
)
from qms.services.coverage_links import link, month_number, rebuild, sync
from qms.services.coverage_words import (
    day_words,
    event_words,
    join_words,
    part_name,
    rule_name,
    rule_words,
    status_label,
)

__all__ = ["ClauseCoverage", "Evidence", "RuleResult", "Status", "coverage", "judge", "link", "rebuild", "sync"]


class Status(StrEnum):
    """How a clause stands; the order of BADNESS tells which of two is worse."""

    CURRENT = "current"
    DUE_SOON = "due_soon"
    STALE = "stale"
    MISSING = "missing"
    EVENT_DRIVEN = "event_driven"
    NOT_APPLICABLE = "not_applicable"


BADNESS = [Status.CURRENT, Status.DUE_SOON, Status.STALE, Status.MISSING]


@dataclass(frozen=True, order=True)
class RecordMark:
    """A record as a link needs it."""

    pk: int
    uid: UUID
    reference: str


@dataclass(frozen=True)
class RuleResult:
    """One rule at one site: records and people within its interval, and how that compares to what it asks for."""

    mapping: ClauseMapping
    site: Site
    status: Status
    reason: str
    count: int
    people: int
    interval: int | None
    newest_on: date | None


@dataclass(frozen=True)
class ClauseCoverage:
    """How a clause stands. ``count`` and ``people`` are over the period asked for; ``trend`` is records per month.

    A record that evidences several parts of a parent is counted once there. ``newest_record`` is None when there is
    no record or the user may not see it (``newest_is_hidden``). ``items`` are the parts, in printed
    order; ``kinds`` are those whose records are linked to the clause itself.
    """

    clause: Clause
    status: Status
    reason: str
    newest_on: date | None = None
    newest_record: RecordMark | None = None
    newest_is_hidden: bool = False
    count: int = 0
    people: int = 0
    mandatory_count: int = 0
    supporting_count: int = 0
    trend: list[int] = field(default_factory=list)
    items: list[ClauseCoverage] = field(default_factory=list)
    rules: list[RuleResult] = field(default_factory=list)
    sites: list[tuple[Site, Status, str]] = field(default_factory=list)
    kinds: frozenset[str] = frozenset()

    @property
    def newest_record_id(self) -> int | None:
        """The newest record's key, if there is one that may be seen."""
        return self.newest_record.pk if self.newest_record else None

    @property
    def depth(self) -> int:
        """0 for a top clause, one more for each step down."""
        return self.clause.depth

    @property
    def is_mapped(self) -> bool:
        """Whether any kind of record counts for the clause or one of its parts on the day."""
        return bool(self.rules) or any(item.is_mapped for item in self.items)


def coverage(
    edition: StandardEdition, sites: Sequence[Site], *, on: date, user: User | None = None, since: date | None = None
) -> list[ClauseCoverage]:
    """Every clause and item of an edition in printed order, judged for some sites on a day.

    Parts stand in the list and inside ``items``. Counts are from ``since`` (default: a year) to ``on``, both included.
    With a ``user``, the newest record is named only if he or she may see it; confidential records count all the same.
    Four queries, whatever the number of records.
    """
    since = since or on - timedelta(days=364)
    evidence = load_evidence(edition, sites, on=on, since=since)
    newest = newest_days(evidence)
    clauses = list(_with_newest_record(clauses_with_exclusions(edition, sites, on), newest, sites, user))
    return judge(clauses, evidence)


def newest_days(evidence: Evidence) -> dict[int, date]:
    """The newest event date per clause over all sites and rules."""
    days: dict[int, date] = {}
    for ((clause, _kind, _subtype), _site), sums in evidence.sums.items():
        if sums.newest_on:
            days[clause] = max(days.get(clause, sums.newest_on), sums.newest_on)
    return days


def clauses_with_exclusions(edition: StandardEdition, sites: Sequence[Site], on: date) -> QuerySet[Clause, Clause]:
    """The edition's clauses in printed order, each with the decision in force per site that it does not apply."""
    rows = Applicability.objects.filter(clause=OuterRef("pk"), effective_from__lte=on).exclude(effective_to__lte=on)
    words = JSONObject(reason="reason", who="approved_by__name", day=Cast("effective_from", CharField()))
    out = {f"out_{s.pk}": Subquery(rows.filter(site_id=s.pk).order_by("pk").values(words=words)[:1]) for s in sites}
    clauses = Clause.objects.filter(edition=edition).select_related("edition", "commitment")
    return clauses.annotate(**out).order_by("sort_key", "pk")


def _with_newest_record(
    clauses: QuerySet[Clause, Clause], newest: dict[int, date], sites: Sequence[Site], user: User | None
) -> QuerySet[Clause, Clause]:
    """The same with ``newest_mark``: the newest visible record on the newest day, one index step each."""
    if not newest:
        return clauses
    links = ClauseLink.objects.filter(clause=OuterRef("pk"), occurred_on=OuterRef("newest_day"), counts=True)
    links = links.filter(site__in=[site.pk for site in sites])
    if user is not None:
        visible = Record.objects.visible_to(user).filter(pk=OuterRef("record_id"))
        links = links.annotate(seen=Subquery(visible.values("pk")[:1])).filter(seen__isnull=False)
    day = Case(*(When(pk=pk, then=Value(on)) for pk, on in newest.items()), output_field=DateField())
    mark = JSONObject(pk="record_id", uid=Cast("record__uid", CharField()), reference="record__reference")
    return clauses.annotate(newest_day=day).annotate(
        newest_mark=Subquery(links.order_by("-record_id").values(mark=mark)[:1])
    )


def judge(clauses: Sequence[Clause], evidence: Evidence) -> list[ClauseCoverage]:
    """Judge loaded clauses (see ``clauses_with_exclusions``) by loaded evidence, without a query.

    The preview of a mapping uses it with other rules.
    """
    return _Judge(clauses, evidence).all()


@dataclass(frozen=True)
class _Verdict:
    """A clause at one site."""

    status: Status
    reason: str
    rules: tuple[RuleResult, ...] = ()
    is_mapped: bool = False


class _Judge:
    """Walks the tree once; parts before the whole."""

    def __init__(self, clauses: Sequence[Clause], evidence: Evidence) -> None:
        self.clauses, self.evidence = clauses, evidence
        self.children: dict[int | None, list[Clause]] = defaultdict(list)
        for clause in clauses:
            self.children[clause.parent_id].append(clause)
        self.keys: dict[int, list[Key]] = defaultdict(list)
        for key in sorted({key for key, _site in evidence.sums}):
            self.keys[key[0]].append(key)
        last = month_number(evidence.on)
        self.months = range(last - TREND_MONTHS + 1, last + 1)

    def all(self) -> list[ClauseCoverage]:
        found: dict[int, ClauseCoverage] = {}
        for top in self.children[None]:
            self._cover(top, {}, found)
        return [found[clause.pk] for clause in self.clauses if clause.pk in found]

    def _cover(
        self, clause: Clause, above: dict[int, _Verdict], found: dict[int, ClauseCoverage]
    ) -> dict[int, _Verdict]:
        """Verdict per site; ``above`` is that of the nearest parent that has rules or is excluded."""
        own = {site.pk: self._own(clause, site, above.get(site.pk)) for site in self.evidence.sites}
        below = {pk: v for pk, v in own.items() if v is not None and (v.rules or v.status == Status.NOT_APPLICABLE)}
        parts = [(child, self._cover(child, above | below, found)) for child in self.children[clause.pk]]
        verdicts = {}
        for site in self.evidence.sites:
            mine = own[site.pk]
            verdicts[site.pk] = self._rolled_up(mine, [(child, v[site.pk]) for child, v in parts])
        found[clause.pk] = self._summed(clause, verdicts, [found[child.pk] for child, _v in parts])
        return verdicts

    def _own(self, clause: Clause, site: Site, above: _Verdict | None) -> _Verdict | None:
        """What the clause's own rules say; None for a heading without any."""
        out = getattr(clause, f"out_{site.pk}", None)
        if out:
            words = _("Does not apply: %(reason)s (approved by %(who)s, from %(day)s).") % {
                "reason": out["reason"].rstrip("."), "who": out["who"],
                "day": day_words(date.fromisoformat(out["day"])),
            }  # fmt: skip
            return _Verdict(Status.NOT_APPLICABLE, words)
        if above is not None and above.status == Status.NOT_APPLICABLE:
            return _Verdict(Status.NOT_APPLICABLE, above.reason)
        rules = self.evidence.rules.get(clause.pk, [])
        if rules:
            return _decide([self._rule(rule, site) for rule in rules])
        if self.children[clause.pk]:
            return None
        if above is not None:
            return _Verdict(above.status, _("Judged with the clause above it. %s") % above.reason)
        if clause.max_age_days is None:
            return _Verdict(
                Status.EVENT_DRIVEN,
                _("No interval: evidence is needed when it happens, and no kind of record is mapped to it."),
            )
        return _Verdict(Status.MISSING, _("No kind of record counts for this clause."))

    def _rule(self, rule: ClauseMapping, site: Site) -> RuleResult:
        sums, interval = self.evidence.of(key_of(rule), site.pk), interval_of(rule)
        if interval is None:
            n, people = sums.counts.get(self.evidence.since, 0), len(sums.people.get(self.evidence.since, ()))
            return RuleResult(rule, site, Status.EVENT_DRIVEN, event_words(rule, n), n, people, None, sums.newest_on)
        window, soon = windows_of(rule, self.evidence.on)
        n, people = sums.counts.get(window, 0), len(sums.people.get(window, ()))
        if sums.newest_on is None:
            status = Status.MISSING
        elif n < rule.min_count or people < rule.min_people:
            status = Status.STALE
        elif sums.counts.get(soon, 0) < rule.min_count or len(sums.people.get(soon, ())) < rule.min_people:
            status = Status.DUE_SOON
        else:
            status = Status.CURRENT
        return RuleResult(
            rule,
            site,
            status,
            rule_words(rule, interval, n, people, sums.newest_on),
            n,
            people,
            interval,
            sums.newest_on,
        )

    def _rolled_up(self, own: _Verdict | None, parts: list[tuple[Clause, _Verdict]]) -> _Verdict:
        if own is not None and own.status == Status.NOT_APPLICABLE:
            return own
        has_rules = own is not None and bool(own.rules)
        judged = [(c, v) for c, v in parts if v.status in BADNESS and (v.is_mapped or not has_rules)]
        if not judged:
            if own is not None:
                return replace(own, is_mapped=bool(own.rules))
            status = (
                Status.EVENT_DRIVEN
                if any(v.status == Status.EVENT_DRIVEN for _c, v in parts)
                else Status.NOT_APPLICABLE
            )
            return _Verdict(status, _parts_words(status, parts))
        worst = max((v.status for _c, v in judged), key=BADNESS.index)
        reason = _parts_words(worst, judged)
        if own is not None and own.status in BADNESS:
            worst = max(worst, own.status, key=BADNESS.index)
            reason = f"{own.reason} {reason}"
        mapped = has_rules or any(v.is_mapped for _c, v in judged)
        return _Verdict(worst, reason, own.rules if own else (), mapped)

    def _summed(self, clause: Clause, verdicts: dict[int, _Verdict], items: list[ClauseCoverage]) -> ClauseCoverage:
        status, reason = self._over_sites(verdicts)
        keys = self._keys_below(clause)
        sums = [self.evidence.of(key, site.pk) for key in keys for site in self.evidence.sites]
        newest = max((row.newest_on for row in sums if row.newest_on), default=None)
        record, hidden = self._newest(clause, newest, items)
        in_force = (rule for rules in self.evidence.rules.values() for rule in rules)
        mandatory = {key_of(rule) for rule in in_force if rule.strength == ClauseMapping.Strength.MANDATORY}
        since = self.evidence.since
        return ClauseCoverage(
            clause=clause, status=status, reason=reason, newest_on=newest, newest_record=record,
            newest_is_hidden=hidden, count=self._once(keys, lambda row: row.counts.get(since, 0)),
            people=len(set().union(*(row.people.get(since, ()) for row in sums))),
            mandatory_count=self._once([k for k in keys if k in mandatory], lambda row: row.counts.get(since, 0)),
            supporting_count=self._once([k for k in keys if k not in mandatory], lambda row: row.counts.get(since, 0)),
            trend=[self._once(keys, lambda row, month=month: row.months.get(month, 0)) for month in self.months],
            items=items, rules=[rule for verdict in verdicts.values() for rule in verdict.rules],
            sites=[(site, verdicts[site.pk].status, verdicts[site.pk].reason) for site in self.evidence.sites],
            kinds=frozenset(key[1] for key in self.keys.get(clause.pk, ())),
        )  # fmt: skip

    def _once(self, keys: list[Key], number: Callable[..., int]) -> int:
        """A sum over sites in which a type that is mapped to several parts is counted once."""
        most: dict[tuple[str, str], int] = defaultdict(int)
        for key in keys:
            n = sum(number(self.evidence.of(key, site.pk)) for site in self.evidence.sites)
            most[key[1:]] = max(most[key[1:]], n)
        return sum(most.values())

    @staticmethod
    def _newest(clause: Clause, newest: date | None, items: list[ClauseCoverage]) -> tuple[RecordMark | None, bool]:
        """The newest record of the clause and its parts, and whether there is one that the user may not see."""
        mark, day = getattr(clause, "newest_mark", None), getattr(clause, "newest_day", None)
        found = [RecordMark(**mark | {"uid": UUID(mark["uid"])})] if mark and day == newest else []
        found += [item.newest_record for item in items if item.newest_record and item.newest_on == newest]
        return (max(found), False) if found else (None, newest is not None)

    def _keys_below(self, clause: Clause) -> list[Key]:
        keys = list(self.keys.get(clause.pk, ()))
        for child in self.children[clause.pk]:
            keys += self._keys_below(child)
        return keys

    def _over_sites(self, verdicts: dict[int, _Verdict]) -> tuple[Status, str]:
        if not verdicts:
            return Status.MISSING, _("No site is chosen.")
        if len(verdicts) == 1:
            only = next(iter(verdicts.values()))
            return only.status, only.reason
        judged = {pk: v for pk, v in verdicts.items() if v.status in BADNESS} or verdicts
        worst = max((v.status for v in judged.values()), key=lambda s: BADNESS.index(s) if s in BADNESS else -1)
        names = {site.pk: site.name for site in self.evidence.sites}
        reason = next(f"{names[pk]}: {v.reason}" for pk, v in judged.items() if v.status == worst)
        others = [names[pk] for pk, v in judged.items() if v.status == worst][1:]
        if others:
            reason = _("%(reason)s The same status at %(others)s.") % {"reason": reason, "others": join_words(others)}
        return worst, reason


def _decide(results: list[RuleResult]) -> _Verdict:
    """Mandatory rules: the worst decides. Supporting only: the best. Rules without an interval decide only alone."""
    timed = [r for r in results if r.status in BADNESS]
    if not timed:
        return _Verdict(Status.EVENT_DRIVEN, results[0].reason, tuple(results), is_mapped=True)
    mandatory = [r for r in timed if r.mapping.strength == ClauseMapping.Strength.MANDATORY]
    pick = max(mandatory, key=lambda r: BADNESS.index(r.status)) if mandatory else min(
        timed, key=lambda r: (BADNESS.index(r.status), -(r.newest_on or date.min).toordinal())
    )  # fmt: skip
    reason = pick.reason
    if pick.status == Status.MISSING and not mandatory and len(timed) > 1:
        names = join_words([rule_name(r.mapping) for r in timed], last=_("or"))
        reason = _("Nothing recorded yet. What would count: %s.") % names
    return _Verdict(pick.status, reason, tuple(results), is_mapped=True)


def _parts_words(status: Status, parts: list[tuple[Clause, _Verdict]]) -> str:
    if status == Status.EVENT_DRIVEN:
        return _("Its parts have no interval: evidence is needed when something happens.")
    if status == Status.NOT_APPLICABLE:
        return _("None of its parts applies.")
    good = sum(v.status == Status.CURRENT for _c, v in parts)
    words = [_("%(n)d of %(total)d parts are current.") % {"n": good, "total": len(parts)}]
    for bad in reversed(BADNESS[1:]):
        names = [part_name(c) for c, v in parts if v.status == bad]
        if names:
            words.append(f"{status_label(bad)}: {join_words(names)}.")
    return " ".join(words)


def summary(rows: list[ClauseCoverage]) -> dict[str, Any]:
    """How many of some clauses stand how: for strips and the home page. Keys are status values."""
    return {status.value: sum(row.status == status for row in rows) for status in Status}
