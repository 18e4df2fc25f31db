"""Rules that name a role of clause 5.3, and the question whether something happened, asked again."""

from datetime import timedelta

import pytest
from django.core import mail

from leadership.models import Role
from leadership.services import corroboration
from qms.models import OutboxMessage, Person, Reminder
from qms.services import record as record_service
from tests.factories import NOW, hiro, logged_activity, yusuf
from tests.leadership.test_role import offered
from tests.qms.reminders import MONDAY, due, mailed, person, rule, run

pytestmark = pytest.mark.django_db


def test_holder_of_a_role_is_told_and_the_deputy_when_the_holder_has_left() -> None:
    boss = yusuf()
    holder, deputy = person("Hanna Holder"), person("Dora Deputy")
    offered(holder, deputy=deputy, title="Calibration")
    rule(recipients=[f"role:{Role.objects.get().slug}"], before_days=[0, 1], after_days=[], kind="improvement_action")
    due(person("Paula Sato"), MONDAY.date() + timedelta(days=1), by=boss)
    run(MONDAY)
    Person.objects.filter(pk=holder.pk).update(deactivated_at=NOW)
    run(MONDAY + timedelta(days=1))
    assert mailed() == ["hanna.holder@plant.example", "dora.deputy@plant.example"]


def test_question_to_somebody_who_was_there_is_asked_again_with_a_fresh_link() -> None:
    boss = hiro()
    rule(slug="answers", kind="activity", event="answer_awaited", before_days=[], after_days=[5])
    walk = logged_activity(boss, title="Walked line 3")
    record_service.set_people(walk, "met", [(person("Paula Sato"), "")])
    chosen = walk.participants.filter(part="met").values_list("pk", flat=True)
    (invitation,) = corroboration.invite(walk, participant_ids=chosen, by=boss, at=NOW)
    OutboxMessage.objects.update(status="dropped", dropped_reason="not the letter this is about")
    later = NOW + timedelta(days=5)
    run(later)
    (letter,) = mail.outbox
    token = letter.body.split("/answer/")[1].split("/")[0]
    assert corroboration.by_token(token, at=later).pk == invitation.pk
    assert Reminder.objects.get().responsible.name == "Paula Sato"
