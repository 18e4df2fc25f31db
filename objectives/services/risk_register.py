"""The register of any past day, read from the versions that stood then; nothing of today shines through."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from objectives.models import Risk
from qms.models import Phase, RecordVersion, Site, User
from qms.services.timeline import value_words

CAP = 500
NATURES = {str(value): label for value, label in Risk.Nature.choices}
STATUSES = dict(Risk.Status.choices)


@dataclass(frozen=True)
class RegisterRow:
    """One risk as it stood. ``version`` is the one that was valid then; ``uid`` leads to its page."""

    uid: str
    version: int
    reference: str
    title: str
    nature: str
    owner: str
    site: str
    status: str
    status_label: str
    review_on: str
    facts: dict[str, Any]

    @property
    def review_day(self) -> date | None:
        return date.fromisoformat(self.review_on) if self.review_on else None

    @property
    def accepted_day(self) -> date | None:
        text = self.facts.get("accepted_until")
        return date.fromisoformat(text) if text else None

    def cells(self) -> list[object]:
        """The row of the exports, in the order of COLUMNS."""
        fact = self.facts.get
        return [
            self.reference, self.nature, self.title, value_words(fact("context")), value_words(fact("cause")),
            fact("likelihood") if not fact("residual_likelihood") else fact("residual_likelihood"),
            fact("impact") if not fact("residual_impact") else fact("residual_impact"),
            fact("rating") or "", fact("level") or "", fact("treatment") or "", fact("treatment_plan") or "",
            fact("effectiveness") or "", self.owner, self.status_label, fact("accepted_until") or "", self.review_on,
            self.site, self.version,
        ]  # fmt: skip


def versions_on(user: User, day: date, *, sites: Iterable[Site], site: Site | None = None) -> QuerySet[RecordVersion]:
    """The last version of each risk sealed by the end of the day at its site, in the order of the references.

    Which risks: those the user may see today. ``sites``: the user's sites, for their time zones.
    """
    rows: QuerySet[Any] = Risk.objects.visible_to(user)
    if site:
        rows = rows.filter(site=site)
    bounds = Q(pk__in=[])
    for place in sites:
        bounds |= Q(record__site=place, at__lt=_end_of(day, place))
    last = (
        RecordVersion.objects.filter(bounds, record_id=OuterRef("record_id")).order_by("-version").values("version")[:1]
    )
    found = RecordVersion.objects.filter(record_id__in=rows.order_by().values("record_ptr_id"), version=Subquery(last))
    return found.order_by("record__reference").select_related("record__site")


def _end_of(day: date, site: Site) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=site.zone)


def rows_of(versions: Iterable[RecordVersion], *, with_closed: bool, nature: str = "") -> Iterator[RegisterRow]:
    """The versions as rows; withdrawn ones are left out, closed ones unless asked for. ``nature``: as it was then."""
    for version in versions:
        content = json.loads(version.content)
        if nature and content["subtype"] != nature:
            continue
        if content["phase"] == Phase.WITHDRAWN or (content["phase"] == Phase.CLOSED and not with_closed):
            continue
        yield RegisterRow(
            uid=content["uid"], version=version.version, reference=content["reference"], title=content["title"],
            nature=str(NATURES.get(content["subtype"], content["subtype"])), owner=content["owner"]["name"],
            site=version.record.site.name, status=content["status"],
            status_label=str(STATUSES.get(content["status"], content["status"])), review_on=content["review_on"],
            facts=content["facts"],
        )  # fmt: skip
