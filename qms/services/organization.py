"""The organization's own data: its name, the scope of its system, its time zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from qms.models import Organization, User
from qms.services import trail


@transaction.atomic
def edit(
    *, name: str, scope_statement: str, time_zone: str, has_open_thanks: bool | None = None,
    request_answer_days: int | None = None, role_answer_days: int | None = None, by: User | None, at: datetime,
) -> Organization:  # fmt: skip
    """Change the organization's data and write the trail with old and new; nothing is written when nothing differs.

    None leaves a value as it is; days are from 1 to 365. Raises ValidationError by field.
    """
    organization = Organization.objects.select_for_update().filter(pk=1).first()
    is_new = organization is None
    organization = organization or Organization(pk=1, name="")
    values: dict[str, Any] = {
        "name": " ".join(name.split()), "scope_statement": scope_statement.strip(), "time_zone": time_zone,
    }  # fmt: skip
    others = {
        "has_open_thanks": has_open_thanks, "request_answer_days": request_answer_days,
        "role_answer_days": role_answer_days,
    }  # fmt: skip
    values |= {key: value for key, value in others.items() if value is not None}
    changes = {
        key: [getattr(organization, key), value] for key, value in values.items() if getattr(organization, key) != value
    }
    for key, value in values.items():
        setattr(organization, key, value)
    organization.full_clean(validate_unique=False)
    if changes:
        organization.save(force_insert=is_new)
        trail.write(organization, "organization.changed", by=by, at=at, changes=changes)
    return organization
