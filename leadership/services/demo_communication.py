"""Communications at the demo plant over 18 months: what was told, what people asked, and one question still open."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from leadership.models import Communication
from leadership.services import communication as service
from leadership.services import communication_question as question_service
from leadership.services.demo_improvement_action import Plant

NAMESPACE = uuid.UUID("4d2f9c66-1e7a-4c35-8a90-0b7d5e3c7401")
Asked = tuple[str, str, str, int | None]
"""A question, who asked (empty: without a name), the answer, and after how many days it came (None: open)."""


@dataclass(frozen=True)
class Told:
    """One communication of the story; ``ago`` days ago it was given, unless it is only planned."""

    ago: int
    title: str
    message: str
    by: str
    channel: str
    size: int | None = None
    areas: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()


TOLD = (
    Told(
        520, "Where we want to be in three years", "Half the scrap, no late complaint, customers who like to audit us.",
        "ximena.vega", "town_hall", 96,
        asked=(
            ("Will there be money for new inserts?", "Luis Usman", "For a trial on line 3 first.", 4),
            ("What if output falls at first?", "", "Then we explain it to the customer, together.", 0),
        ),
    ),
    Told(
        430, "Why a stopped line is not a lost shift", "Sorting later costs nine times as much. You may stop.",
        "yusuf.chen", "shift_talk", 34, ("CNC line 1", "CNC line 2"),
        asked=(("Who pays for the lost pieces of the shift?", "Viktor Ibarra", "Nobody's bonus is touched by it.", 2),),
    ),
    Told(
        350, "The quality policy, and what it means at the bench", "Three sentences, each with one thing to do today.",
        "hiro.weber", "training", 18, (), ("Setter", "Quality technician"),
    ),
    Told(
        260, "What the customer saw in our goods-out", "Photos of three mixed labels, and what changes now.",
        "zoe.tran", "board", None, ("Shipping",), ("Packer",),
        asked=(("Can the scanner refuse a wrong label?", "Yusuf Zhang", "Yes; it is ordered and comes in March.", 9),),
    ),
    Told(
        170, "Results of the surveillance audit", "No major finding; two minor ones about gauges, and who mends them.",
        "hiro.weber", "mail", 110,
    ),
    Told(
        95, "New duty: tell the customer about a wrong release", "What changed in the role of release, and why.",
        "yusuf.chen", "shift_talk", 22, ("Final inspection", "Shipping"),
        asked=(("Do I call, or does sales?", "Stefan García", "You call within an hour; sales writes after.", 1),),
    ),
    Told(
        24, "Half-year: how our objectives stand", "Scrap of line 3 is off track, complaints are on track.",
        "ximena.vega", "town_hall", 88,
        asked=(
            ("Why is line 3 measured by the old drawing?", "", "", None),
            ("When does the second torque wrench come?", "Jamal Chen", "It is here since Tuesday.", 3),
        ),
    ),
    Told(
        -9, "What next year's objectives ask of each shift", "To be told at all three shifts.", "yusuf.chen",
        "shift_talk",
    ),
)  # fmt: skip


def tell(plant: Plant) -> int:
    """Tell all of it through the services; what is there from an interrupted load is left alone. Returns how many."""
    for told in TOLD:
        with transaction.atomic():
            _communication(plant, told)
    return len(TOLD)


def _communication(plant: Plant, told: Told) -> None:
    uid, by = uuid.uuid5(NAMESPACE, told.title), plant.users[told.by]
    if Communication.objects.filter(uid=uid).exists():
        return
    is_given = told.ago > 0
    day = plant.today - timedelta(days=told.ago)
    one = service.enter(
        uid=uid, title=told.title, message=told.message, owner=by.person, site=plant.site, channel=told.channel,
        audience_size=told.size, areas=[plant.areas[name] for name in told.areas], job_titles=list(told.titles),
        occurred_on=day if is_given else None, due_on=None if is_given else day,
        questions_until_on=day + timedelta(days=30) if told.asked else None, by=by,
        at=plant.at(told.ago if is_given else 5, 15),
    )  # fmt: skip
    for number, (text, name, _answer, _after) in enumerate(told.asked):
        at = plant.at(told.ago, 16) + timedelta(minutes=number)
        question_service.ask(one, text=text, asker=name, by=by if name else None, at=at, way="spot" if name else "link")
    answered = [(after, text, words) for text, _name, words, after in told.asked if after is not None]
    for after, text, words in sorted(answered):
        question = one.questions.select_related("communication").get(text=text)
        question_service.answer(question, text=words, by=by, at=plant.at(told.ago - after, 17))
