"""Improvements at the demo plant: ideas, experiments, promises and savings over 18 months, always the same.

Told through the product's own services. ``answer_or_let_lapse`` is for the promises of the walks that ``demo`` keeps.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from leadership.services.demo_improvement_story import ENDS, IDEAS, NEVER_ANSWERED, TRIALS, Ended, Trial
from objectives.models import ImprovementAction, Promise
from objectives.services import benefit as benefit_service
from objectives.services import idea as idea_service
from objectives.services import improvement_action as action_service
from objectives.services import improvement_cycle as cycle_service
from objectives.services import promise as promise_service
from qms.models import Area, Person, Site, User
from qms.services import site as site_service
from qms.services.attachment import Sent

NAMESPACE = uuid.UUID("5a9d1c2e-3f57-4b0f-8f65-2c1d7be19001")
DATA = Path(settings.BASE_DIR) / "qms" / "data" / "demo"
ANSWERED_AFTER = timedelta(days=2)
UNANSWERED_OF = 9
"""Of so many promises of the walks one is never answered."""


@dataclass(frozen=True)
class Plant:
    """What the story refers to by short names, and the day it is told on."""

    site: Site
    users: dict[str, User]
    people: list[Person]
    areas: dict[str, Area]
    today: date

    def at(self, days_ago: int, hour: int = 10) -> datetime:
        """A moment of that day, at the site."""
        day = self.today - timedelta(days=days_ago)
        return datetime.combine(day, time(hour), tzinfo=self.site.zone).astimezone(UTC)


def tell(plant: Plant) -> int:
    """Tell all of it; returns how many actions. What is there already from an interrupted load is left alone."""
    with transaction.atomic():
        admin = plant.users["hiro.xu"]
        facts = {"code": plant.site.code, "name": plant.site.name, "time_zone": plant.site.time_zone}
        site_service.edit_site(plant.site, has_open_ideas=True, **facts, by=admin, at=plant.at(545))
    for number, trial in enumerate(TRIALS):
        with transaction.atomic():
            _trial(plant, trial, number)
    for number, ended in enumerate(ENDS):
        with transaction.atomic():
            _ended(plant, ended, number)
    for number, (title, area, name, days_ago) in enumerate(IDEAS):
        idea_service.raise_idea(
            uid=uuid.uuid5(NAMESPACE, f"idea {number}"), title=title, area=plant.areas[area], name=name, by=None,
            at=plant.at(days_ago),
        )  # fmt: skip
    return len(TRIALS) + len(ENDS) + len(IDEAS)


def answer_or_let_lapse(*, until: datetime) -> None:
    """Answer the open promises two days after they were asked, all but one in nine: those lapse after 14 days."""
    for question in (
        Promise.objects.filter(answer="").select_related("action__site", "person").order_by("asked_at", "pk")
    ):
        is_silent = question.action.uid.int % UNANSWERED_OF == 0 or question.action.title == NEVER_ANSWERED
        answered_at = question.asked_at + (promise_service.LIFETIME if is_silent else ANSWERED_AFTER)
        if answered_at >= until:
            continue
        if is_silent:
            promise_service.lapse_overdue(at=answered_at)
        elif Promise.objects.filter(pk=question.pk, answer="").exists():
            promise_service.answer(
                question, answer=Promise.Answer.KEPT, words="", by=None, at=answered_at, through=Promise.Way.PIN
            )


def _trial(plant: Plant, trial: Trial, number: int) -> None:
    """One improvement with its whole cycle, as far as it has come."""
    uid = uuid.uuid5(NAMESPACE, f"trial {number}")
    if ImprovementAction.objects.filter(uid=uid).exists():
        return
    owner, began = plant.users[trial.owner], trial.days_ago
    action = _begun(plant, trial, uid)
    if trial.photos:
        _photo(action, "bench_before.jpg", "before", "As it was", owner, plant.at(began - 3))
    action_service.start(action, by=owner, at=plant.at(began - 4))
    texts = dict(zip(cycle_service.CYCLE_FIELDS, (*trial.cycle, "", "", "", "")[:4], strict=True))
    current = ImprovementAction.objects.get(pk=action.pk)
    cycle_service.write_cycle(current, version=current.version, **texts, by=owner, at=plant.at(began - 5))
    _benefit(plant, action, trial, "add")
    if trial.done_after is None:
        return
    done = began - trial.done_after
    action_service.complete(action, outcome=trial.outcome, by=owner, at=plant.at(done))
    if trial.photos:
        _photo(action, "bench_after.jpg", "after", "As it is now", owner, plant.at(done - 1))
    _benefit(plant, action, trial, "confirm")
    if trial.result:
        checker = plant.users[trial.checker]
        cycle_service.check_effect(
            action, result=trial.result, checked_what=texts["checked_what"], learning=trial.learning, by=checker,
            at=plant.at(done - 20),
        )  # fmt: skip
    if trial.is_closed:
        cycle_service.close(action, by=owner, at=plant.at(done - 22))
    for place, copier, copied_after in trial.copies:
        by, copied = plant.users[copier], done - 30
        target = cycle_service.Target(plant.areas[place], by.person)
        due_on = plant.today - timedelta(days=copied - 60)
        (copy,) = cycle_service.copy_to(
            action, [target], due_on=due_on, uid=uuid.uuid5(uid, place), by=by, at=plant.at(copied)
        )
        if copied_after:
            words = "It hangs here too, with the outlines of our own tools."
            action_service.complete(copy, outcome=words, by=by, at=plant.at(copied - copied_after))


def _begun(plant: Plant, trial: Trial, uid: uuid.UUID) -> ImprovementAction:
    owner, area = plant.users[trial.owner], plant.areas[trial.area]
    due_on = plant.today - timedelta(days=trial.days_ago - trial.due_after)
    if trial.raised_by:
        raised = idea_service.raise_idea(
            uid=uid, title=trial.title, area=area, name=trial.raised_by, by=None, at=plant.at(trial.days_ago)
        )
        return idea_service.assess(
            raised.action, owner=owner.person, due_on=due_on, by=plant.users["hiro.weber"],
            at=plant.at(trial.days_ago - 2),
        )  # fmt: skip
    return action_service.open_action(
        uid=uid, title=trial.title, owner=owner.person, due_on=due_on, site=plant.site, area=area, origin=trial.origin,
        by=owner, at=plant.at(trial.days_ago),
    )  # fmt: skip


def _benefit(plant: Plant, action: ImprovementAction, trial: Trial, step: str) -> None:
    if not trial.benefit:
        return
    owner, saved = plant.users[trial.owner], trial.benefit
    if step == "add":
        facts: dict[str, Any] = {
            "nature": saved.nature, "rhythm": saved.rhythm, "description": saved.what, "method": saved.method,
        }  # fmt: skip
        if saved.target:
            facts |= {"target_amount": Decimal(saved.target), "forecast_amount": Decimal(saved.forecast)}
        benefit_service.add(action, **facts, by=owner, at=plant.at(trial.days_ago - 6))
    elif saved.actual:
        began = trial.days_ago - (trial.done_after or 0)
        found = action.benefits.get()
        benefit_service.change(
            found, reason="Measured over a month", actual_amount=Decimal(saved.actual), by=owner,
            at=plant.at(began - 10, 8),
        )  # fmt: skip
        if saved.is_confirmed:
            finance = plant.users["sian.weber"]
            benefit_service.confirm(found, proof="password", by=finance, at=plant.at(began - 10, 16))


def _ended(plant: Plant, ended: Ended, number: int) -> None:
    """One action in few words: opened, and moved to where it stands."""
    uid = uuid.uuid5(NAMESPACE, f"ended {number}")
    if ImprovementAction.objects.filter(uid=uid).exists():
        return
    owner = plant.users[ended.owner]
    promised = plant.people[number * 5 % len(plant.people)] if ended.is_promised else None
    action = action_service.open_action(
        uid=uid, title=ended.title, owner=owner.person, due_on=plant.today - timedelta(days=ended.days_ago - 30),
        site=plant.site, area=plant.areas[ended.area], origin=ended.origin, promised_to=promised, by=owner,
        at=plant.at(ended.days_ago),
    )  # fmt: skip
    if ended.end in ("done", "in_progress"):
        action_service.start(action, by=owner, at=plant.at(ended.days_ago - 1))
    if ended.end == "done":
        action_service.complete(action, outcome=ended.words, by=owner, at=plant.at(ended.days_ago - ended.after))
    elif ended.end == "declined":
        action_service.decline(action, reason=ended.words, by=owner, at=plant.at(ended.days_ago - ended.after))
    elif ended.end == "withdrawn":
        action_service.withdraw(action, reason=ended.words, by=owner, at=plant.at(ended.days_ago - ended.after))


def _photo(action: ImprovementAction, name: str, moment: str, caption: str, by: User, at: datetime) -> None:
    path = DATA / name
    with path.open("rb") as source:
        sent = Sent(source, name, path.stat().st_size)
        cycle_service.add_photo(action, sent, moment=moment, caption=caption, by=by, at=at)
