"""Processes and the parts roles have in them: the RACI matrix, with what is missing in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from leadership.models import Process, RaciLetter, Role
from leadership.models.role import RoleQuerySet
from qms.models import Site, User
from qms.services import record as record_service
from qms.services import trail

ORDER = "RACI"
Letter = RaciLetter.Letter


@transaction.atomic
def add(
    *, name: str, site: Site | None, owner_role: Role | None, position: int = 100, by: User, at: datetime
) -> Process:  # fmt: skip
    """Enter a process of a site, or of the whole organization. Writes the trail. Raises ValidationError by field."""
    process = Process(name=" ".join(name.split()), site=site, owner_role=owner_role, position=position)
    _check(process)
    process.save(force_insert=True)
    trail.write(process, "process.added", by=by, at=at, changes=_facts(process), is_first=True)
    return process


@transaction.atomic
def edit(
    process: Process, *, name: str, owner_role: Role | None, position: int, by: User, at: datetime
) -> Process:  # fmt: skip
    """Change a process; nothing is written when nothing differs. Raises ValidationError by field."""
    current = Process.objects.select_for_update(of=("self",)).get(pk=process.pk)
    before = _facts(current)
    current.name, current.owner_role, current.position = " ".join(name.split()), owner_role, position
    after = _facts(current)
    changes = {key: [before[key], value] for key, value in after.items() if before[key] != value}
    if changes:
        _check(current)
        current.save()
        trail.write(current, "process.changed", by=by, at=at, changes=changes)
    return current


@transaction.atomic
def set_in_use(process: Process, *, is_active: bool, by: User, at: datetime) -> Process:
    """Take a process out of use, or into use again; its letters stay. Writes the trail."""
    current = Process.objects.select_for_update(of=("self",)).get(pk=process.pk)
    if current.is_active != is_active:
        current.is_active = is_active
        current.save(update_fields=["is_active"])
        trail.write(current, "process.reactivated" if is_active else "process.deactivated", by=by, at=at)
    return current


@transaction.atomic
def set_letters(process: Process, *, letters: Mapping[int, str], by: User, at: datetime) -> Process:
    """Say which part each role (by id) has in the process: any letters of RACI, none to take it out.

    Roles that are not named keep theirs. Letters that end stay as rows with their end. Writes the trail. Raises
    ValidationError when two roles would be accountable, or a role is not of the process's site.
    """
    current = Process.objects.select_for_update(of=("self",)).select_related("site").get(pk=process.pk)
    roles = {role.pk: role for role in _roles_for(current).filter(pk__in=letters)}
    if unknown := letters.keys() - roles.keys():
        raise ValidationError(_("These roles are not of this process's site: %s") % sorted(unknown))
    there = list(RaciLetter.objects.filter(process=current, ended_at=None).select_related("role"))
    kept = {(row.role_id, row.letter): row for row in there}
    wanted = {(pk, letter) for pk, text in letters.items() for letter in text}
    stays = {key for key in kept if key[0] not in letters}
    if sum(1 for _pk, letter in wanted | stays if letter == Letter.ACCOUNTABLE) > 1:
        raise ValidationError(_("Only one role can be accountable for a process. Take the A from the other first."))
    gone, come = kept.keys() - wanted - stays, wanted - kept.keys()
    if not gone and not come:
        return current
    RaciLetter.objects.filter(pk__in=[kept[key].pk for key in gone]).update(ended_at=at)
    for pk, letter in sorted(come):
        row = RaciLetter(process=current, role=roles[pk], letter=letter, set_at=at, set_by=by)
        record_service.validate(row)
        row.save(force_insert=True)
    names = {row.role_id: row.role.title for row in there} | {pk: role.title for pk, role in roles.items()}
    changes = {
        names[pk]: [_of(kept.keys(), pk), _of(wanted | stays, pk)] for pk in sorted({pk for pk, _l in gone | come})
    }
    trail.write(current, "process.raci_changed", by=by, at=at, changes=changes)
    return current


@dataclass(frozen=True)
class Row:
    """One process with the letters of each role that stands as a column, and what is missing."""

    process: Process
    cells: list[str]
    gaps: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Matrix:
    """Processes by roles; ``roles`` are the columns."""

    roles: list[Role]
    rows: list[Row]

    @property
    def gaps(self) -> list[Row]:
        """The processes in which something is missing."""
        return [row for row in self.rows if row.gaps]


def matrix(user: User, *, site: Site | None = None) -> Matrix:
    """The RACI matrix of a site with what holds for the whole organization, or of all the user's sites. Two queries.

    A role the user may not see is no column; its letter still counts when gaps are looked for.
    """
    processes = Process.objects.visible_to(user).active().select_related("site", "owner_role")
    roles = Role.objects.visible_to(user).in_force().select_related("holder", "of_site", "site")
    if site is not None:
        processes, roles = processes.reaching(site), roles.reaching(site)
    rows = list(processes.order_by("position", "name", "pk"))
    letters = RaciLetter.objects.filter(process__in=[p.pk for p in rows], ended_at=None).order_by("pk")
    return lay_out(rows, list(roles.order_by("title", "pk")), letters.values_list("process_id", "role_id", "letter"))


def lay_out(
    processes: Sequence[Process], roles: Sequence[Role], letters: Iterable[tuple[int, int, str]]
) -> Matrix:  # fmt: skip
    """A matrix from (process id, role id, letter); roles without any letter are left out."""
    by_cell: dict[tuple[int, int], set[str]] = {}
    by_process: dict[int, dict[str, list[int]]] = {}
    for process_id, role_id, letter in letters:
        by_cell.setdefault((process_id, role_id), set()).add(letter)
        by_process.setdefault(process_id, {}).setdefault(letter, []).append(role_id)
    used = {role_id for _process_id, role_id in by_cell}
    columns = [role for role in roles if role.pk in used]
    vacant = {role.pk: role.title for role in columns if role.status == Role.Status.VACANT}
    rows = []
    for process in processes:
        cells = [_in_order(by_cell.get((process.pk, role.pk), ())) for role in columns]
        rows.append(Row(process, cells, _gaps(by_process.get(process.pk, {}), vacant)))
    return Matrix(columns, rows)


def letters_in(process: Process) -> dict[int, str]:
    """The letters of each role that has a part in the process, by the role's id. One query."""
    found: dict[int, set[str]] = {}
    for role_id, letter in RaciLetter.objects.filter(process=process, ended_at=None).values_list("role_id", "letter"):
        found.setdefault(role_id, set()).add(letter)
    return {role_id: _in_order(letters) for role_id, letters in found.items()}


def letters_of(role: Role, user: User) -> list[tuple[Process, str]]:
    """The processes a role has a part in, with its letters. One query."""
    rows = RaciLetter.objects.filter(role=role, ended_at=None, process__is_active=True).select_related("process")
    found: dict[int, tuple[Process, set[str]]] = {}
    seen = Process.objects.visible_to(user).values("pk")
    for row in rows.filter(process__in=seen).order_by("process__position", "process__name", "pk"):
        found.setdefault(row.process_id, (row.process, set()))[1].add(row.letter)
    return [(process, _in_order(letters)) for process, letters in found.values()]


def _gaps(by_letter: Mapping[str, list[int]], vacant: Mapping[int, str]) -> list[str]:
    found = []
    if not by_letter.get(Letter.ACCOUNTABLE):
        found.append(_("Nobody is accountable"))
    if not by_letter.get(Letter.RESPONSIBLE):
        found.append(_("Nobody is responsible"))
    asked = {pk for letter in (Letter.ACCOUNTABLE, Letter.RESPONSIBLE) for pk in by_letter.get(letter, ())}
    return found + [_("“%s” is vacant") % vacant[pk] for pk in sorted(asked & vacant.keys())]


def _in_order(letters: Iterable[str]) -> str:
    return "".join(sorted(letters, key=ORDER.index))


def _of(pairs: Iterable[tuple[int, str]], role_id: int) -> str:
    return _in_order(letter for pk, letter in pairs if pk == role_id)


def _roles_for(process: Process) -> RoleQuerySet:
    rows = Role.objects.in_force()
    return rows.reaching(process.site) if process.site else rows


def _check(process: Process) -> None:
    """The name is there and once only; asked here, so that the form can say it beside the field."""
    record_service.validate(process)
    same = Process.objects.filter(name=process.name, site=process.site).exclude(pk=process.pk)
    if same.exists():
        raise ValidationError({"name": _("There is a process of that name already.")})


def _facts(process: Process) -> dict[str, str | int]:
    return {
        "name": process.name, "site": process.site.name if process.site else "", "position": process.position,
        "owner_role": process.owner_role.title if process.owner_role else "",
    }  # fmt: skip
