"""Roles and processes at the demo plant: who answers for what, with the gaps an honest plant has.

One role is vacant, one waits for its holder's yes, one is held by somebody who left, one has no deputy and one was
declined; a change of duties was accepted again; one process has nobody accountable.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from leadership.models import Process, Role
from leadership.services import process as process_service
from leadership.services import role as role_service
from leadership.services import role_acceptance
from leadership.services.demo_improvement_action import Plant
from qms.models import Person, User
from qms.services import person as person_service

NAMESPACE = uuid.UUID("7c1e5a40-2f0b-4f57-9d0e-6a3b1c9d5301")
EDITOR = "hiro.weber"


@dataclass(frozen=True)
class Told:
    """A role of the story: ``ago`` days ago it was offered to ``holder`` (e-mail name), who answered ``after`` days."""

    title: str
    purpose: str
    duties: tuple[str, ...]
    may: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    holder: str = ""
    deputy: str = ""
    area: str = ""
    ago: int = 500
    after: int | None = 2


ROLES = (
    Told(
        "Top management for quality", "Answers for the quality management system as a whole.",
        ("Sets the quality policy and sees that it is lived", "Gives the people, time and money that quality needs",
         "Reviews the system twice a year and decides"),
        ("Decides on customers' claims above 20,000 USD",), ("has_delivery_stop", "has_line_stop"), "ximena.vega",
        "yusuf.chen", ago=530,
    ),
    Told(
        "Plant manager", "Quality before schedule, every day.",
        ("Opens each meeting with quality", "Walks every area at least once a month",
         "Decides within a week on every request for resources"),
        ("Moves people between lines",), ("has_delivery_stop", "has_line_stop"), "yusuf.chen", "grace.weber", ago=528,
    ),
    Told(
        "Quality manager", "Runs the quality management system and tells top management how it works.",
        ("Reports how the system performs, and where it can be better", "Plans the internal audits",
         "Sees that customers' voices reach whoever can answer", "Keeps the system whole when it changes"),
        ("Asks for a management review out of turn",), ("has_delivery_stop", "has_release"), "hiro.weber",
        "elena.rossi", "Lab", ago=525,
    ),
    Told(
        "Release of product", "Nothing leaves that nobody has released.",
        ("Releases a batch after final inspection", "Blocks what is not right, and says why on the tag"),
        (), ("has_delivery_stop", "has_release"), "stefan.garcia", "elena.rossi", "Final inspection", ago=500,
    ),
    Told(
        "Receiving inspection", "What comes in wrong does not reach a line.",
        ("Inspects what the plan names", "Tells purchasing the same day"), ("Sends a delivery back",), (),
        "quinn.chen", "stefan.garcia", "Receiving", ago=480,
    ),
    Told(
        "Measuring equipment", "Every gauge in use can be trusted.",
        ("Keeps the list of gauges and their due days", "Takes a gauge out of use when it is overdue"), (), (),
        "elena.rossi", "", "Lab", ago=470,
    ),
    Told(
        "Maintenance of machines", "Machines hold their tolerance.",
        ("Plans the maintenance that keeps tolerance", "Releases a machine after repair"),
        ("Stops a machine for repair",), ("has_line_stop",), "grace.weber", "karin.alvarez", "Maintenance", ago=460,
    ),
    Told(
        "Lead of CNC line 1", "Right first time on line 1.",
        ("Starts no order without a released first piece", "Trains whoever is new before the first shift alone"), (),
        ("has_line_stop",), "karin.alvarez", "hiro.usman", "CNC line 1", ago=440,
    ),
    Told(
        "Internal audit", "Audits what others do, and nobody audits the own work.",
        ("Carries out the audit programme", "Follows each finding to its end"), (), (), "farid.vega", "uma.brandt",
        "Lab", ago=430,
    ),
    Told(
        "Voice of the customer", "The customer is heard inside the plant.",
        ("Answers every complaint within a day", "Brings one customer's voice into each review"), (), (), "",
        "zoe.tran", ago=0,
    ),
    Told(
        "Documents and records", "The valid version is where the work is.",
        ("Issues and withdraws instructions", "Keeps records as long as the list says"), (), (), "uma.jensen", "",
        ago=33, after=None,
    ),
    Told(
        "Packing and shipping", "The right parts, whole, with the right label.",
        ("Checks the label against the order", "Holds a shipment with a mark of damage"), (), ("has_delivery_stop",),
        "viktor.eriksen", "zoe.tran", "Shipping", ago=410,
    ),
)  # fmt: skip
DEPARTED, DEPARTED_AGO = "Packing and shipping", 26
CHANGED, CHANGED_AGO = "Release of product", 90
DECLINED, DECLINED_AGO = "Voice of the customer", 48
WITNESSED_OR_LINKED = {"Receiving inspection": "witness", "Measuring equipment": "link"}
PROCESSES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("Customer requirements and offers", "Plant manager",
     {"Plant manager": "A", "Quality manager": "C", "Lead of CNC line 1": "R"}),
    ("Purchasing and receiving", "Receiving inspection",
     {"Receiving inspection": "R", "Plant manager": "A", "Quality manager": "C"}),
    ("Machining", "Lead of CNC line 1",
     {"Lead of CNC line 1": "RA", "Maintenance of machines": "C", "Quality manager": "C", "Plant manager": "I"}),
    ("Final inspection and release", "Release of product",
     {"Release of product": "R", "Quality manager": "A", "Packing and shipping": "I"}),
    ("Shipping", "Packing and shipping",
     {"Packing and shipping": "R", "Plant manager": "A", "Release of product": "C"}),
    ("Measuring equipment", "Measuring equipment", {"Measuring equipment": "RA", "Lead of CNC line 1": "I"}),
    ("Complaints", "Voice of the customer",
     {"Quality manager": "R", "Release of product": "C", "Top management for quality": "I"}),
    ("Internal audit and management review", "Quality manager",
     {"Internal audit": "R", "Quality manager": "R", "Top management for quality": "A", "Plant manager": "C"}),
)  # fmt: skip


def tell(plant: Plant) -> int:
    """Tell all of it through the services; what is there from an interrupted load is left alone. Returns how many."""
    for told in ROLES:
        with transaction.atomic():
            _role(plant, told)
    with transaction.atomic():
        _processes(plant)
    with transaction.atomic():
        _somebody_leaves(plant)
    return len(ROLES)


def _role(plant: Plant, told: Told) -> None:
    uid = uuid.uuid5(NAMESPACE, told.title)
    if Role.objects.filter(uid=uid).exists():
        return
    by, started = plant.users[EDITOR], max(told.ago, DECLINED_AGO) if not told.holder else told.ago
    role = role_service.draft(
        uid=uid, title=told.title, purpose=told.purpose, responsibilities=list(told.duties), authorities=list(told.may),
        deputy=_person(told.deputy), owner=plant.users["yusuf.chen"].person, site=plant.site,
        area=plant.areas.get(told.area), by=by, at=plant.at(started + 3), **dict.fromkeys(told.marks, True),
    )  # fmt: skip
    if told.title == DECLINED:
        _decline(plant, role, by)
    elif told.holder:
        holder = _person(told.holder)
        assert holder is not None  # noqa: S101  the sample list has everybody
        role = role_service.offer(role, holder=holder, by=by, at=plant.at(told.ago))
        if told.after is not None:
            _accept(plant, role, days_ago=told.ago - told.after)
            _later(plant, role)


def _decline(plant: Plant, role: Role, by: User) -> None:
    asked = plant.users["ximena.alvarez"]
    role = role_service.offer(role, holder=asked.person, by=by, at=plant.at(DECLINED_AGO))
    reason = "I lead line 3 with two people missing; I cannot answer complaints within a day"
    role_acceptance.decline(role, version=role.version, reason=reason, by=asked, at=plant.at(DECLINED_AGO - 6))


def _accept(plant: Plant, role: Role, *, days_ago: int) -> None:
    holder, at = role.holder, plant.at(days_ago, 14)
    assert holder is not None  # noqa: S101  it is offered
    user: User | None = next((u for u in plant.users.values() if u.person_id == holder.pk), None)
    if user is not None:
        role_acceptance.accept(role, version=role.version, by=user, at=at, method="password")
    elif WITNESSED_OR_LINKED.get(role.title) == "link":
        pin = person_service.set_pin(holder, by=plant.users[EDITOR], at=plant.at(days_ago, 12))
        role_acceptance.make_link(role, by=plant.users[EDITOR], at=plant.at(days_ago, 13))
        role_acceptance.accept_by_link(Role.objects.get(pk=role.pk), pin=pin, version=role.version, at=at)
    else:
        witness = plant.users["yusuf.chen"]
        role_acceptance.accept_before_witness(role, version=role.version, by=witness, at=at, method="password")


def _later(plant: Plant, role: Role) -> None:
    """What happened to an accepted role: looked at again after a year, and one with a duty more."""
    by, role = plant.users[EDITOR], Role.objects.get(pk=role.pk)
    if role.title == CHANGED:
        duties = [*role.responsibilities, "Tells the customer when a released batch turns out wrong"]
        role = role_service.change(
            role, version=role.version, reason="After the complaint about labels in spring", responsibilities=duties,
            by=by, at=plant.at(CHANGED_AGO),
        )  # fmt: skip
        _accept(plant, role, days_ago=CHANGED_AGO - 5)
    elif role.accepted_on and role.accepted_on < plant.today - timedelta(days=400) and role.title != "Internal audit":
        outcome = "Read together with the holder; still right"
        role_service.review(role, outcome=outcome, by=by, at=plant.at(120))


def _processes(plant: Plant) -> None:
    by, at = plant.users[EDITOR], plant.at(400)
    if Process.objects.exists():
        return
    roles = {role.title: role for role in Role.objects.filter(site=plant.site)}
    for position, (name, owner, letters) in enumerate(PROCESSES, 1):
        process = process_service.add(
            name=name, site=plant.site, owner_role=roles[owner], position=position * 10, by=by, at=at
        )  # fmt: skip
        held = {roles[title].pk: letter for title, letter in letters.items()}
        process_service.set_letters(process, letters=held, by=by, at=at)


def _somebody_leaves(plant: Plant) -> None:
    role = Role.objects.select_related("holder").get(uid=uuid.uuid5(NAMESPACE, DEPARTED))
    if role.holder is not None and role.holder.is_active:
        facts: dict[str, Any] = {"by": plant.users["hiro.xu"], "at": plant.at(DEPARTED_AGO)}
        person_service.deactivate(role.holder, reason="Moved to another town", **facts)


def _person(name: str) -> Person | None:
    return Person.objects.get(email=f"{name}@plant.example") if name else None
