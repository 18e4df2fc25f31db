"""The Log page: what it offers, what it sends, and what it refuses in words."""

import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from leadership.models import Activity
from objectives.models import ImprovementAction
from qms.permissions import AccessProfile
from tests.factories import (
    ActivityTypeFactory,
    AreaFactory,
    ClauseFactory,
    MappingFactory,
    PersonFactory,
    SiteFactory,
    cast_member,
    logged_activity,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db
LOG = "/log/"
ROWS = {
    "stops-TOTAL_FORMS": "1", "stops-INITIAL_FORMS": "1",
    "follow_ups-TOTAL_FORMS": "1", "follow_ups-INITIAL_FORMS": "0",
}  # fmt: skip


@pytest.fixture
def manager(client: Any) -> Any:
    user = yusuf()
    client.force_login(user)
    ActivityTypeFactory()
    return user


def entry(**values: Any) -> dict[str, Any]:
    return ROWS | {"uid": str(uuid.uuid4()), "activity_type": "floor-walk", "title": "Asked about the gauge"} | values


def send(client: Any, **values: Any) -> Any:
    return client.post(LOG, entry(**values), headers={"accept": "application/json"})


def photo(name: str = "a.jpg", color: str = "red") -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", (40, 30), color).save(target, "JPEG")
    return SimpleUploadedFile(name, target.getvalue(), "image/jpeg")


def messages_of(answer: Any) -> dict[str, str]:
    return {row["field"]: row["message"] for row in answer.json()["errors"]}


def test_page_offers_the_usual_kinds_first(client: Any, manager: Any):
    for number in range(7):
        ActivityTypeFactory(slug=f"kind-{number}", label=f"Kind {number}", prefix="KIND", position=number)
    logged_activity(manager, activity_type=ActivityTypeFactory(slug="kind-5"), at=timezone.now())
    tiles = client.get(LOG).context["form"].tiles
    assert [kind.slug for kind in tiles] == [
        "kind-5", "kind-0", "kind-1", "kind-2", "kind-3", "kind-4", "kind-6", "floor-walk",
    ]  # fmt: skip


def test_page_hides_retired_kinds_and_other_sites(client: Any, manager: Any):
    ActivityTypeFactory(slug="old", label="Old kind", prefix="OLD", is_active=False)
    AreaFactory(name="Lyon hall", site=SiteFactory(code="LYO"))
    AreaFactory(name="Denver hall")
    AreaFactory(name="Closed hall", is_active=False)
    page = client.get(LOG).content.decode()
    assert "Denver hall" in page
    assert not [word for word in ("Old kind", "Lyon hall", "Closed hall") if word in page]


def test_area_comes_from_the_code_then_the_last_one_then_the_persons(client: Any, manager: Any):
    scanned, last, own = AreaFactory(name="Scanned"), AreaFactory(name="Last"), AreaFactory(name="Own")
    elsewhere = AreaFactory(name="Lyon hall", site=SiteFactory(code="LYO"))

    def offered(query: str = "") -> Any:
        return client.get(LOG + query).context["form"]["area"].value()

    assert offered() == ""
    manager.person.area = own
    manager.person.save()
    assert offered() == str(own.pk)
    logged_activity(manager, area=last)
    logged_activity(manager, area=None)
    assert offered() == str(last.pk)
    assert offered(f"?area={scanned.pk}") == str(scanned.pk)
    assert offered(f"?area={elsewhere.pk}") == str(last.pk)


def test_page_asks_the_same_few_queries_for_many_areas(client: Any, manager: Any, django_assert_max_num_queries: Any):
    for number in range(5):
        AreaFactory(name=f"Line {number}")
    with django_assert_max_num_queries(12):
        client.get(LOG)


def test_form_without_javascript_logs_with_photos_and_thanks(client: Any, manager: Any):
    area = AreaFactory()
    values = entry(photos=[photo(), photo("b.jpg", "blue")], area=area.pk, people_met="Night shift\nAna")
    answer = client.post(LOG, values, follow=True)
    activity = Activity.objects.get()
    assert answer.redirect_chain == [(reverse("leadership:log-done", args=[activity.uid]), 302)]
    assert activity.attachments.count() == 2
    assert [p.name for p in activity.people()] == ["Yusuf Chen", "Night shift", "Ana"]
    assert (activity.area, activity.site) == (area, manager.person.site)


def test_photo_that_is_refused_is_named_and_the_rest_is_kept(client: Any, manager: Any):
    bad = SimpleUploadedFile("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml")
    answer = client.post(LOG, entry(photos=[bad, photo()]), follow=True)
    assert Activity.objects.get().attachments.count() == 1
    assert "drawing.svg: SVG and web pages are not taken" in answer.content.decode()


def test_sending_twice_makes_one_and_says_so(client: Any, manager: Any):
    values = entry()
    client.post(LOG, values)
    again = client.post(LOG, values, follow=True)
    assert Activity.objects.count() == 1
    assert "logged already" in again.content.decode()


def test_queue_gets_json_with_reference_and_address(client: Any, manager: Any):
    values = entry(logged_by=str(manager.uid))
    first = client.post(LOG, values, headers={"accept": "application/json"})
    second = client.post(LOG, values, headers={"accept": "application/json"})
    activity = Activity.objects.get()
    expected = {"uid": str(activity.uid), "reference": activity.reference, "url": f"/log/{activity.uid}/"}
    assert [(a.status_code, a.json()) for a in (first, second)] == [(201, expected), (201, expected)]


def test_stops_and_follow_ups_are_kept(client: Any, manager: Any):
    area, paula = AreaFactory(), PersonFactory(name="Paula Sato")
    send(client, title="", **{
        "stops-TOTAL_FORMS": "3", "stops-0-area": area.pk, "stops-0-seen": "Gauge", "stops-1-area": area.pk,
        "stops-2-promised": "New gauge", "follow_ups-0-title": "Order it", "follow_ups-0-due_on": "2099-01-01",
        "follow_ups-0-owner": f"Paula Sato [{paula.uid}]", "follow_ups-0-promised_to": "Paula Sato",
    })  # fmt: skip
    activity = Activity.objects.get()
    assert [(s.area, s.seen, s.promised) for s in activity.stops.order_by("position")] == [
        (area, "Gauge", ""), (None, "", "New gauge"),
    ]  # fmt: skip
    action = ImprovementAction.objects.get()
    assert (action.title, action.owner, action.promised_to) == ("Order it", paula, paula)


def test_moment_without_offset_is_the_sites(client: Any, manager: Any):
    yesterday = (timezone.now() - timedelta(hours=20)).astimezone(manager.person.site.zone)
    send(client, happened_at=yesterday.strftime("%Y-%m-%dT%H:%M"))
    assert Activity.objects.get().happened_at == yesterday.replace(second=0, microsecond=0)


def test_moment_with_offset_is_taken_as_it_is(client: Any, manager: Any):
    moment = timezone.now().replace(microsecond=0) - timedelta(hours=3)
    send(client, happened_at=moment.isoformat().replace("+00:00", ".000Z"))
    assert Activity.objects.get().happened_at == moment


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"title": ""}, "title", "Write one sentence: what happened?"),
        ({"activity_type": ""}, "activity_type", "Choose what kind of activity it was."),
        ({"activity_type": "nothing"}, "activity_type", "This kind is no longer in use. Choose another."),
        ({"happened_at": "2020-01-01T10:00"}, "late_reason", "This happened more than 24 hours ago. Say in a few words "
         "why it is entered only now; late is welcome."),
        ({"happened_at": "2099-01-01T10:00"}, "happened_at", "This time is in the future. Log what has happened; "
         "correct the time."),
        ({"happened_at": "yesterday"}, "happened_at", "This is not a date and time. Choose both, or leave it empty for "
         "now."),
        ({"duration_minutes": "0"}, "duration_minutes", "Ensure this value is greater than or equal to 1."),
        ({"people_met": "x" * 161}, "people_met", f"“{'x' * 40}…” is too long for a name."),
        ({"follow_ups-0-due_on": "2099-01-01"}, "follow_ups-0-title", "Say what is to be done, or empty the line."),
        ({"follow_ups-0-title": "x", "follow_ups-0-owner": "Nobody"}, "follow_ups-0-owner",
         "Choose somebody from the list; “Nobody” is not in it."),
        ({"follow_ups-0-title": "x", "follow_ups-0-due_on": "2000-01-01"}, "",
         "A follow-up cannot be due before the activity happened."),
        ({"stops-0-seen": "x" * 601}, "stops-0-seen", "Ensure this value has at most 600 characters (it has 601)."),
        ({"area": "99999"}, "area", "This area can no longer be chosen. Choose another."),
    ],
)  # fmt: skip
def test_bad_input_is_refused_at_its_field_and_nothing_is_kept(
    client: Any, manager: Any, values: dict[str, str], field: str, words: str
):
    answer = send(client, **values)
    assert (answer.status_code, messages_of(answer)) == (422, {field: words})
    page = client.post(LOG, entry(**({"notes": "What I typed"} | values)))
    assert page.status_code == 422
    assert "What I typed" in page.content.decode()
    assert Activity.objects.count() == 0


def test_area_and_people_of_another_site_cannot_be_sent(client: Any, manager: Any):
    stranger = PersonFactory(name="Stranger", site=SiteFactory(code="LYO"))
    hall = AreaFactory(site=SiteFactory(code="LYO"))
    answer = send(client, area=hall.pk, people_met=f"Stranger [{stranger.uid}]")
    assert set(messages_of(answer)) == {"area", "people_met"}
    send(client, people_met="Stranger")
    assert Activity.objects.get().participants.get(part="met").person is None


def test_name_of_exactly_one_visible_person_is_that_person(client: Any, manager: Any):
    paula = PersonFactory(name="Paula Sató")
    PersonFactory(name="Kim Lee")
    PersonFactory(name="Kim Lee")
    send(client, people_met="paula sato\nKim Lee")
    met = Activity.objects.get().participants.filter(part="met").order_by("position")
    assert [(row.person, row.name) for row in met] == [(paula, "Paula Sató"), (None, "Kim Lee")]


def test_entry_written_by_another_account_is_refused(client: Any, manager: Any):
    answer = send(client, logged_by=str(omar().uid))
    assert messages_of(answer) == {
        "logged_by": "This was written by another account. Log in with that account to send it."
    }


def test_uid_of_somebody_elses_record_is_refused(client: Any, manager: Any):
    theirs = logged_activity(omar())
    answer = send(client, uid=str(theirs.uid))
    assert answer.status_code == 422
    assert "already in use" in answer.json()["errors"][0]["message"]


def test_confirmation_shows_reference_and_clauses(client: Any, manager: Any):
    MappingFactory(clause=ClauseFactory(number="5.1.1", letter="g", title="People are supported"))
    answer = client.post(LOG, entry(), follow=True)
    page = answer.content.decode()
    assert Activity.objects.get().reference in page
    assert "5.1.1 g)" in page
    assert "People are supported" in page


def test_confirmation_is_not_for_other_sites(client: Any, manager: Any):
    theirs = logged_activity(omar())
    assert client.get(f"/log/{theirs.uid}/").status_code == 404


def test_people_are_found_by_any_word_without_accents_ten_at_most(client: Any, manager: Any):
    PersonFactory(name="José Álvarez", job_title="Welder")
    PersonFactory(name="Jose Lyon", site=SiteFactory(code="LYO"))
    for _number in range(12):
        PersonFactory()
    assert client.get("/log/people/?q=alvarez jos").json()["people"][0]["name"] == "José Álvarez"
    assert len(client.get("/log/people/?q=person").json()["people"]) == 10
    everybody = [row["name"] for row in client.get("/log/people/").json()["people"]]
    assert len(everybody) == 14
    assert "Jose Lyon" not in everybody


def test_session_tells_who_is_logged_in(client: Any, manager: Any):
    answer = client.get("/log/session/")
    assert answer.json()["user"] == str(manager.uid)
    client.logout()
    assert client.get("/log/session/").status_code == 302


@pytest.mark.parametrize("profile", [AccessProfile.EMPLOYEE, AccessProfile.GUEST_AUDITOR, AccessProfile.ADMINISTRATOR])
def test_only_those_who_may_log_see_the_page(client: Any, profile: str):
    client.force_login(cast_member("Somebody", profile))
    assert [client.get(url).status_code for url in (LOG, "/log/people/")] == [403, 403]
