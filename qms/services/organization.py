"""The organization's own data: its name, the scope of its system, its time zone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from qms.models import Organization, User
from qms.services import trail


@transaction.atomic
def edit(
    *, name: str, scope_statement: str, time_zone: str, has_open_thanks: bool | None = None, by: User | None,
    at: datetime,
) -> Organization:  # fmt: skip
    """Change the organization's data and write the trail with old and new; nothing is written when nothing differs.

    ``has_open_thanks``: None leaves it as it is. Raises ValidationError by field.
    """
    organization = Organization.objects.select_for_update().filter(pk=1).first()
    is_new = organization is None
    organization = organization or Organization(pk=1, name="")
    values: dict[str, Any] = {
        "name": " ".join(name.split()), "scope_statement": scope_statement.strip(), "time_zone": time_zone,
    }  # fmt: skip
    if has_open_thanks is not None:
        values["has_open_thanks"] = has_open_thanks
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
