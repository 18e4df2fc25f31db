"""People who were there answer once, without a log-in, and nobody learns a single answer."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from leadership.models import Activity, Answer, Invitation
from leadership.services import corroboration
from qms.models import RecordPerson, TrailEntry, User
from qms.services import person as person_service
from qms.services import record as record_service
from tests.factories import NOW, PersonFactory, UserFactory, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db(transaction=False)
LATER = NOW + timedelta(days=1)


def walk_with(boss: User, *names: str) -> Activity:
    walk = logged_activity(boss, title="Walked line 3")
    record_service.set_people(walk, "met", [(None, name) for name in names])
    return walk


def met(walk: Activity) -> list[int]:
    return list(walk.participants.filter(part=RecordPerson.Part.MET).order_by("position").values_list("pk", flat=True))


def invited(walk: Activity, boss: User) -> list[Invitation]:
    return corroboration.invite(walk, participant_ids=met(walk), by=boss, at=NOW)


def token_of(invitation: Invitation) -> str:
    return invitation.secret_link.rstrip("/").rsplit("/", 1)[1]


def give(invitation: Invitation, happened: str = "yes", **values: object) -> Answer:
    given = {"happened": happened, "point": "answered", "words": "", "is_anonymous": True, "at": LATER} | values
    return corroboration.answer(invitation, **given)  # type: ignore[arg-type]


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the public pages live a day after the invitations were made."""
    from leadership.views import corroboration as views

    monkeypatch.setattr(views.timezone, "now", lambda: LATER)


def test_answer_by_link_is_one_post_without_a_log_in(in_time: None) -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato")
    link = reverse("leadership:answer", args=[token_of(invited(walk, boss)[0])])
    page = Client().get(link).content.decode()
    assert "Walked line 3" in page
    assert "Hello Paula Sato" in page
    assert "WALK-DEN" not in page
    assert "<script src" in page
    assert re.search(r'<nav[^>]+aria-label="Main"', page) is None
    thanks = Client().post(link, {"happened": "yes"})
    assert "Thank you" in thanks.content.decode()
    kept = Answer.objects.get()
    assert (kept.happened, kept.point, kept.participant, kept.words) == (
        "yes", "none", walk.participants.get(part="met"), "",
    )  # fmt: skip


def test_answer_is_taken_once(in_time: None) -> None:
    boss = yusuf()
    invitation = invited(walk_with(boss, "Paula Sato"), boss)[0]
    link = reverse("leadership:answer", args=[token_of(invitation)])
    Client().post(link, {"happened": "yes"})
    again = Client().post(link, {"happened": "no"})
    assert again.status_code == 404
    assert Client().get(link).status_code == 404
    assert [a.happened for a in Answer.objects.all()] == ["yes"]
    with pytest.raises(corroboration.CannotAnswer):
        give(invitation)


def test_link_ends_after_fourteen_days_and_with_the_activity() -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato")
    token = token_of(invited(walk, boss)[0])
    assert corroboration.by_token(token, at=NOW + timedelta(days=13)).activity == walk
    with pytest.raises(corroboration.CannotAnswer):
        corroboration.by_token(token, at=NOW + timedelta(days=14))
    Activity.objects.filter(pk=walk.pk).update(status="withdrawn")
    with pytest.raises(corroboration.CannotAnswer):
        corroboration.by_token(token, at=LATER)


def test_code_of_a_confidential_activity_shows_nothing_and_the_link_still_works(in_time: None) -> None:
    boss, paula = yusuf(), PersonFactory(name="Paula Sato")
    person_service.set_pin(paula, by=boss, at=NOW, pin="739158")
    walk = logged_activity(boss, title="Secret matter", is_confidential=True)
    record_service.set_people(walk, "met", [(paula, "")])
    (invitation,) = invited(walk, boss)
    page = Client().get(reverse("leadership:answer-at", args=[walk.uid]))
    assert (page.status_code, b"Secret matter" in page.content) == (404, False)
    assert Client().get(invitation.secret_link.removeprefix("http://localhost:8000")).status_code == 200


def test_link_of_somebody_who_has_left_opens_nothing() -> None:
    boss, paula = yusuf(), PersonFactory(name="Paula Sato")
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(paula, ""), (None, "Ana Pop")])
    for_paula, for_ana = invited(walk, boss)
    assert corroboration.by_token(token_of(for_paula), at=LATER) == for_paula
    person_service.deactivate(paula, by=hiro(), at=LATER)
    with pytest.raises(corroboration.CannotAnswer):
        corroboration.by_token(token_of(for_paula), at=LATER)
    assert corroboration.by_token(token_of(for_ana), at=LATER) == for_ana


def test_only_a_hash_of_the_token_is_kept_and_asking_again_voids_the_old_link() -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato")
    first, second = token_of(invited(walk, boss)[0]), token_of(invited(walk, boss)[0])
    assert first not in str(Invitation.objects.values())
    with pytest.raises(corroboration.CannotAnswer):
        corroboration.by_token(first, at=LATER)
    assert corroboration.by_token(second, at=LATER).participant.name == "Paula Sato"


def test_who_has_an_address_gets_an_email_with_a_link_of_her_own(
    django_capture_on_commit_callbacks: object, in_time: None
) -> None:
    boss = yusuf()
    walk = logged_activity(boss, title="Walked line 3")
    record_service.set_people(walk, "met", [(PersonFactory(name="Paula Sato", email="paula@plant.example"), "")])
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        made = invited(walk, boss)
    assert (made[0].email, made[0].secret_link) == ("paula@plant.example", "")
    message = mail.outbox[0]
    assert message.to == ["paula@plant.example"]
    link = re.search(r"http://localhost:8000(/answer/\S+)", str(message.body))
    assert link
    assert Client().post(link[1], {"happened": "partly", "is_anonymous": "on"}).status_code == 200
    assert Answer.objects.get().happened == "partly"


def test_answer_at_the_code_needs_the_right_pin(in_time: None) -> None:
    boss = yusuf()
    paula = PersonFactory(name="Paula Sato")
    person_service.set_pin(paula, by=boss, at=NOW, pin="739158")
    walk = logged_activity(boss, title="Walked line 3")
    record_service.set_people(walk, "met", [(paula, ""), (None, "A visitor")])
    invitation = invited(walk, boss)[0]
    link = reverse("leadership:answer-at", args=[walk.uid])
    page = Client().get(link).content.decode()
    assert "Paula Sato" in page
    assert "A visitor" not in page
    wrong = Client().post(link, {"who": invitation.pk, "pin": "000000", "happened": "no", "words": "I typed this"})
    assert wrong.status_code == 422
    assert "I typed this" in wrong.content.decode()
    assert not Answer.objects.exists()
    Client().post(link, {"who": invitation.pk, "pin": "739158", "happened": "yes"})
    assert Answer.objects.get().happened == "yes"


def test_wrong_pins_close_the_door_even_for_the_right_one(in_time: None) -> None:
    boss = yusuf()
    paula = PersonFactory(name="Paula Sato")
    person_service.set_pin(paula, by=boss, at=NOW, pin="739158")
    walk = logged_activity(boss)
    record_service.set_people(walk, "met", [(paula, "")])
    invitation = invited(walk, boss)[0]
    for _try in range(5):
        with pytest.raises(corroboration.CannotAnswer):
            corroboration.check_pin(invitation, "000000")
    with pytest.raises(corroboration.CannotAnswer):
        corroboration.check_pin(invitation, "739158")
    Invitation.objects.update(failed_pins=corroboration.MAX_FAILED_PINS)
    assert corroboration.open_at(walk, at=LATER) == []


def test_code_of_an_activity_nobody_was_asked_about_shows_nothing(in_time: None) -> None:
    walk = walk_with(yusuf(), "Paula Sato")
    page = Client().get(reverse("leadership:answer-at", args=[walk.uid]))
    assert page.status_code == 404
    assert "Paula Sato" not in page.content.decode()
    assert "Walked" not in page.content.decode()


def test_public_pages_are_limited_per_address(monkeypatch: pytest.MonkeyPatch, in_time: None) -> None:
    from leadership.views import corroboration as views

    monkeypatch.setattr(views, "TRIES", 3)
    boss = yusuf()
    link = reverse("leadership:answer", args=[token_of(invited(walk_with(boss, "Paula"), boss)[0])])
    assert [Client().get(link).status_code for _try in range(4)] == [200, 200, 200, 404]


def test_anonymous_answer_leaves_no_thread_to_the_person() -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato", "Ben Ruiz")
    paula, _ben = invited(walk, boss)
    give(paula, "no", words="Not true")
    kept = Answer.objects.get()
    assert kept.participant is None
    paula.refresh_from_db()
    local = paula.answered_at.astimezone(walk.site.zone)  # type: ignore[union-attr]
    assert (local.hour, local.minute, local.second) == (0, 0, 0)
    entry = TrailEntry.objects.get(verb="activity.answered")
    assert (entry.by, entry.request_id, entry.at, entry.changes) == (None, "", paula.answered_at, "{}")


def test_fewer_than_five_answers_are_nowhere(in_time: None) -> None:
    boss = yusuf()
    walk = walk_with(boss, *"ABCDE")
    invitations = invited(walk, boss)
    for invitation in invitations[:4]:
        give(invitation, "no", words="It never happened", is_anonymous=False)
    assert corroboration.tally(Answer.objects.all(), with_words=True) is None
    for user in (boss, hiro()):
        client = as_user(user)
        pages = [
            client.get(reverse("leadership:activity-detail", args=[walk.pk])).content,
            client.get(reverse("leadership:activity-print", args=[walk.pk])).content,
            client.get(reverse("qms:record-version", args=[walk.uid, 1])).content,
            b"".join(client.get("/leadership/activities/export/").streaming_content),  # type: ignore[attr-defined]
        ]
        for page in pages:
            assert b"It never happened" not in page
            assert b"of 4" not in page
    trail = " ".join(TrailEntry.objects.filter(record=walk).values_list("changes", flat=True))
    assert "never" not in trail
    assert '"no"' not in trail


def test_answers_are_shown_in_whole_fives() -> None:
    boss = yusuf()
    walk = walk_with(boss, *"ABCDEFGHIJK")
    invitations = invited(walk, boss)
    for number, invitation in enumerate(invitations[:5]):
        give(invitation, "no" if number == 0 else "yes", words=f"word {number}", is_anonymous=number != 1)
    five = corroboration.tally(walk.answers.all(), with_words=True)
    assert five is not None
    assert (five.n, [number for _label, number in five.happened]) == (5, [4, 0, 1])
    assert five.words == [("word 0", ""), ("word 1", "B"), ("word 2", ""), ("word 3", ""), ("word 4", "")]
    for invitation in invitations[5:9]:
        give(invitation, "no")
        now = corroboration.tally(walk.answers.all(), with_words=True)
        assert now is not None
        assert replace(now, ways=five.ways) == five  # who came in which way goes on; what was said does not
    give(invitations[9], "no")
    ten = corroboration.tally(walk.answers.all())
    assert ten is not None
    assert (ten.n, [number for _label, number in ten.happened]) == (10, [4, 0, 6])


def test_asking_is_for_who_may_change_the_activity() -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato")
    address = reverse("leadership:activity-ask", args=[walk.pk])
    assert as_user(cast_member("Nia Okafor")).get(address).status_code == 403
    assert as_user(omar()).get(address).status_code == 404
    client = as_user(boss)
    refused = client.post(address, {})
    assert refused.context["form"].errors["people"]
    page = client.post(address, {"people": met(walk)})
    assert "/answer/" in page.content.decode()
    assert json.loads(TrailEntry.objects.get(verb="activity.invited").changes) == {"invited": ["Paula Sato"]}


def test_people_of_another_activity_cannot_be_asked() -> None:
    boss = yusuf()
    walk, other = walk_with(boss, "Paula Sato"), walk_with(boss, "Ben Ruiz")
    with pytest.raises(corroboration.CannotInvite):
        corroboration.invite(walk, participant_ids=met(other), by=boss, at=NOW)


def test_correcting_the_people_keeps_invitations_and_answers_of_those_who_stay() -> None:
    boss = yusuf()
    walk = walk_with(boss, "Paula Sato", "Ben Ruiz")
    paula, _ben = invited(walk, boss)
    give(paula, is_anonymous=False)
    record_service.set_people(walk, "met", [(None, "Newcomer"), (None, "Paula Sato")])
    assert Answer.objects.get().participant == walk.participants.get(name="Paula Sato")
    assert [i.participant.name for i in Invitation.objects.all()] == ["Paula Sato"]
    assert [p.name for p in walk.participants.filter(part="met").order_by("position")] == ["Newcomer", "Paula Sato"]


@pytest.mark.usefixtures("in_time")
def test_how_an_answer_came_in_stands_at_the_invitation_and_never_at_the_answer() -> None:
    boss = yusuf()
    people = [PersonFactory(name=name, email="") for name in ("Ana", "Ben", "Cora", "Dora", "Emil")]
    walk = walk_with(boss)
    record_service.set_people(walk, "met", [(person, "") for person in people])
    handed, by_pin, mailed, own, last = invited(walk, boss)
    assert handed.is_handed_over
    person_service.set_pin(people[1], pin="804615", by=boss, at=NOW)
    Invitation.objects.filter(pk=mailed.pk).update(is_handed_over=False)  # as for a person with an address
    values = {"happened": "yes", "point": "none", "words": "", "is_anonymous": "on"}
    Client().post(reverse("leadership:answer", args=[token_of(handed)]), values)
    at_code = reverse("leadership:answer-at", args=[walk.uid])
    Client().post(at_code, values | {"who": str(by_pin.pk), "pin": "804615"})
    Client().post(reverse("leadership:answer", args=[token_of(mailed)]), values)
    as_user(UserFactory(person=people[3])).post(reverse("leadership:answer-mine", args=[own.pk]), values)
    give(last)
    ways = [Invitation.objects.get(pk=one.pk).answered_through for one in (handed, by_pin, mailed, own, last)]
    assert ways == ["handed", "pin", "mail", "account", "handed"]
    page = as_user(boss).get(reverse("leadership:activity-detail", args=[walk.pk])).content.decode()
    assert "1 by a link mailed to them, 2 by a link the leader handed over, 1 at the QR code with their PIN" in page
