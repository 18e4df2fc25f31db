"""Thanks: given once, seen by whom they may be seen, on the wall only as those thanked like it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadership.models import Recognition, RecognitionValue, WallWish
from leadership.services import activity_type, recognition, recognition_value, recognition_wall
from objectives.services import improvement_action
from qms.models import Notification, Organization, Person, Site, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services.record import CannotChange, EventInFuture, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import (
    NOW,
    TODAY,
    AreaFactory,
    PersonFactory,
    SiteFactory,
    cast_member,
    hiro,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def value() -> RecognitionValue:
    recognition_value.load_defaults(by=None, at=NOW)
    return RecognitionValue.objects.get(slug="speaking-up")


def thank(by: User, *people: Person, at: Any = NOW, **facts: Any) -> Recognition:
    fields: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Stopped the line when the bore ran out of true",
        "recipients": [(person, "") for person in people], "site": by.person.site,
        "value": RecognitionValue.objects.order_by("pk").first(),
    }  # fmt: skip
    return recognition.give(**(fields | facts), by=by, at=at)


def paula() -> Person:
    return PersonFactory(name="Paula Sato")


def test_thanks_hold_who_did_what_and_tell_who_logs_in(value: RecognitionValue) -> None:
    leader, uma, worker = yusuf(), cast_member("Uma Jensen", AccessProfile.EMPLOYEE), paula()
    thanks = thank(leader, worker, uma.person, value=value)
    assert [(p.name, p.part) for p in thanks.people()] == [
        ("Yusuf Chen", "leader"), ("Paula Sato", "thanked"), ("Uma Jensen", "thanked"),
    ]  # fmt: skip
    assert thanks.reference == "RECOG-DEN-2026-0001"
    assert [(n.user, n.text) for n in Notification.objects.all()] == [
        (uma, "Yusuf Chen thanks you: Stopped the line when the bore ran out of true")
    ]
    assert TrailEntry.objects.get(record_id=thanks.pk).verb == "recognition.given"


def test_the_same_tap_twice_is_one_thanks(value: RecognitionValue) -> None:
    leader, uid = yusuf(), uuid.uuid4()
    assert thank(leader, paula(), uid=uid).pk == thank(leader, uid=uid, recipients=[(None, "Somebody")]).pk
    assert Recognition.objects.count() == 1


def test_a_whole_area_is_thanked_by_its_name(value: RecognitionValue) -> None:
    thanks = thank(yusuf(), area=AreaFactory())
    assert [p.name for p in thanks.people() if p.part == "thanked"] == ["CNC line 3"]


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"recipients": []}, "recipients"),
        ({"title": "  "}, "title"),
        ({"value": None}, "value"),
        ({"occurred_on": TODAY + timedelta(days=1)}, "occurred_on"),
        ({"recipients": [(None, f"N{n}") for n in range(41)]}, "recipients"),
    ],
)
def test_thanks_without_name_deed_or_meaning_are_refused(
    value: RecognitionValue, facts: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        thank(yusuf(), paula(), **facts)
    assert list(refused.value.message_dict) == [field]
    assert not Recognition.objects.exists()


def test_the_future_is_refused_by_its_own_name(value: RecognitionValue) -> None:
    with pytest.raises(EventInFuture):
        thank(yusuf(), paula(), occurred_on=TODAY + timedelta(days=1))


def test_the_database_wants_a_value_or_a_commitment(value: RecognitionValue) -> None:
    thanks = thank(yusuf(), paula())
    with pytest.raises(IntegrityError), transaction.atomic():
        Recognition.objects.filter(pk=thanks.pk).update(value=None)


def test_private_thanks_are_seen_by_giver_those_thanked_and_the_quality_manager(value: RecognitionValue) -> None:
    leader, uma, eve = yusuf(), *(cast_member(name, AccessProfile.EMPLOYEE) for name in ("Uma Jensen", "Eve Novak"))
    thank(leader, uma.person, is_confidential=True)
    seen = {
        user.person.name: Recognition.objects.visible_to(user).count() for user in (leader, uma, hiro(), eve, omar())
    }
    assert seen == {"Yusuf Chen": 1, "Uma Jensen": 1, "Hiro Weber": 1, "Eve Novak": 0, "Omar Outsider": 0}
    assert not Recognition.objects.on_the_wall().exists()


def test_wall_and_screen_follow_what_those_thanked_say(value: RecognitionValue) -> None:
    leader, uma = yusuf(), cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    thanks = thank(leader, uma.person, paula())
    there = lambda: (  # noqa: E731  asked four times
        Recognition.objects.on_the_wall().count(), Recognition.objects.on_screens().count()
    )  # fmt: skip
    assert there() == (1, 0)
    recognition.answer(thanks, wish="refused", by=uma, at=NOW)
    assert there() == (0, 0)
    recognition.answer(thanks, wish="agreed", by=uma, at=NOW)
    assert there() == (1, 0)  # Paula has not been asked
    WallWish.objects.filter(participant__name="Paula Sato").update(wish="agreed")
    recognition.answer(thanks, wish="agreed", by=uma, at=NOW)
    assert there() == (1, 1)
    assert [entry.verb for entry in TrailEntry.objects.filter(record_id=thanks.pk).order_by("seq")] == [
        "recognition.given", "recognition.refused", "recognition.agreed", "recognition.agreed",
    ]  # fmt: skip


def test_only_who_was_thanked_answers(value: RecognitionValue) -> None:
    leader, uma = yusuf(), cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    thanks = thank(leader, uma.person)
    for user, wish in ((leader, "refused"), (uma, "asked")):
        with pytest.raises(recognition.CannotAnswer):
            recognition.answer(thanks, wish=wish, by=user, at=NOW)
    assert WallWish.objects.get().wish == "asked"


def test_new_words_ask_anew_and_a_refusal_stands(value: RecognitionValue) -> None:
    leader, uma, eve = yusuf(), *(cast_member(name, AccessProfile.EMPLOYEE) for name in ("Uma Jensen", "Eve Novak"))
    thanks = thank(leader, uma.person, eve.person, is_agreed=True)
    recognition.answer(thanks, wish="refused", by=eve, at=NOW)
    changed = recognition.change(thanks, version=2, reason="Wrong line", title="Stopped line 2", by=leader, at=NOW)
    wishes = dict(WallWish.objects.values_list("participant__name", "wish"))
    assert (wishes, changed.wall) == ({"Uma Jensen": "asked", "Eve Novak": "refused"}, "refused")
    again = recognition.change(thanks, version=3, reason="No area", area=None, by=leader, at=NOW)
    assert again.version == 4
    assert Notification.objects.filter(user=uma).count() == 2  # the thanks, and the new words


def test_changing_a_stale_version_or_without_a_reason_changes_nothing(value: RecognitionValue) -> None:
    leader = yusuf()
    thanks = thank(leader, paula())
    recognition.change(thanks, version=1, reason="Typo", title="Stopped line 3", by=leader, at=NOW)
    with pytest.raises(StaleRecord):
        recognition.change(thanks, version=1, reason="Typo", title="Stopped line 4", by=leader, at=NOW)
    with pytest.raises(ReasonMissing):
        recognition.change(thanks, version=2, reason=" ", title="Stopped line 4", by=leader, at=NOW)
    assert Recognition.objects.get().title == "Stopped line 3"


def test_thanks_taken_back_leave_the_wall_and_cannot_be_changed(value: RecognitionValue) -> None:
    leader = yusuf()
    thanks = thank(leader, paula(), is_agreed=True)
    recognition.withdraw(thanks, reason="It was Pavel", by=leader, at=NOW)
    assert Recognition.objects.get().phase == "withdrawn"
    assert not Recognition.objects.on_the_wall().exists()
    with pytest.raises(CannotChange):
        recognition.change(thanks, version=2, reason="Typo", title="Stopped line 4", by=leader, at=NOW)


# --- reach and rhythm -------------------------------------------------------------------------------------------------


def test_reach_counts_people_once_and_teams_never(value: RecognitionValue) -> None:
    leader, worker, left = yusuf(), paula(), PersonFactory(name="Pavel Gone")
    thank(leader, worker, left, recipients=[(worker, ""), (left, ""), (None, "Night shift")])
    thank(leader, worker, is_confidential=True)
    thank(leader, PersonFactory(name="Long Ago"), occurred_on=TODAY - timedelta(days=30), at=NOW)
    visitor = PersonFactory(name="Vera Lyon", site=SiteFactory(code="LYO"))
    thank(leader, visitor)
    Person.objects.filter(pk=left.pk).update(deactivated_at=NOW)
    here = recognition_wall.reach([Site.objects.get(code="DEN")], on=TODAY)
    assert here == recognition_wall.Reach(people=1, headcount=3, given=3)  # Yusuf, Paula and “Long Ago” work here
    assert here.percent == 33


def test_rhythm_has_every_week_also_the_empty_ones(value: RecognitionValue) -> None:
    leader, worker = yusuf(), paula()
    for days in (0, 1, 7, 21, 200):
        thank(leader, worker, occurred_on=TODAY - timedelta(days=days))
    weeks = recognition_wall.rhythm([SiteFactory()], on=TODAY)
    assert [n for _week, n in weeks] == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 2]
    assert weeks[-1][0] == TODAY - timedelta(days=TODAY.weekday())


# --- pages ------------------------------------------------------------------------------------------------------------


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sent(value: RecognitionValue, **more: Any) -> dict[str, Any]:
    return {"uid": str(uuid.uuid4()), "title": "Found the crack", "value": value.pk} | more


def test_thank_page_sends_one_thanks_with_what_it_is_about(value: RecognitionValue) -> None:
    leader, uma = yusuf(), cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    action = improvement_action.open_action(
        uid=uuid.uuid4(), title="Poka-yoke at station 2", owner=uma.person, due_on=None, site=leader.person.site,
        area=AreaFactory(), by=leader, at=NOW,
    )  # fmt: skip
    address = reverse("leadership:recognition-new") + f"?about={action.uid}"
    page = client_of(leader).get(address).content.decode()
    assert f"Uma Jensen [{uma.person.uid}]" in page
    assert "Poka-yoke at station 2" in page
    lines = f"Uma Jensen [{uma.person.uid}]\nNight shift"
    answer = client_of(leader).post(address, sent(value, recipients=lines, about=str(action.uid)))
    thanks = Recognition.objects.get()
    assert answer.headers["Location"] == reverse("leadership:recognition-detail", args=[thanks.pk])
    assert (thanks.about_id, thanks.site, thanks.wall) == (action.pk, action.site, "asked")
    assert [(p.person, p.name) for p in thanks.people() if p.part == "thanked"] == [
        (uma.person, "Uma Jensen"), (None, "Night shift"),
    ]  # fmt: skip


def test_a_person_to_thank_comes_filled_in_only_if_one_may_see_them(value: RecognitionValue) -> None:
    leader, stranger = yusuf(), PersonFactory(name="Vera Lyon", site=SiteFactory(code="LYO"))
    worker = paula()
    address = reverse("leadership:recognition-new") + f"?to={worker.uid}&to={stranger.uid}&to=nonsense"
    page = client_of(leader).get(address).content.decode()
    assert f"Paula Sato [{worker.uid}]" in page
    assert "Vera Lyon" not in page


def test_employees_thank_where_the_organization_allows_it(value: RecognitionValue) -> None:
    uma = cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    guest = cast_member("Ingrid Solberg", AccessProfile.GUEST_AUDITOR)
    address = reverse("leadership:recognition-new")
    Organization.objects.create(pk=1, name="Ridgeline")
    assert client_of(uma).get(address).status_code == 403
    Organization.objects.update(has_open_thanks=True)
    assert client_of(uma).get(address).status_code == 200
    assert client_of(guest).get(address).status_code == 403
    assert 'href="/leadership/recognition/new/"' in client_of(uma).get("/").content.decode()
    assert 'href="/leadership/recognition/new/"' not in client_of(guest).get("/").content.decode()


def test_the_last_value_is_chosen_already(value: RecognitionValue) -> None:
    leader = yusuf()
    thank(leader, paula(), value=value)
    page = client_of(leader).get(reverse("leadership:recognition-new")).content.decode()
    assert page.count(" checked") == 1
    assert f'value="{value.pk}"' in page.partition(" checked")[0].rpartition("<input")[2]


def test_the_log_tile_leads_to_the_thank_page(value: RecognitionValue) -> None:
    activity_type.load_defaults(by=None, at=NOW)
    page = client_of(yusuf()).get(reverse("leadership:log")).content.decode()
    assert '<a class="tile" href="/leadership/recognition/new/">' in page
    assert 'value="recognition"' not in page
    assert 'value="floor-walk"' in page


def test_who_was_thanked_says_so_on_the_page(value: RecognitionValue) -> None:
    leader, uma = yusuf(), cast_member("Uma Jensen", AccessProfile.EMPLOYEE)
    thanks = thank(leader, uma.person, is_agreed=True)
    page = reverse("leadership:recognition-detail", args=[thanks.pk])
    assert "Rather not on the wall" in client_of(uma).get(page).content.decode()
    assert "Rather not on the wall</button>" not in client_of(leader).get(page).content.decode()
    client_of(uma).post(reverse("leadership:recognition-answer", args=[thanks.pk]), {"wish": "refused"})
    assert Recognition.objects.get().wall == "refused"
    assert "Stopped the line" not in client_of(leader).get(reverse("leadership:recognition-wall")).content.decode()


# --- screens ----------------------------------------------------------------------------------------------------------


def test_a_screen_shows_what_was_agreed_and_no_name_of_a_log_in(value: RecognitionValue) -> None:
    leader = yusuf()
    thank(leader, paula(), is_agreed=True)
    thank(leader, PersonFactory(name="Nobody Asked"), title="Not agreed yet")
    thank(leader, PersonFactory(name="Old Thanks"), is_agreed=True, occurred_on=TODAY - timedelta(days=120))
    elsewhere = SiteFactory(code="LYO")
    thank(leader, PersonFactory(name="Vera Lyon"), site=elsewhere, is_agreed=True)
    screen = recognition_wall.make_screen(site=leader.person.site, name="Canteen", by=leader, at=NOW)
    shown = recognition_wall.for_screen(screen, on=TODAY)
    assert [[p.name for p in row.thanked] for row in shown] == [["Paula Sato"]]


def test_the_page_of_a_screen_names_neither_giver_nor_any_log_in(value: RecognitionValue) -> None:
    leader, now = yusuf(), timezone.now()
    thank(leader, PersonFactory(name="Paula <b>Sato"), is_agreed=True, at=now)
    screen = recognition_wall.make_screen(site=leader.person.site, name="Canteen", by=leader, at=now)
    text = Client().get("/" + screen.secret.split("/", 3)[3]).content.decode()
    assert "Paula &lt;b&gt;Sato" in text
    assert not [word for word in ("Yusuf", leader.email, "/leadership/", "csrf") if word in text]


def test_a_screen_is_opened_by_its_address_alone_and_ends_when_revoked(value: RecognitionValue) -> None:
    leader = hiro()
    answer = client_of(leader).post(
        reverse("leadership:wall-screens"), {"site": leader.person.site_id, "name": "Canteen"}
    )
    path = "/" + answer.context["made"].secret.split("/", 3)[3]
    assert Client().get(path).status_code == 200
    assert Client().get("/screen/guessed-guessed-guessed/").status_code == 404
    screen = answer.context["screens"][0]
    assert screen.digest not in answer.content.decode()
    client_of(leader).post(reverse("leadership:wall-screen-revoke", args=[screen.pk]))
    assert Client().get(path).status_code == 404
    verbs = TrailEntry.objects.filter(chain=f"site:{screen.site_id}").order_by("seq").values_list("verb", flat=True)
    assert list(verbs) == ["site.screen_made", "site.screen_revoked"]


def test_screens_of_other_sites_are_not_there(value: RecognitionValue) -> None:
    screen = recognition_wall.make_screen(site=SiteFactory(), name="Canteen", by=hiro(), at=NOW)
    assert client_of(omar()).post(reverse("leadership:wall-screen-revoke", args=[screen.pk])).status_code == 404


def test_the_page_names_whom_it_thanks(value: RecognitionValue) -> None:
    leader = yusuf()
    thanks = thank(leader, paula(), recipients=[(paula(), ""), (None, "Night shift")])
    for page in ("detail", "print", "card"):
        text = client_of(leader).get(reverse(f"leadership:recognition-{page}", args=[thanks.pk])).content.decode()
        assert text.count("Paula Sato"), page
        assert text.count("Night shift"), page
