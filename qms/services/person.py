"""People: entered, changed, deactivated (never deleted), and recognised by a PIN where they have no log-in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from qms.models import Person, User
from qms.permissions import AccessProfile, Permission
from qms.services import trail
from qms.services import user as user_service

FACTS = ("name", "email", "job_title", "shift", "site", "area", "manager", "is_top_management")
PIN_DIGITS = 6
PIN_MAX_FAILURES = 5
PIN_WINDOW_SECONDS = 15 * 60
HIGHEST = 30  # steps up the organization that are looked at


class CannotDeactivate(Exception):
    """The person cannot be deactivated now; the message says why."""


class CannotReactivate(Exception):
    """The person cannot be taken back; the message says why."""


class PinRefused(ValidationError):
    """The PIN is too easy to guess or not made of digits."""


class TooManyPinFailures(Exception):
    """The PIN was wrong too often; wait."""


def facts_of(person: Person) -> dict[str, Any]:
    """The person's facts as the trail keeps them: sites by code, the manager by name."""
    return {name: _fact(name, getattr(person, name)) for name in FACTS}


def _fact(name: str, value: Any) -> Any:
    if name == "site":
        return value.code if value else ""
    return value.name if isinstance(value, models.Model) else value  # type: ignore[attr-defined]


@transaction.atomic
def create(*, by: User | None, at: datetime, **facts: Any) -> Person:
    """Enter a person. ``facts``: any of FACTS. Writes the trail. Raises ValidationError by field."""
    person = Person(**facts)
    _check(person)
    person.save(force_insert=True)
    told = {name: value for name, value in facts_of(person).items() if value not in ("", None, False)}
    trail.write(person, "person.created", by=by, at=at, changes=told, is_first=True)
    announce()
    return person


@transaction.atomic
def edit(person: Person, *, by: User | None, at: datetime, reason: str = "", **facts: Any) -> Person:
    """Change a person's facts and write old and new into the trail; nothing is written when nothing differs.

    Raises ValidationError by field, also for a circle of managers and for an area of another site.
    """
    if "manager" in facts:
        trail.lock_chain("people:managers")  # two changes at once must not close a circle between them
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    before = facts_of(person)
    for name, value in facts.items():
        setattr(person, name, value)
    _check(person)
    after = facts_of(person)
    changes = {name: [before[name], after[name]] for name in FACTS if before[name] != after[name]}
    if changes:
        person.save()
        trail.write(person, "person.changed", by=by, at=at, changes=changes, reason=reason)
        announce()
    return person


def announce() -> None:
    """Have those told, after the commit, who follow who works here (TASKS_AFTER_PEOPLE_CHANGED)."""
    for task in settings.TASKS_AFTER_PEOPLE_CHANGED:
        transaction.on_commit(current_app.signature(task).delay, robust=True)


def _check(person: Person) -> None:
    person.email = person.email.strip().lower()
    if person.area and person.area.site_id != person.site_id:
        raise ValidationError({"area": _("“%s” is not an area of the chosen site.") % person.area.name})
    if not person.name.strip():
        raise ValidationError({"name": _("Type the person's name.")})
    person.full_clean(exclude=["search_name"])


@transaction.atomic
def deactivate(person: Person, *, by: User | None, at: datetime, reason: str = "") -> Person:
    """Take a person who has left out of every choice. The person, the records and the trail stay.

    Side effects: the log-in is disabled and its sessions end; the PIN stops working. Raises CannotDeactivate.
    """
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if not person.is_active:
        return person
    if by is not None and by.person_id == person.pk:
        raise CannotDeactivate(_("You cannot deactivate yourself. Ask another administrator or quality manager."))
    login = User.objects.filter(person=person).order_by("pk").first()
    if login is not None:
        if login.profile == AccessProfile.ADMINISTRATOR and by is not None and not by.can(Permission.USER_EDIT):
            raise CannotDeactivate(_("This person is an administrator. Ask another administrator to do it."))
        try:
            user_service.disable(login, by=by, at=at, reason=reason)
        except (user_service.LastAdministrator, user_service.OutOfReach) as error:
            raise CannotDeactivate(str(error)) from error
    person.deactivated_at, person.deactivated_by = at, by
    person.save(update_fields=["deactivated_at", "deactivated_by"])
    trail.write(person, "person.deactivated", by=by, at=at, reason=reason)
    announce()
    return person


@transaction.atomic
def reactivate(person: Person, *, by: User | None, at: datetime, reason: str = "") -> Person:
    """Take a person back into every choice; a log-in stays disabled until somebody enables it. Writes the trail.

    Raises CannotReactivate for a person whose data was redacted: that cannot be undone.
    """
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.is_redacted:
        raise CannotReactivate(_("This person's data was redacted. Enter the person anew."))
    if not person.is_active:
        person.deactivated_at = person.deactivated_by = None
        person.save(update_fields=["deactivated_at", "deactivated_by"])
        trail.write(person, "person.reactivated", by=by, at=at, reason=reason)
        announce()
    return person


@transaction.atomic
def set_pin(person: Person, *, by: User | None, at: datetime, pin: str = "") -> str:
    """Give the person a PIN (a random one unless given) and return it, to be shown once; only its hash is kept.

    Writes the trail, without the PIN. Raises PinRefused for anything but six digits that are not all alike or in order.
    """
    pin = pin or _random_pin()
    if not (pin.isascii() and pin.isdigit() and len(pin) == PIN_DIGITS):
        raise PinRefused(_("A PIN is made of %d digits.") % PIN_DIGITS)
    if _is_easy(pin):
        raise PinRefused(_("This PIN is easy to guess. Choose digits that are not all alike or in order."))
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    verb = "person.pin_reset" if person.pin_hash else "person.pin_set"
    person.pin_hash = make_password(pin)
    person.save(update_fields=["pin_hash"])
    cache.delete_many(_pin_keys(person))
    trail.write(person, verb, by=by, at=at)
    return pin


@transaction.atomic
def remove_pin(person: Person, *, by: User | None, at: datetime) -> None:
    """Take the person's PIN away. Writes the trail; nothing happens when there is none."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    if person.pin_hash:
        person.pin_hash = ""
        person.save(update_fields=["pin_hash"])
        trail.write(person, "person.pin_removed", by=by, at=at)


def check_pin(person: Person, pin: str) -> bool:
    """Whether the PIN is the person's. Raises TooManyPinFailures after five wrong ones within 15 minutes.

    Always false for a person who is deactivated or has no PIN; takes as long as for one who has.
    """
    # Taken before the PIN is looked at, by the cache's own test-and-set: tries at the same moment are all counted.
    if not any(cache.add(key, 1, PIN_WINDOW_SECONDS) for key in _pin_keys(person)):
        raise TooManyPinFailures(_("The PIN was wrong too often. Wait 15 minutes and try again."))
    matches = check_password(pin.strip(), person.pin_hash or make_password(None))
    if matches and person.pin_hash and person.is_active:
        cache.delete_many(_pin_keys(person))
        return True
    return False


def whose_pin(people: Iterable[Person], pin: str) -> tuple[list[Person], list[Person]]:
    """Of people who cannot be told apart: those whose PIN it is, and those for whom it was a wrong one.

    Who has entered too many wrong ones is in neither. Where it is somebody's, it was no wrong try of the others.
    """
    taken: list[tuple[Person, str]] = []
    for person in people:
        key = next((key for key in _pin_keys(person) if cache.add(key, 1, PIN_WINDOW_SECONDS)), "")
        taken += [(person, key)] if key else []
    fits = [
        person for person, _key in taken
        if check_password(pin.strip(), person.pin_hash or make_password(None)) and person.pin_hash and person.is_active
    ]  # fmt: skip
    if not fits:
        return [], [person for person, _key in taken]
    cache.delete_many([key for _person, key in taken] + [key for person in fits for key in _pin_keys(person)])
    return fits, []


def _pin_keys(person: Person) -> list[str]:
    """One place in the cache for each wrong PIN a person has within PIN_WINDOW_SECONDS."""
    return [f"pin:{person.uid}:{number}" for number in range(PIN_MAX_FAILURES)]


def _random_pin() -> str:
    while _is_easy(pin := f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"):
        pass
    return pin


def _is_easy(pin: str) -> bool:
    steps = {(int(b) - int(a)) for a, b in pairwise(pin)}
    return len(steps) == 1 and steps <= {0, 1, -1}


@dataclass
class OrgNode:
    """A person in the organization chart, with those who report to him or her."""

    person: Person
    reports: list[OrgNode] = field(default_factory=list)
    size: int = 0
    """How many people stand below, all levels together."""


def org_tree(people: Iterable[Person]) -> list[OrgNode]:
    """The people as trees, top management first, then by name. A manager who is not among them starts no branch:
    whoever reports to such a one stands at the top."""
    nodes = {person.pk: OrgNode(person) for person in people}
    roots: list[OrgNode] = []
    for node in nodes.values():
        boss = nodes.get(node.person.manager_id or 0)
        (boss.reports if boss else roots).append(node)

    def order(node: OrgNode) -> tuple[bool, str, int]:
        return (not node.person.is_top_management, node.person.search_name, node.person.pk)

    for node in nodes.values():
        node.reports.sort(key=order)
    below = sorted(nodes.values(), key=lambda node: -_depth(node, nodes))
    for node in below:
        boss = nodes.get(node.person.manager_id or 0)
        if boss:
            boss.size += node.size + 1
    return sorted(roots, key=lambda node: (not node.size, *order(node)))


def _depth(node: OrgNode, nodes: dict[int, OrgNode]) -> int:
    depth = 0
    boss = nodes.get(node.person.manager_id or 0)
    while boss is not None and depth <= len(nodes):
        depth, boss = depth + 1, nodes.get(boss.person.manager_id or 0)
    return depth


def manager_chain(person: Person) -> list[Person]:
    """The person's managers, the nearest first. One query per level, ten levels at most."""
    chain: list[Person] = []
    boss = person.manager
    while boss is not None and len(chain) < 10:
        chain.append(boss)
        boss = boss.manager
    return chain


def chain_above(person: Person) -> list[Person]:
    """Who the person reports to, then whom that one reports to, and so on to the top; one query, safe in a circle."""
    table = connection.ops.quote_name(Person._meta.db_table)
    people = Person.objects.raw(
        f"WITH RECURSIVE above(id, manager_id, height) AS ("  # noqa: S608  our own table's name
        f"SELECT id, manager_id, 0 FROM {table} WHERE id = %s "
        f"UNION SELECT boss.id, boss.manager_id, above.height + 1 FROM {table} boss "
        f"JOIN above ON boss.id = above.manager_id WHERE above.height < {HIGHEST}) "
        f"SELECT person.* FROM {table} person JOIN above ON above.id = person.id ORDER BY above.height",
        [person.pk],
    )
    found = {row.pk: row for row in people}
    found.pop(person.pk, None)
    return list(found.values())
