"""What a change of a mapping would do, worked out without writing anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.models import Clause, ClauseLink, ClauseMapping, CoverageDay, Record, Site
from qms.records import kind_of
from qms.services.coverage import ClauseCoverage, Status, clauses_with_exclusions, judge
from qms.services.coverage_evidence import Evidence, Key, Sums, key_of, load_evidence, windows_of
from qms.services.coverage_links import counting_phases, month_number
from qms.services.coverage_words import join_words, status_label
from qms.services.mapping import RELINK_AT_ONCE, Rule


@dataclass(frozen=True)
class Proposal:
    """A change nobody has made yet. ``rule`` None: the mapping ends. ``current`` None: a new mapping."""

    kind: str
    subtype: str
    clause: Clause
    rule: Rule | None
    effective_from: date
    current: ClauseMapping | None = None

    @property
    def key(self) -> Key:
        """The rule the proposal is about."""
        return self.clause.pk, self.kind, self.subtype

    def row(self) -> ClauseMapping:
        """The proposed rule as an unsaved row."""
        rule = self.rule or Rule()
        return ClauseMapping(
            kind=self.kind, subtype=self.subtype, clause=self.clause, effective_from=self.effective_from, **rule.facts()
        )


@dataclass(frozen=True)
class StatusChange:
    """A clause that would stand differently, and where."""

    clause: Clause
    before: Status
    after: Status
    sites: list[Site]

    @property
    def words(self) -> str:
        """“5.1.2 turns from current to missing at 2 sites (Denver plant and Lyon plant).”"""
        where = ngettext("%d site", "%d sites", len(self.sites)) % len(self.sites)
        return _("%(clause)s turns from %(before)s to %(after)s at %(where)s (%(names)s).") % {
            "clause": self.clause.label, "before": status_label(self.before).lower(),
            "after": status_label(self.after).lower(), "where": where,
            "names": join_words([s.name for s in self.sites]),
        }  # fmt: skip


@dataclass(frozen=True)
class Preview:
    """What would happen. ``gained``, ``lost`` and ``kept`` are counting records at the sites looked at."""

    on: date
    clause: Clause
    gained: int
    lost: int
    kept: int
    changes: list[StatusChange]
    is_in_background: bool

    @property
    def sentences(self) -> list[str]:
        """The consequences in words, most important first; never empty."""
        words = [change.words for change in self.changes]
        label = self.clause.label
        if self.gained:
            words.append(
                ngettext("%(n)d record gains %(clause)s.", "%(n)d records gain %(clause)s.", self.gained)
                % {"n": self.gained, "clause": label}
            )
        if self.lost:
            words.append(
                ngettext("%(n)d record loses %(clause)s.", "%(n)d records lose %(clause)s.", self.lost)
                % {"n": self.lost, "clause": label}
            )
        if self.kept:
            words.append(
                ngettext(
                    "%(n)d record is judged by the new rule.", "%(n)d records are judged by the new rule.", self.kept
                )
                % {"n": self.kept}
            )
        if not self.changes:
            words.append(_("No clause changes its status."))
        return words

    @property
    def note(self) -> str:
        """As of when and where it was judged, and what will go on in the background."""
        words = _("Judged as of %(on)s, at the sites you see. Nothing has been saved yet.") % {
            "on": date_format(self.on, "j M Y")
        }
        if self.is_in_background:
            words += " " + _("Records are linked again in the background; you can watch it.")
        return words


def preview(proposal: Proposal, *, sites: Sequence[Site], today: date) -> Preview:
    """The consequences at some sites, judged on the day the change takes effect, or today if that is later."""
    on = max(today, proposal.effective_from)
    row = proposal.row()
    edition = proposal.clause.edition
    evidence = load_evidence(edition, sites, on=on, since=on - timedelta(days=364), extra=[row])
    clauses = list(clauses_with_exclusions(edition, sites, on))
    before = judge(clauses, evidence)
    after = judge(clauses, _changed(evidence, proposal, row, sites))
    new_records = _candidates(proposal, sites) if proposal.current is None else None
    since = CoverageDay.objects.filter(
        mapping=proposal.current, site__in=[s.pk for s in sites], day__gte=proposal.effective_from
    )
    touched = 0 if proposal.current is None else since.aggregate(n=Sum("count"))["n"] or 0
    affected = Record.objects.filter(kind=proposal.kind, occurred_on__gte=proposal.effective_from).order_by()
    return Preview(
        on=on, clause=proposal.clause, gained=new_records.count() if new_records is not None else 0,
        lost=touched if proposal.rule is None else 0, kept=touched if proposal.rule is not None else 0,
        changes=_differences(before, after),
        is_in_background=affected.values("pk")[: RELINK_AT_ONCE + 1].count() > RELINK_AT_ONCE,
    )  # fmt: skip


def _changed(evidence: Evidence, proposal: Proposal, row: ClauseMapping, sites: Sequence[Site]) -> Evidence:
    """The evidence with the proposal's rule in place of the one in force, and with the records it would gain."""
    rules = {pk: list(rows) for pk, rows in evidence.rules.items()}
    rest = [rule for rule in rules.get(proposal.clause.pk, []) if key_of(rule) != proposal.key]
    rules[proposal.clause.pk] = [*rest, row] if proposal.rule is not None else rest
    if not rules[proposal.clause.pk]:
        del rules[proposal.clause.pk]
    sums = evidence.sums
    if proposal.current is None and proposal.rule is not None:
        sums = sums | {(proposal.key, site): extra for site, extra in _gained(proposal, evidence, row, sites).items()}
    return replace(evidence, rules=rules, sums=sums)


def _candidates(proposal: Proposal, sites: Sequence[Site]) -> QuerySet[Any]:
    """Counting records of the proposed kind and type that are not linked to the clause yet."""
    kind = kind_of(proposal.kind)
    rows = kind.model._default_manager.filter(
        site__in=[s.pk for s in sites], occurred_on__gte=proposal.effective_from, phase__in=counting_phases(kind)
    ).order_by()
    if kind.uncounted_statuses:
        rows = rows.exclude(Q(status__in=sorted(kind.uncounted_statuses)))
    if proposal.subtype and kind.subtype_lookup:
        rows = rows.filter(**{kind.subtype_lookup: proposal.subtype})
    linked = ClauseLink.objects.filter(clause=proposal.clause)
    return rows.exclude(pk__in=linked.values("record_id")) if linked.exists() else rows


def _gained(proposal: Proposal, evidence: Evidence, row: ClauseMapping, sites: Sequence[Site]) -> dict[int, Sums]:
    """What the rule would have at each site, with the evidence of its earlier versions."""
    starts = [evidence.since, *windows_of(row, evidence.on)]
    found: dict[int, Sums] = defaultdict(Sums)
    for site in sites:
        old = evidence.of(proposal.key, site.pk)
        found[site.pk] = Sums(
            dict(old.counts),
            defaultdict(set, {k: set(v) for k, v in old.people.items()}),
            dict(old.months),
            old.newest_on,
        )
    rows = _candidates(proposal, sites)
    counted = rows.values("site_id", "owner_id").annotate(
        newest=Max("occurred_on"),
        **{f"n{i}": Count("pk", filter=Q(occurred_on__gte=day)) for i, day in enumerate(starts)},
    )
    for item in counted:
        slot = found[item["site_id"]]
        slot.newest_on = max(slot.newest_on or item["newest"], item["newest"])
        for i, day in enumerate(starts):
            slot.counts[day] = slot.counts.get(day, 0) + item[f"n{i}"]
            if item[f"n{i}"]:
                slot.people[day].add(item["owner_id"])
        month = month_number(item["newest"])
        slot.months[month] = slot.months.get(month, 0)
    return dict(found)


def _differences(before: list[ClauseCoverage], after: list[ClauseCoverage]) -> list[StatusChange]:
    found: list[StatusChange] = []
    for old, new in zip(before, after, strict=True):
        moved: dict[tuple[Status, Status], list[Site]] = defaultdict(list)
        for (site, was, _why), (_site, becomes, _reason) in zip(old.sites, new.sites, strict=True):
            if was != becomes:
                moved[was, becomes].append(site)
        found += [StatusChange(old.clause, was, becomes, sites) for (was, becomes), sites in moved.items()]
    return sorted(found, key=lambda c: (-len(c.clause.sort_key), c.clause.sort_key))
