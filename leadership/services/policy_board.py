"""The board of policies in a pack: every version that was in force in its period, with the text people had to follow.

A version is evidence of the day on which it was approved or last reviewed; that day may lie outside the period. Here a
version stands for all days on which it held, whether it is the current one, was superseded or was withdrawn since.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from leadership.models import Policy
from qms.models import Site, TrailEntry, User, site_today

Status = Policy.Status


def policy(
    sites: Sequence[Site], *, from_on: date, to_on: date, on: date, by: User | None  # noqa: ARG001  boards alike
) -> dict[str, Any]:  # fmt: skip
    """Versions in force on a day of the period at the sites or everywhere, in the order of their approval.

    Confidential ones are left out. Empty when there is none.
    """
    here = Q(applies_to__in=sites) | Q(applies_to=None)
    found = Policy.objects.filter(here, is_confidential=False, approved_on__lte=to_on)
    rows = list(found.select_related("applies_to", "approved_by", "site").order_by("approved_on", "pk"))
    ends = _ends(rows)
    held = [row for row in rows if (end := ends.get(row.pk)) is None or end >= from_on]
    return {"policies": [_line(row, ends.get(row.pk)) for row in held]} if held else {}


def _ends(policies: Sequence[Policy]) -> dict[int, date | None]:
    """The day on which each of them ceased to hold: superseded by the next, or withdrawn."""
    pks = [row.pk for row in policies]
    followed = Policy.objects.filter(supersedes__in=pks, approved_on__isnull=False)
    ends = dict(followed.values_list("supersedes_id", "approved_on"))
    sites = {row.pk: row.site for row in policies}
    for pk, at in TrailEntry.objects.filter(record_id__in=pks, verb="policy.withdrawn").values_list("record_id", "at"):
        ends[pk] = site_today(sites[pk], at)
    return ends


def _line(one: Policy, end: date | None) -> dict[str, Any]:
    return {
        "reference": one.reference, "title": one.title, "number": one.number, "text": one.text,
        "applies_to": one.applies_to.name if one.applies_to else "",
        "approved_on": one.approved_on.isoformat() if one.approved_on else "",
        "owner": one.approved_by.name if one.approved_by else "",
        "ended_on": end.isoformat() if end else "", "is_withdrawn": one.status == Status.WITHDRAWN,
    }  # fmt: skip
