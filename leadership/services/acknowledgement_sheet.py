"""What a pack prints of a campaign beside its frozen version: how far each area was at the cut-off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from leadership.models import Acknowledgement, AcknowledgementCampaign, Addressee
from leadership.services.acknowledgement_page import area_name, progress_from


def sheet_facts(
    contents: Mapping[int, dict[str, Any]], *, at: datetime,
    name: Callable[[str], str], text: Callable[[str], str],  # noqa: ARG001  every kind is given both
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """Progress by area and the ways people came in, as of ``at``; no names, since n of N is what is asked for.

    ``contents``: the frozen content that is printed, by record id. Three queries.
    """
    campaigns = AcknowledgementCampaign.objects.filter(pk__in=contents).order_by("pk")
    people: dict[int, Counter[tuple[str, bool, bool]]] = {pk: Counter() for pk in contents}
    joined = Addressee.objects.filter(campaign__in=list(contents), joined_at__lte=at)
    for row in joined.values("campaign_id", "area__name", "area__site__name", "left_at", "acknowledged_at"):
        is_here = row["left_at"] is None or row["left_at"] > at
        is_done = row["acknowledged_at"] is not None and row["acknowledged_at"] <= at
        people[row["campaign_id"]][(area_name(row), is_here, is_done)] += 1
    given: dict[int, Counter[str]] = {pk: Counter() for pk in contents}
    retried: Counter[int] = Counter()
    ways = Acknowledgement.objects.filter(Q(at__lte=at), campaign__in=list(contents))
    for pk, way, wrong in ways.values_list("campaign_id", "way", "wrong_answers"):
        given[pk][way] += 1
        retried[pk] += wrong > 0
    return {
        campaign.pk: {
            "progress": _progress(people[campaign.pk], int(contents[campaign.pk]["facts"]["target_percent"])),
            "ways": [(way.label, given[campaign.pk][way.value]) for way in Acknowledgement.Way
                     if given[campaign.pk][way.value]],
            "right_answer": campaign.right_answer, "retried": retried[campaign.pk],
        }
        for campaign in campaigns
    }  # fmt: skip


def _progress(people: Counter[tuple[str, bool, bool]], target_percent: int) -> Any:
    areas = sorted({(name, is_here) for name, is_here, _done in people})
    rows = [
        (name, is_here, people[name, is_here, True], people[name, is_here, True] + people[name, is_here, False])
        for name, is_here in areas
    ]
    return progress_from(rows, target_percent)
