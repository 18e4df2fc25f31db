"""Samples of the addresses of importing a list, collected by name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from objectives.services import plan_import
from qms.models import Job

if TYPE_CHECKING:
    from qms.models import User
    from tests.contracts.world import World


def upload(w: World, user: User) -> Job:
    """A list of actions that the user uploaded."""
    rows = {"what": "actions", "site": w.site.pk, "header": ["What", "Who"], "rows": [[2, ["A second fan", "Ana"]]]}
    return Job.objects.create(
        uid=uuid.uuid4(), kind=plan_import.JOB_KIND, label="actions.csv", requested_by=user, created_at=w.now,
        params=rows, total=1,
    )  # fmt: skip


OF_ALL: dict[str, Any] = {"objectives:plan-import": lambda w, u: {"what": "actions"}}
OF_USER: dict[str, Any] = {
    f"objectives:plan-import-{page}": lambda w, u: {"uid": upload(w, u).uid} for page in ("check", "problems")
}
