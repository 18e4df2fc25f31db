"""Thanks at the demo plant: forty over eighteen months, some to teams, some private, one taken back, with dry spells.

They reach about a quarter of the people; two of those thanked would rather not have it on the wall, many never said.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction

from leadership.models import Recognition, RecognitionValue
from leadership.services import recognition
from leadership.services.demo_improvement_action import Plant
from objectives.models import ImprovementAction
from qms.models import Person, User

NAMESPACE = uuid.UUID("3e1c7a90-64d2-4c58-9f0d-5b8a1f3c9001")
AGREED, ASKED, REFUSED, PRIVATE = "agreed", "asked", "refused", "private"


@dataclass(frozen=True)
class Told:
    """Thanks in few words: ``to`` are names, or a team as people call it; ``entered_after`` so many days late."""

    days_ago: int
    giver: str
    to: tuple[str, ...]
    title: str
    value: str
    area: str = ""
    wall: str = AGREED
    about: str = ""
    entered_after: int = 0


THANKS = (
    Told(538, "yusuf.chen", ("Viktor Rossi",), "Stopped the spindle when the sound changed, before anything broke",
         "quality-first", "CNC line 3"),
    Told(531, "karin.alvarez", ("Mei Eriksen", "Ines Rossi"), "Stayed to re-check the whole night shift's lot",
         "quality-first", "CNC line 1"),
    Told(517, "hiro.weber", ("Stefan García",), "Said that our gauge was wrong, with the numbers to show it",
         "speaking-up", "Final inspection"),
    Told(498, "yusuf.chen", ("Night shift, heat treatment",), "Ran the furnace by hand for six hours, no reject",
         "quality-first", "Heat treatment"),
    Told(476, "elena.vega", ("Paula Zhang",), "Drew the jig that ended the mixed-up left and right covers",
         "making-it-better", "Assembly A"),
    Told(460, "grace.weber", ("Zoë Fischer", "Björn Brandt"), "Rebuilt the coolant pump on a Sunday", "helping-others",
         "Maintenance"),
    Told(455, "ximena.vega", ("Elena Rossi",), "Told the customer the truth about the late lot before he asked",
         "customer-in-mind", "Lab", ASKED),
    Told(431, "ximena.alvarez", ("Ximena Brandt",), "Showed two new colleagues how she measures the bore",
         "helping-others", "CNC line 3"),
    Told(410, "yusuf.chen", ("Jamal Mbeki",), "Noticed the wrong label on a pallet that was already on the truck",
         "customer-in-mind", "Packing"),
    Told(402, "zoe.tran", ("Ines Jensen",), "Refused to ship without the certificate", "quality-first", "Shipping",
         REFUSED),
    Told(377, "hiro.weber", ("Quinn Chen",), "Found the supplier's second cavity by sorting 4,000 castings",
         "quality-first", "Receiving"),
    Told(366, "hiro.usman", ("Ben Brandt",), "Asked why until somebody went to look", "speaking-up", "CNC line 2"),
    Told(341, "yusuf.chen", (), "Eleven weeks without an internal reject", "making-it-better", "Grinding"),
    Told(328, "ximena.weber", ("Ximena Rossi", "Elena Lindqvist"), "Wrote down how to load the furnace, with photos",
         "making-it-better", "Heat treatment"),
    Told(319, "grace.weber", ("Karin Rossi",), "Kept calm and precise while the line stood", "helping-others",
         "Maintenance", PRIVATE),
    Told(302, "yusuf.chen", ("Łukasz Eriksen",), "Argued against my idea, and was right", "speaking-up", "Assembly A"),
    # a dry spell: nobody thanked anybody for ten weeks
    Told(226, "hiro.weber", ("Elena Rossi", "Łukasz Weber"), "Repeated the capability study that looked too good",
         "quality-first", "Lab"),
    Told(214, "karin.alvarez", ("Yusuf Nguyen",), "Marked the drifting insert instead of turning the offset",
         "quality-first", "CNC line 1"),
    Told(203, "elena.vega", ("Noor Jensen",), "Said that the new lamp hides scratches", "speaking-up", "Assembly A"),
    Told(196, "yusuf.chen", ("Viktor Ibarra",), "Came in early to see the customer's auditor through the furnace logs",
         "customer-in-mind", "Heat treatment"),
    Told(183, "zoe.tran", ("Shipping, early shift",), "Turned a truck round in 40 minutes after our mistake",
         "customer-in-mind", "Shipping"),
    Told(171, "grace.weber", ("Łukasz Usman",), "Put the lubrication plan where the machine is", "making-it-better",
         "Maintenance"),
    Told(160, "ximena.vega", ("Hiro Weber",), "Told the board what our failures really cost", "speaking-up", "", ASKED),
    Told(149, "hiro.fischer", ("Quinn Zhang", "Dmitri Brandt"), "Found the burr that came from our own deburring",
         "quality-first", "Grinding"),
    Told(133, "yusuf.chen", ("Stefan Sato",), "Taught the tool-life count to all three shifts", "helping-others",
         "CNC line 3", about="tool"),
    Told(121, "hiro.weber", ("Viktor Eriksen",), "Sent the lot back although the truck was waiting", "quality-first",
         "Final inspection"),
    Told(110, "karin.alvarez", ("Mei Eriksen",), "Raised the third idea this year that we use", "making-it-better",
         "CNC line 1"),
    Told(96, "yusuf.chen", ("Uma Usman", "Ximena Brandt"), "Handed over the shift with the one thing that mattered",
         "helping-others", "CNC line 3"),
    Told(88, "elena.vega", ("Mei Usman",), "Asked for the drawing instead of guessing", "quality-first", "Assembly A"),
    Told(74, "zoe.tran", ("Björn Chen",), "Walked to the customer's dock to see how our boxes arrive",
         "customer-in-mind", "Shipping"),
    Told(66, "grace.weber", ("Björn Brandt",), "Kept the spare gearbox list honest", "making-it-better", "Maintenance",
         ASKED, entered_after=5),
    Told(52, "yusuf.chen", ("Ines Zhang",), "Stopped assembly for a torque wrench that clicked too late",
         "quality-first", "Assembly B"),
    Told(45, "hiro.weber", ("Farid Vega",), "Wrote findings people thanked him for", "speaking-up", "Lab", REFUSED),
    Told(38, "ximena.alvarez", ("Viktor Rossi",), "Measured every tenth part for a week to settle an argument",
         "making-it-better", "CNC line 3"),
    Told(27, "yusuf.chen", ("Uma Brandt",), "Prepared the audit week so that nobody had to look for anything",
         "helping-others", "Office"),
    Told(24, "hiro.usman", ("Day shift, CNC line 2",), "Cleaned, labeled and photographed the fixture shelf",
         "making-it-better", "CNC line 2"),
    Told(18, "hiro.weber", ("Tomasz Ibarra",), "Held two boxes back on a feeling, and the feeling was right",
         "quality-first", "Final inspection"),
    Told(12, "yusuf.chen", ("Ines Lindqvist", "Paula Zhang"), "Showed the visitors what goes wrong here, too",
         "speaking-up", "Assembly A"),
    Told(9, "zoe.tran", ("Zoë Zhang",), "Called the carrier at six so that the customer's line did not stop",
         "customer-in-mind", "Shipping"),
    Told(3, "karin.alvarez", ("Ines Rossi",), "Stopped the line when the bore ran out of true", "quality-first",
         "CNC line 1", about="gauge"),
    Told(2, "yusuf.chen", ("Uma Jensen",), "Trained the second setter for the evening shift", "helping-others", "",
         ASKED),
)  # fmt: skip
TAKEN_BACK = 33
"""The index of the one that was thanks to the wrong person."""


def tell(plant: Plant) -> int:
    """Tell all of it through the services; what is there from an interrupted load is left alone. Returns how many."""
    values = {value.slug: value for value in RecognitionValue.objects.all()}
    people = {person.name: person for person in Person.objects.filter(site=plant.site).select_related("user")}
    for number, told in enumerate(THANKS):
        uid = uuid.uuid5(NAMESPACE, f"thanks {number}")
        if not Recognition.objects.filter(uid=uid).exists():
            with transaction.atomic():
                _give(plant, told, uid, values, people)
    _take_back(plant)
    return len(THANKS)


def _give(
    plant: Plant, told: Told, uid: uuid.UUID, values: dict[str, RecognitionValue], people: dict[str, Person]
) -> None:
    giver = plant.users[told.giver]
    words = ImprovementAction.objects.filter(site=plant.site, title__icontains=told.about).order_by("pk")
    thanks = recognition.give(
        uid=uid, title=told.title, recipients=[(people.get(name), name) for name in told.to], site=plant.site,
        value=values[told.value], area=plant.areas.get(told.area), about=words.first() if told.about else None,
        is_confidential=told.wall == PRIVATE, is_agreed=told.wall == AGREED,
        occurred_on=plant.at(told.days_ago).date(), by=giver, at=plant.at(told.days_ago - told.entered_after, 15),
    )  # fmt: skip
    if told.wall == REFUSED:
        _refuse(plant, told, thanks, people)


def _refuse(plant: Plant, told: Told, thanks: Recognition, people: dict[str, Person]) -> None:
    person = people.get(told.to[0])
    user: User | None = getattr(person, "user", None)
    if user is not None:
        recognition.answer(thanks, wish=REFUSED, by=user, at=plant.at(told.days_ago - 1, 9))


def _take_back(plant: Plant) -> None:
    thanks = Recognition.objects.get(uid=uuid.uuid5(NAMESPACE, f"thanks {TAKEN_BACK}"))
    if thanks.status == Recognition.Status.GIVEN:
        told = THANKS[TAKEN_BACK]
        giver = plant.users[told.giver]
        reason = "It was Stefan Sato who measured; thanked anew in person"
        recognition.withdraw(thanks, reason=reason, by=giver, at=plant.at(told.days_ago - 2, 9))
