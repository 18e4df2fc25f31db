"""The kinds of leadership activity: the product's eleven, and what administrators make of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812  the usual name

from leadership.models import ActivityType
from qms.models import User
from qms.services import trail
from qms.services.record import validate

EDITABLE = ("label", "prefix", "icon", "hint", "has_stops", "has_audience", "position", "is_active")

# slug, name, prefix, icon, what to write, has stops, has audience
DEFAULTS = (
    ("floor-walk", N_("Floor walk"), "WALK", "walk",
     N_("What did you see and hear, and what did you promise?"), True, False),
    ("quality-first-meeting", N_("Quality first in a meeting"), "MEET", "meeting",
     N_("Which quality topic opened the meeting, and what was decided?"), False, True),
    ("recognition", N_("Recognition"), "THANK", "star", N_("Who did what, and what got better by it?"), False, False),
    ("coaching", N_("Coaching"), "COACH", "coach", N_("What did you work on together?"), False, False),
    ("customer-contact", N_("Customer contact"), "CUST", "handshake",
     N_("What did the customer say, and what follows from it?"), False, False),
    ("vision-communicated", N_("Vision communicated"), "VISION", "megaphone",
     N_("What did you tell whom, and what did they ask?"), False, True),
    ("quality-review", N_("Quality review joined"), "REVIEW", "list",
     N_("What was reviewed, and what did you contribute?"), False, True),
    ("audit-hosted", N_("Audit hosted"), "HOST", "audits",
     N_("Who audited what, and what did you show?"), False, False),
    ("procedure-followed", N_("Procedure followed"), "PROC", "check-circle",
     N_("Which procedure did you follow yourself, and who saw it?"), False, False),
    ("sponsored-improvement", N_("Improvement sponsored"), "SPON", "bulb",
     N_("Which improvement do you back, and with what?"), False, False),
    ("quality-over-schedule", N_("Quality before schedule"), "COUR", "scale",
     N_("What was the pressure, what did you decide, and what did it cost?"), False, False),
)  # fmt: skip


@transaction.atomic
def load_defaults(*, by: User | None, at: datetime) -> int:
    """Add the default kinds that are missing; one that is there keeps every word an administrator gave it.

    Returns how many were added. Side effects: a trail entry per added kind.
    """
    there = set(ActivityType.objects.values_list("slug", flat=True))
    added = 0
    for number, (slug, label, prefix, icon, hint, has_stops, has_audience) in enumerate(DEFAULTS, start=1):
        if slug in there:
            continue
        added += 1
        kind = ActivityType(
            slug=slug, label=_(label), prefix=prefix, icon=icon, hint=_(hint), has_stops=has_stops,
            has_audience=has_audience, position=number * 10,
        )  # fmt: skip
        _save_new(kind, by=by, at=at)
    return added


@transaction.atomic
def add(kind: ActivityType, *, by: User | None, at: datetime) -> ActivityType:
    """Add a kind of one's own. Raises ValidationError by field. Writes the trail."""
    kind.full_clean()
    return _save_new(kind, by=by, at=at)


@transaction.atomic
def change(kind: ActivityType, *, by: User | None, at: datetime, **changes: Any) -> ActivityType:
    """Reword, reorder or retire a kind; its slug stays, since mappings name it. Writes the trail if anything changed.

    Records keep the name they were filed under in their versions. Raises ValidationError by field.
    """
    if unknown := changes.keys() - set(EDITABLE):
        raise TypeError(f"A kind of activity cannot be changed in {sorted(unknown)}.")
    current = ActivityType.objects.select_for_update().get(pk=kind.pk)
    told = {name: [getattr(current, name), new] for name, new in changes.items() if getattr(current, name) != new}
    if not told:
        return current
    for name, (_old, new) in told.items():
        setattr(current, name, new)
    current.full_clean()
    current.save(update_fields=sorted(told))
    trail.write(current, "activity_type.changed", by=by, at=at, changes=told)
    return current


def _save_new(kind: ActivityType, *, by: User | None, at: datetime) -> ActivityType:
    validate(kind)
    kind.save(force_insert=True)
    facts = {name: getattr(kind, name) for name in ("slug", *EDITABLE)}
    trail.write(kind, "activity_type.added", by=by, at=at, changes=facts)
    return kind
