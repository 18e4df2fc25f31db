"""Samples of the addresses of roles and processes, collected by name."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from leadership.models import Process, Role
from leadership.services import process, role, role_acceptance
from qms.models import Person, User
from qms.services import person as person_service
from tests.factories import PersonFactory

if TYPE_CHECKING:
    from tests.contracts.world import World


def drafted(w: World, **fields: Any) -> Role:
    """One of the plant manager's, held by nobody yet."""
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Release of product", "site": w.site, "area": w.area, "owner": w.leader.person,
        "responsibilities": ["Releases what is right", "Blocks what is not"], "has_release": True,
    }  # fmt: skip
    return role.draft(**(facts | fields), by=w.leader, at=w.now)


def offered(w: World, holder: Person | None = None) -> Role:
    """Offered to the quality manager, unless to somebody else."""
    return role.offer(drafted(w), holder=holder or w.users["quality_manager"].person, by=w.leader, at=w.now)


def offered_to_somebody_without_log_in(w: World) -> Role:
    holder = PersonFactory()
    person_service.set_pin(holder, by=None, at=w.now, pin="271828")
    return offered(w, holder)


def accepted(w: World) -> Role:
    """Accepted by the quality manager, with a part in a process."""
    one = offered(w)
    by = w.users["quality_manager"]
    role_acceptance.accept(one, version=one.version, by=by, at=w.now, method="password")
    found = Role.objects.select_related("site", "owner", "recorded_by__person").get(pk=one.pk)
    process.set_letters(a_process(w), letters={found.pk: "RA"}, by=by, at=w.now)
    return found


def a_process(w: World) -> Process:
    name = f"Process {Process.objects.count() + 1}"
    return process.add(name=name, site=w.site, owner_role=None, by=w.leader, at=w.now)


def offered_to(w: World, user: User) -> dict[str, int]:
    """A role that waits for the user's own yes, at the site of the world."""
    return {"pk": offered(w, user.person).pk}


OF_SITE: dict[str, Any] = {
    **{
        f"leadership:role-{page}": lambda w, u: {"pk": w.one("role").pk}
        for page in ("detail", "print", "edit", "offer", "witness", "link")
    },
    "leadership:role-move": lambda w, u: {"pk": w.one("role").pk, "verb": "review"},
    **{
        f"leadership:role-{page}": lambda w, u: offered_to(w, u) if u in w.users.values() else {"pk": w.one("role").pk}
        for page in ("accept", "decline")
    },
    **{f"leadership:process-{page}": lambda w, u: {"pk": a_process(w).pk} for page in ("edit", "raci", "use")},
}  # fmt: skip
OF_ALL: dict[str, Any] = {"leadership:role-answer": lambda w, u: {"token": "unknown"}}
NOT_THERE = {"leadership:role-answer": "a token that does not exist"}
ONE_OF: dict[str, Any] = {"role": accepted}
OTHER_LISTS = {
    "quality_manager": (
        "leadership:role-gap", "leadership:org-chart", "leadership:org-chart-print", "leadership:process-list",
        "leadership:process-print", "leadership:process-new",
    ),
}  # fmt: skip
