"""What a pack prints of a cost statement beside the frozen version: the postings as they stood at the cut-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from objectives.models import QualityCostAccount, QualityCostPosting
from objectives.models.quality_cost import postings_digest
from objectives.services.quality_cost_page import lines_of

PRINTED = 60
"""Postings in a sheet's table; the figures are over all of them, and the sheet says how many there are."""


def sheet_facts(
    contents: Mapping[int, dict[str, Any]], *, at: datetime, name: Callable[[str], str],
    text: Callable[[str], str],  # noqa: ARG001  every kind is given both
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """The figures by both conventions and the postings of statements as they stood ``at``.

    ``contents``: the frozen content that is printed, by record id; ``name`` takes names out where the pack shows
    initials, ``text`` is not needed here. One query.
    """
    there = Q(recorded_at__lte=at) & (Q(replaced_at=None) | Q(replaced_at__gt=at))
    standing: dict[int, list[QualityCostPosting]] = {pk: [] for pk in contents}
    rows = QualityCostPosting.objects.filter(there, statement__in=list(contents))
    for row in rows.select_related("account", "recorded_by__person").order_by("statement_id", "account__name", "key"):
        standing[row.statement_id].append(row)
    return {pk: _facts(contents[pk]["facts"], standing[pk], name) for pk in contents}


def _facts(facts: dict[str, Any], rows: list[QualityCostPosting], name: Callable[[str], str]) -> dict[str, Any]:
    lines = lines_of(rows, _amount(facts.get("net_sales", "")), (_("Failures only"), _("All four categories")))
    categories = [(line.label, float(line.amount)) for line in lines if not line.is_convention]
    return {
        "currency": facts["currency"], "lines": lines, "points": categories, "count": len(rows),
        "is_as_frozen": postings_digest(rows) == facts["postings_sha256"],
        "rows": [
            (row.account.name, QualityCostAccount.Category(row.account.category).label, row.amount, row.key,
             row.recorded_at, name(row.recorded_by.person.name) if row.recorded_by else row.get_source_display())
            for row in rows[:PRINTED]
        ],
    }  # fmt: skip


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "")) if text else None
    except InvalidOperation:
        return None
