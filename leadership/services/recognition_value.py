"""What an organization thanks people for: its values, in its own words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_  # noqa: N812  the usual name

from leadership.models import RecognitionValue
from qms.models import User
from qms.services import trail
from qms.services.record import validate

EDITABLE = ("label", "description", "position", "is_active")
DEFAULTS = (
    ("quality-first", N_("Quality first"), N_("Stopped, asked or reworked rather than passing it on")),
    ("speaking-up", N_("Speaking up"), N_("Said early what others did not want to hear")),
    ("making-it-better", N_("Making it better"), N_("Improved how we work, and it stayed improved")),
    ("helping-others", N_("Helping others"), N_("Left one's own work to help somebody else's")),
    ("customer-in-mind", N_("The customer in mind"), N_("Thought of who will use the part")),
)


@transaction.atomic
def load_defaults(*, by: User | None, at: datetime) -> int:
    """Add the default values that are missing; returns how many. One that was reworded or retired stays so.

    Writes a trail entry per added value.
    """
    there = set(RecognitionValue.objects.values_list("slug", flat=True))
    missing = [(number, *row) for number, row in enumerate(DEFAULTS, start=1) if row[0] not in there]
    for number, slug, label, description in missing:
        add(RecognitionValue(slug=slug, label=_(label), description=_(description), position=number * 10), by=by, at=at)
    return len(missing)


@transaction.atomic
def add(value: RecognitionValue, *, by: User | None, at: datetime) -> RecognitionValue:
    """Add a value. Raises ValidationError by field. Writes the trail."""
    validate(value)
    value.save(force_insert=True)
    facts = {name: getattr(value, name) for name in ("slug", *EDITABLE)}
    trail.write(value, "recognition_value.added", by=by, at=at, changes=facts)
    return value


@transaction.atomic
def change(value: RecognitionValue, *, by: User | None, at: datetime, **changes: Any) -> RecognitionValue:
    """Reword, reorder or retire a value; thanks keep the words they were given under in their versions.

    Writes the trail if anything changed. Raises ValidationError by field.
    """
    if unknown := changes.keys() - set(EDITABLE):
        raise TypeError(f"A value cannot be changed in {sorted(unknown)}.")
    current = RecognitionValue.objects.select_for_update().get(pk=value.pk)
    told = {name: [getattr(current, name), new] for name, new in changes.items() if getattr(current, name) != new}
    if not told:
        return current
    for name, (_old, new) in told.items():
        setattr(current, name, new)
    validate(current)
    current.save(update_fields=sorted(told))
    trail.write(current, "recognition_value.changed", by=by, at=at, changes=told)
    return current
