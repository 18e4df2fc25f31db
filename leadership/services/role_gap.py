"""What is missing in the roles of the sites: nobody there, nobody's yes, nobody to stand in, no A or R."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from leadership.models import Role
from leadership.services import process as process_service
from leadership.services.process import Matrix
from qms.models import Site, User


@dataclass(frozen=True)
class Gaps:
    """The gaps, each a list of roles, and the matrix with the processes that lack somebody."""

    vacant: list[Role]
    unaccepted: list[Role]
    departed: list[Role]
    without_deputy: list[Role]
    expired: list[Role]
    matrix: Matrix

    @property
    def total(self) -> int:
        """How many gaps there are; a role with two is counted for both."""
        lists = (self.vacant, self.unaccepted, self.departed, self.without_deputy, self.expired)
        return sum(map(len, lists)) + len(self.matrix.gaps)


def gaps(user: User, *, today: date, site: Site | None = None) -> Gaps:
    """Every gap the user may see, at a site with what holds for the whole organization, or everywhere.

    Four queries.
    """
    related = ("site", "area", "of_site", "owner", "holder", "deputy")
    rows = Role.objects.visible_to(user).in_force().select_related(*related)
    roles = list((rows.reaching(site) if site else rows).order_by("title", "pk"))
    waiting = [role for role in roles if role.status == Role.Status.OFFERED]
    return Gaps(
        vacant=[role for role in roles if role.holder is None],
        unaccepted=sorted(waiting, key=lambda role: (role.offered_on or today, role.pk)),
        departed=[role for role in roles if has_departed(role)],
        without_deputy=[role for role in roles if role.deputy is None and role.holder is not None],
        expired=[role for role in roles if role.ends_on is not None and role.ends_on < today],
        matrix=process_service.matrix(user, site=site),
    )  # fmt: skip


def has_departed(role: Role) -> bool:
    """Whether its holder or deputy is not here any more."""
    return any(person is not None and not person.is_active for person in (role.holder, role.deputy))
