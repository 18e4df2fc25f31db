"""Questions to a communication: asked on the spot, by log-in or by link, and answered by who spoke or somebody else."""

from __future__ import annotations

import uuid as uuids
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from leadership.models import Communication, CommunicationQuestion
from objectives.services.improvement_notice import log_in_of
from qms.models import Person, Phase, User, site_today
from qms.permissions import Permission
from qms.services import job
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import said

Way = CommunicationQuestion.Way
MOST_QUESTIONS = 200
MAY_ASK = Permission.PERSON_VIEW
"""Whoever belongs to the plant may ask with the own log-in; an auditor from outside reads and changes nothing."""


class CannotAsk(Exception):
    """Nobody can ask here, or not any more; the message says why."""


@transaction.atomic
def ask(
    communication: Communication, *, text: str, by: User | None, at: datetime, person: Person | None = None,
    asker: str = "", asked_on: date | None = None, way: str = Way.SPOT,
) -> CommunicationQuestion:  # fmt: skip
    """Keep a question of ``person``, of somebody by a free name, or, with neither, without a name.

    ``by`` is None for who asks by link; then the trail names nobody. Side effects: the question, a version, a trail
    entry, a notice to who spoke. Raises ReasonMissing (no words), CannotChange (not given, or too many),
    ValidationError.
    """
    words = said(text, field="text")
    current = record_service.lock(communication)
    if current.status != Communication.Status.GIVEN:
        raise CannotChange(_("People ask once it was said. Write down first when it was given."))
    if current.questions.count() >= MOST_QUESTIONS:
        raise CannotChange(_("There are too many questions here already. Answer them together."))
    today = site_today(current.site, at)
    asked = CommunicationQuestion(
        communication=current, text=words, asked_by=person, asker="" if person else " ".join(asker.split()),
        asked_on=asked_on or today, way=way, entered_by=by, entered_at=at,
    )  # fmt: skip
    if asked.asked_on > today:
        raise ValidationError({"asked_on": _("This day lies ahead.")})
    record_service.validate(asked)
    asked.save(force_insert=True)
    record_service.seal(current, "communication.asked", by=by, at=at)
    _tell_speaker(current, words, but=by, at=at)
    return asked


def ask_by_link(uid: uuids.UUID, *, text: str, asker: str, at: datetime) -> CommunicationQuestion:
    """The same for anybody who has the link or code, with or without a name. Raises CannotAsk, ReasonMissing."""
    return ask(open_to_ask(uid, at=at), text=text, asker=asker, by=None, at=at, way=Way.LINK)


def open_to_ask(uid: uuids.UUID, *, at: datetime) -> Communication:
    """The communication people may ask about by link. Raises CannotAsk for every other, without telling which."""
    rows = Communication.objects.filter(status=Communication.Status.GIVEN, questions_until_on__isnull=False)
    found: Communication | None = rows.select_related("site", "owner", "area").filter(uid=uid).first()
    if found is None or found.questions_until_on is None or found.questions_until_on < site_today(found.site, at):
        raise CannotAsk(_("Nobody can ask here any more. Ask the person who spoke."))
    return found


@transaction.atomic
def answer(
    question: CommunicationQuestion, *, text: str, by: User, at: datetime, answered_by: Person | None = None,
    answered_on: date | None = None,
) -> CommunicationQuestion:  # fmt: skip
    """Answer a question, once; ``answered_by`` where the user writes down what somebody else said.

    Side effects: the question's row, a version, a trail entry, a notice to an asker who logs in. Raises ReasonMissing,
    CannotChange (answered already), ValidationError by field.
    """
    words = said(text, field="text")
    current = record_service.lock(question.communication)
    row = CommunicationQuestion.objects.select_related("asked_by").get(pk=question.pk)
    if row.answer:
        raise CannotChange(_("This question is answered already."))
    today = site_today(current.site, at)
    day = answered_on or today
    if not row.asked_on <= day <= today:
        raise ValidationError({"answered_on": _("Choose a day from when it was asked until today.")})
    row.answer, row.answered_by, row.answered_on = words, answered_by or by.person, day
    row.save(update_fields=["answer", "answered_by", "answered_on"])
    record_service.seal(current, "communication.answered", by=by, at=at)
    user = log_in_of(row.asked_by, at=at) if row.asked_by else None
    if user is not None and user != by:
        job.notify(user, _("Your question is answered: %s") % row.text[:120], at=at, url=_page(current))
    return row


def open_questions() -> QuerySet[CommunicationQuestion]:
    """Questions without an answer: waiting on ``communication__owner`` since ``asked_on``."""
    return CommunicationQuestion.objects.filter(answer="").exclude(communication__phase=Phase.WITHDRAWN)


def open_to(user: User) -> QuerySet[CommunicationQuestion]:
    """Open questions to communications the user may see, the oldest first."""
    seen = Communication.objects.visible_to(user).values("pk")
    rows = open_questions().filter(communication__in=seen)
    return rows.select_related("communication__owner", "communication__site", "asked_by").order_by("asked_on", "pk")


def waiting_for(user: User) -> QuerySet[CommunicationQuestion]:
    """Open questions that the user is to answer, as who spoke; the oldest first."""
    return open_questions().filter(Q(communication__owner_id=user.person_id)).order_by("asked_on", "pk")


def _tell_speaker(communication: Communication, words: str, *, but: User | None, at: datetime) -> None:
    user = log_in_of(communication.owner, at=at)
    if user is not None and user != but:
        job.notify(user, _("You are asked: %s") % words[:120], at=at, url=_page(communication))


def _page(communication: Communication) -> str:
    return reverse("leadership:communication-detail", args=[communication.pk])
