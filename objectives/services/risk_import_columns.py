"""What the columns and the words of an uploaded risk register mean: guessed, then decided by the user."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from objectives.models import Risk
from qms.services.person_import_columns import plain

FIELDS: dict[str, Promise] = {
    "title": _("Risk or opportunity, in one sentence"),
    "nature": _("Risk or opportunity (R/O)"),
    "number": _("Number in your own register"),
    "context": _("Issue or interested party"),
    "cause": _("Cause"),
    "consequence": _("What it would mean"),
    "likelihood": _("Likelihood"),
    "impact": _("Consequence level"),
    "treatment_plan": _("What is done"),
    "owner": _("Owner"),
    "due_on": _("Date"),
    "owner_and_due": _("Owner and date in one cell"),
}
HEADINGS: dict[str, frozenset[str]] = {
    "title": frozenset({"risk or opportunity", "risk", "risks", "description", "title", "riesgo", "risiko", "event",
                        "risk opportunity", "risk description"}),
    "nature": frozenset({"r o", "type", "r or o", "kind", "risk or opp"}),
    "number": frozenset({"", "no", "nr", "id", "number", "ref", "n"}),
    "context": frozenset({"context", "issue", "interested party", "issue or interested party", "source"}),
    "cause": frozenset({"cause", "causes", "root cause", "causa", "ursache"}),
    "consequence": frozenset({"consequence", "consequences", "effect", "effects"}),
    "likelihood": frozenset({"l", "likelihood", "probability", "p", "l 1 5", "likelihood 1 5", "occurrence"}),
    "impact": frozenset({"i", "s", "impact", "severity", "i 1 5", "impact 1 5", "severity 1 5", "c", "c 1 5"}),
    "treatment_plan": frozenset({"what we do", "action", "actions", "measure", "measures", "treatment", "mitigation"}),
    "owner": frozenset({"owner", "responsible", "who", "verantwortlich", "responsable"}),
    "due_on": frozenset({"when", "date", "due", "due date", "deadline", "termin"}),
    "owner_and_due": frozenset({"owner when", "owner date", "who when", "owner due", "responsible date"}),
}  # fmt: skip
NATURES = {
    "r": Risk.Nature.RISK, "risk": Risk.Nature.RISK, "threat": Risk.Nature.RISK,
    "o": Risk.Nature.OPPORTUNITY, "opportunity": Risk.Nature.OPPORTUNITY, "chance": Risk.Nature.OPPORTUNITY,
}  # fmt: skip
SHARES = {"very low": 0.0, "low": 0.25, "medium": 0.5, "moderate": 0.5, "middle": 0.5, "high": 0.75, "very high": 1.0}
NOTHING = frozenset({"", "tbd", "tba", "??", "?", "n a", "na", "open"})
DATE = re.compile(r"(?P<d>\d{1,2})[./](?P<m>\d{1,2})[./](?P<y>\d{4})|(?P<iso>\d{4}-\d{2}-\d{2})")
LEFT_UNRATED = "0"
"""The value of a word in a level's column that says: leave this row unrated."""


def guess(header: Sequence[str]) -> list[str]:
    """One field name per column, "" where the heading says nothing known; no field is given twice."""
    taken: set[str] = set()
    mapping = []
    for heading in header:
        words = plain(heading)
        is_number_sign = heading.strip() == "#"
        field = next(
            (name for name, known in HEADINGS.items()
             if name not in taken and (words in known if words else name == "number" and is_number_sign)), "",
        )  # fmt: skip
        taken.add(field)
        mapping.append(field)
    return mapping


def guess_level(text: str, most: int) -> str:
    """The level a cell means, as text; “3-4” the graver one; “0” (unrated) for nothing, "" when it cannot be told."""
    words = plain(text)
    if not text.strip() or words in NOTHING or text.strip() in NOTHING:
        return LEFT_UNRATED
    if words in SHARES:
        return str(1 + int(SHARES[words] * (most - 1) + 0.5))
    numbers = re.findall(r"\d+", text)
    if numbers and not re.search(r"[A-Za-z]", text) and all(1 <= int(n) <= most for n in numbers):
        return str(max(map(int, numbers)))
    return ""


def is_plain_level(text: str, most: int) -> bool:
    """A whole number of the scale: nothing to ask about."""
    return text.isdecimal() and 1 <= int(text) <= most


def guess_nature(text: str) -> str:
    """Risk or opportunity, or "" when the cell says neither."""
    return str(NATURES.get(plain(text), ""))


def split_owner(text: str) -> tuple[str, date | None, str]:
    """“HR / 31.12.2025” into owner, day and the day's own text; each may be missing.

    Days are read as day.month.year or ISO; with slashes only where they cannot be read the other way round.
    """
    match = DATE.search(text)
    rest = (text[: match.start()] + text[match.end() :]) if match else text
    owner = rest.strip().strip("/,;-| ").strip()
    is_nobody = plain(owner) in NOTHING or owner in NOTHING
    return "" if is_nobody else owner, _day(match) if match else None, match[0] if match else ""


def _day(match: re.Match[str]) -> date | None:
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        day, month, year = int(match["d"]), int(match["m"]), int(match["y"])
        if "/" in match[0] and day != month:
            if day <= 12 and month <= 12:
                return None
            day, month = max(day, month), min(day, month)
        return date(year, month, day)
    except ValueError:
        return None
