"""The digest: what must be done first, news and what is watched beside it, one tap to each, the checkpoint below."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from objectives.services import improvement_action
from qms.letters import Composed
from qms.models import Notification, OutboxMessage, Person, ReminderPreference, TrailEntry, User
from qms.services import digest, outbox, signed_link, trail_check, watch
from qms.services import reminder_preference as preference_service
from tests.factories import NOW, PersonFactory, SiteFactory, hiro, yusuf
from tests.qms.tellings import action_of, told

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def leader() -> User:
    user = yusuf()
    Person.objects.filter(pk=user.person_id).update(email=user.email)
    user.person.refresh_from_db()
    return user


def text_of(letter: Composed) -> str:
    """Both forms of the letter, one after the other."""
    words = {"organization_name": "Ridgeline"} | letter.context
    return render_to_string(f"{letter.template}.txt", words) + render_to_string(f"{letter.template}.html", words)


def test_letter_names_what_waits_and_opens_it_with_one_tap(leader: User) -> None:
    first = told(action_of(leader, due_on=TODAY - timedelta(days=1), title="Gauge <4>"), leader)
    second = told(action_of(leader, due_on=TODAY + timedelta(days=2), title="Guard"), leader)
    letter = digest.compose(leader.person, [second, first], NOW)
    assert letter.to == leader.email
    assert letter.subject == "2 things wait for you: Gauge <4> …"
    both = text_of(letter)
    address = letter.context["acts"][0].url
    assert signed_link.read(digest.GO, address.rstrip("/").rsplit("/", 1)[1]) == str(first.pk)
    assert both.count(address) == 2
    assert "Gauge &lt;4&gt;</a>" in both
    assert both.index("Gauge <4>") < both.index("Guard")
    assert both.count("Overdue.") == 2


def test_news_and_watched_come_along_unless_declined(leader: User) -> None:
    quality = hiro()
    seen = action_of(quality, due_on=TODAY, title="Watched thing")
    watch.follow(seen, by=leader, at=NOW - timedelta(days=2))
    improvement_action.start(seen, by=quality, at=NOW - timedelta(days=1))
    Notification.objects.create(user=leader, text="Your pack is ready", url="/evidence/packs/1/", at=NOW)
    Notification.objects.create(user=leader, text="Read already", at=NOW, read_at=NOW)
    reminder = told(action_of(leader, due_on=TODAY, title="Mine"), leader)
    both = text_of(digest.compose(leader.person, [reminder], NOW))
    assert both.count("Your pack is ready") == both.count("Watched thing") == 2
    assert "Read already" not in both
    ReminderPreference.objects.create(person=leader.person, unsubscribed=["news", "watched"])
    leader.person.refresh_from_db()
    both = text_of(digest.compose(leader.person, [reminder], NOW))
    assert "Your pack is ready" not in both
    assert "Watched thing" not in both


def test_somebody_without_a_log_in_gets_the_letter_without_confidential_titles(leader: User) -> None:
    helper = PersonFactory(name="Ana Pop", email="ana@plant.example", site=SiteFactory(code="DEN"))
    secret = action_of(leader, due_on=TODAY, title="Secret matter", is_confidential=True, person=helper)
    plain = action_of(leader, due_on=TODAY, title="Plain matter", person=helper)
    reminders = [told(action, leader, person=helper, responsible=helper) for action in (secret, plain)]
    both = text_of(digest.compose(helper, reminders, NOW))
    assert "Secret matter" not in both
    assert secret.reference in both
    assert "Plain matter" in both


def test_subject_names_something_confidential_by_its_reference_also_to_who_may_read_it(leader: User) -> None:
    secret = action_of(leader, due_on=TODAY, title="Secret matter", is_confidential=True)
    letter = digest.compose(leader.person, [told(secret, leader)], NOW)
    assert letter.subject == f"Waiting for you: {secret.reference}"
    assert "Secret matter" in text_of(letter)


def test_title_with_a_line_break_in_it_is_sent_in_one_line(leader: User) -> None:
    broken = action_of(leader, due_on=TODAY, title="Gauge\r\nBcc: x@plant.example")
    letter = digest.compose(leader.person, [told(broken, leader)], NOW)
    outbox.Postman().send(OutboxMessage(person=leader.person), letter)
    assert mail.outbox[0].subject == "Waiting for you: Gauge Bcc: x@plant.example"
    assert mail.outbox[0].recipients() == [leader.email]


def test_the_last_checkpoint_stands_in_the_footer(leader: User) -> None:
    reminder = told(action_of(leader, due_on=TODAY), leader)
    made = trail_check.checkpoint(at=NOW)
    assert made is not None
    assert text_of(digest.compose(leader.person, [reminder], NOW)).count(made.hash) == 2


def test_unsubscribing_by_link_asks_once_and_is_trailed(client: Client, leader: User) -> None:
    reminder = told(action_of(leader, due_on=TODAY), leader)
    both = text_of(digest.compose(leader.person, [reminder], NOW))
    (address,) = set(re.findall(r"https?://[^/]+(/unsubscribe/[^\s\"]+)", both))
    assert "Improvement actions" in client.get(address).content.decode()
    assert ReminderPreference.objects.count() == 0
    client.post(address)
    client.post(address)
    assert ReminderPreference.objects.get(person=leader.person).unsubscribed == ["improvement_action"]
    told_of = TrailEntry.objects.filter(chain=leader.person.trail_key, verb="person.unsubscribed")
    assert told_of.count() == 1
    assert client.get("/unsubscribe/forged/").status_code == 404


def test_preferences_are_kept_and_shown(client: Client, leader: User) -> None:
    client.force_login(leader)
    subjects = [slug for slug, _words in preference_service.subjects()]
    sent = {"rhythm": "daily", "weekday": "2", "at_time": "06:30", "wanted": [s for s in subjects if s != "news"]}
    assert client.post(reverse("qms:reminder-preference"), sent).url == reverse("qms:me")
    kept = ReminderPreference.objects.get(person=leader.person)
    assert (kept.rhythm, kept.weekday, f"{kept.at_time:%H:%M}", kept.unsubscribed) == ("daily", 2, "06:30", ["news"])
    assert "every working day at 06:30" in client.get(reverse("qms:me")).content.decode()
    bad = client.post(reverse("qms:reminder-preference"), sent | {"rhythm": "hourly"})
    assert bad.status_code == 200
    assert bad.context["form"].errors["rhythm"]
