"""Absences: announced by the person or entered by who leads him or her; only approved ones excuse anything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from qms.models import Absence, Person, User
from qms.permissions import Permission
from qms.services import person as person_service
from qms.services import trail

LONGEST = timedelta(days=366)


class CannotDecide(Exception):
    """Who asks may not enter or approve absences of this person."""


def may_decide(user: User, person: Person) -> bool:
    """Whether the user approves absences of the person: somebody above, or who keeps people; never oneself."""
    if user.person_id == person.pk:
        return False
    return user.can(Permission.PERSON_EDIT) or user.person in person_service.manager_chain(person)


def may_see(user: User, person: Person) -> bool:
    """Whether the user may see why the person is away: oneself and those who approve it."""
    return user.person_id == person.pk or may_decide(user, person)


@transaction.atomic
def enter(
    person: Person, *, starts_on: date, ends_on: date, cause: str, stand_in: Person | None = None, by: User,
    at: datetime,
) -> Absence:  # fmt: skip
    """Enter an absence. By the person it waits for approval; by who leads the person it is approved at once.

    Side effects: the row, an entry in the person's trail (days and stand-in, never the reason).
    Raises CannotDecide, ValidationError by field.
    """
    approves = may_decide(by, person)
    if not approves and by.person_id != person.pk:
        raise CannotDecide(_("Absences are entered by the person, a leader above, or who keeps people."))
    if ends_on < starts_on:
        raise ValidationError({"ends_on": _("The last day lies before the first.")})
    if ends_on - starts_on > LONGEST:
        raise ValidationError({"ends_on": _("At most a year at a time.")})
    if stand_in is not None and stand_in.pk == person.pk:
        raise ValidationError({"stand_in": _("Somebody else stands in.")})
    absence = Absence(
        person=person, starts_on=starts_on, ends_on=ends_on, cause=cause, stand_in=stand_in, created_at=at,
        created_by=by, approved_at=at if approves else None, approved_by=by if approves else None,
    )  # fmt: skip
    absence.full_clean(exclude=["person", "stand_in", "created_by", "approved_by"], validate_constraints=False)
    absence.save(force_insert=True)
    verb = "person.absence_entered" if approves else "person.absence_announced"
    trail.write(person, verb, by=by, at=at, changes=_facts(absence))
    return absence


@transaction.atomic
def approve(absence: Absence, *, by: User, at: datetime) -> Absence:
    """Approve an announced absence; approving it again changes nothing. Writes the trail. Raises CannotDecide."""
    current = _locked(absence)
    if not may_decide(by, current.person):
        raise CannotDecide(_("Only a leader above, or who keeps people, approves an absence."))
    if current.approved_at is None and current.withdrawn_at is None:
        current.approved_at, current.approved_by = at, by
        current.save(update_fields=["approved_at", "approved_by"])
        trail.write(current.person, "person.absence_approved", by=by, at=at, changes=_facts(current))
    return current


@transaction.atomic
def withdraw(absence: Absence, *, by: User, at: datetime) -> Absence:
    """Take an absence back; the row stays. Writes the trail. Raises CannotDecide."""
    current = _locked(absence)
    if not may_see(by, current.person):
        raise CannotDecide(_("Absences are withdrawn by the person, a leader above, or who keeps people."))
    if current.withdrawn_at is None:
        current.withdrawn_at, current.withdrawn_by = at, by
        current.save(update_fields=["withdrawn_at", "withdrawn_by"])
        trail.write(current.person, "person.absence_withdrawn", by=by, at=at, changes=_facts(current))
    return current


def absences_of(person: Person) -> Iterable[Absence]:
    """The person's absences, the latest first, at most a hundred."""
    rows = Absence.objects.filter(person=person).select_related("stand_in", "approved_by__person", "person")
    return rows.order_by("-starts_on", "-pk")[:100]


def _locked(absence: Absence) -> Absence:
    rows = Absence.objects.select_for_update(of=("self",)).select_related("person__manager", "stand_in")
    return rows.get(pk=absence.pk)


def _facts(absence: Absence) -> dict[str, str]:
    facts = {"from": absence.starts_on.isoformat(), "to": absence.ends_on.isoformat()}
    return facts | ({"stand_in": absence.stand_in.name} if absence.stand_in else {})
