"""Ideas and problems: one sentence from a QR code, with or without a log-in, answered and followed by ticket."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from objectives.models import ActionPhoto, IdeaTicket, ImprovementAction
from objectives.services import idea as service
from objectives.services import improvement_action
from qms.models import Area, Notification, User
from qms.permissions import AccessProfile
from qms.services import secret_link
from qms.services import site as site_service
from tests.factories import NOW, AreaFactory, SiteFactory, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user, picture

pytestmark = pytest.mark.django_db


def open_area() -> tuple[Area, str]:
    """An area whose site takes ideas from anybody, and the address of its code."""
    hiro()
    site = SiteFactory()
    site.has_open_ideas = True
    site.save()
    area = AreaFactory(site=site)
    return area, site_service.issue_code(area, by=None, at=NOW).token


def send(token: str, **values: Any) -> Any:
    sent = {"title": "A hook for the hose", "uid": str(uuid.uuid4())} | values
    return Client().post(reverse("objectives:idea-at", args=[token]), sent)


def raised(by: User | None = None, title: str = "A hook for the hose") -> service.Raised:
    return service.raise_idea(uid=uuid.uuid4(), title=title, area=AreaFactory(), by=by, at=NOW)


def test_idea_without_log_in_is_kept_with_its_photo_and_leads_to_its_ticket() -> None:
    area, token = open_area()
    response = send(token, photo=SimpleUploadedFile("a.jpg", picture()), name="Ana", more="Bench 3")
    action = ImprovementAction.objects.get()
    assert (action.status, action.area, action.recorded_by, action.raised_name) == ("idea", area, None, "Ana")
    assert ActionPhoto.objects.get().moment == "before"
    ticket = Client().get(response["Location"])
    assert "A hook for the hose" in ticket.content.decode()
    secret = response["Location"].rstrip("/").rsplit("/", 1)[-1]
    assert IdeaTicket.objects.get().token_digest == secret_link.digest(secret)


def test_auditor_from_outside_raises_nothing_and_is_offered_nothing() -> None:
    area, token = open_area()
    guest = as_user(cast_member("Gus Guest", AccessProfile.GUEST_AUDITOR))
    sent = {"title": "A hook for the hose", "uid": str(uuid.uuid4()), "area": area.pk}
    for page in (reverse("objectives:idea-new"), reverse("objectives:idea-at", args=[token])):
        assert [guest.get(page).status_code, guest.post(page, sent).status_code] == [403, 403]
    assert not ImprovementAction.objects.exists()
    board = guest.get(reverse("objectives:action-board"))
    assert (board.status_code, b"Raise an idea" in board.content) == (200, False)


def test_site_that_does_not_allow_it_asks_for_the_log_in() -> None:
    area, token = open_area()
    Area.objects.get(pk=area.pk).site.__class__.objects.update(has_open_ideas=False)
    assert send(token)["Location"].startswith("/account/login/")
    assert not ImprovementAction.objects.exists()


def test_scanned_code_offers_the_idea_only_where_the_site_allows_it() -> None:
    area, token = open_area()
    address = reverse("qms:area-code", args=[token])
    assert reverse("objectives:idea-at", args=[token]) in Client().get(address).content.decode()
    assert as_user(yusuf()).get(address)["Location"] == f"/log/?area={area.pk}"
    employee = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    assert as_user(employee).get(address)["Location"] == reverse("objectives:idea-at", args=[token])
    assert as_user(omar()).get(address).status_code == 404


def test_photo_that_is_none_is_named_and_the_idea_stays() -> None:
    _area, token = open_area()
    response = send(token, photo=SimpleUploadedFile("a.jpg", b"\x00 not a photo"))
    assert response.status_code == 302
    assert ImprovementAction.objects.count() == 1
    assert not ActionPhoto.objects.exists()


def test_ideas_from_one_address_are_limited() -> None:
    _area, token = open_area()
    from objectives.views.idea import IDEAS

    statuses = [send(token).status_code for _number in range(IDEAS + 1)]
    assert statuses == [302] * IDEAS + [422]
    assert ImprovementAction.objects.count() == IDEAS


def test_double_tap_makes_one_idea_and_the_last_ticket_opens_it() -> None:
    _area, token = open_area()
    same = str(uuid.uuid4())
    first, second = send(token, uid=same), send(token, uid=same)
    assert ImprovementAction.objects.count() == 1
    assert Client().get(second["Location"]).status_code == 200
    assert Client().get(first["Location"]).status_code == 404


def test_who_learns_the_uid_of_an_idea_gets_no_ticket_of_it() -> None:
    """The uid stands in the address of the promise's QR code, for everybody to scan."""
    area, token = open_area()
    first = send(token)
    uid = ImprovementAction.objects.get().uid
    digest = IdeaTicket.objects.get().token_digest
    other_code = site_service.issue_code(AreaFactory(site=area.site, name="Paint"), by=None, at=NOW).token
    assert send(token, uid=str(uid), title="Show me").status_code == 422
    assert send(other_code, uid=str(uid)).status_code == 422
    assert IdeaTicket.objects.get().token_digest == digest
    assert Client().get(first["Location"]).status_code == 200


def test_sent_again_opens_the_ticket_anew_for_an_hour() -> None:
    hiro()
    sent: dict[str, Any] = {"uid": uuid.uuid4(), "title": "A hook for the hose", "area": AreaFactory(), "by": None}
    first = service.raise_idea(**sent, at=NOW)
    assert service.raise_idea(**sent, at=NOW + service.SENT_AGAIN_WITHIN).action == first.action
    with pytest.raises(service.SentBefore):
        service.raise_idea(**sent, at=NOW + service.SENT_AGAIN_WITHIN + timedelta(seconds=1))


def test_uid_of_a_record_of_somebody_else_is_refused_in_words() -> None:
    _area, token = open_area()
    theirs = raised(yusuf()).action
    assert send(token, uid=str(theirs.uid)).status_code == 422
    assert ImprovementAction.objects.count() == 1


@pytest.mark.parametrize("title", ["", "Two. Sentences here", "x" * 161])
def test_more_than_one_sentence_is_refused_in_words(title: str) -> None:
    _area, token = open_area()
    assert send(token, title=title).status_code == 422
    assert not ImprovementAction.objects.exists()


def test_sentence_with_a_number_in_it_is_one() -> None:
    assert service.one_sentence("Lower  the bench\n by 1.5 cm.") == "Lower the bench by 1.5 cm."


def test_declined_idea_tells_the_reason_on_the_ticket_and_nothing_else() -> None:
    _area, token = open_area()
    where = send(token)["Location"]
    boss = hiro_of()
    improvement_action.decline(
        ImprovementAction.objects.get(), reason="It would block the way out", by=boss, at=timezone.now()
    )
    page = Client().get(where).content.decode()
    assert "It would block the way out" in page
    assert boss.person.name not in page


def hiro_of() -> User:
    return User.objects.get(profile=AccessProfile.QUALITY_MANAGER)


def test_declined_idea_tells_the_reason_to_who_logs_in() -> None:
    quality = hiro()
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    idea = raised(emma)
    assert idea.secret == ""
    improvement_action.decline(idea.action, reason="No room", by=quality, at=NOW)
    assert "No room" in Notification.objects.get(user=emma).text


def test_idea_goes_to_the_own_manager_or_to_the_quality_manager() -> None:
    boss, quality = yusuf(), hiro()
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    assert raised(emma).action.owner == quality.person
    emma.person.manager = boss.person
    emma.person.save()
    assert raised(User.objects.get(pk=emma.pk)).action.owner == boss.person
    assert Notification.objects.filter(user=boss, text__startswith="New idea").count() == 1


def test_site_without_anybody_to_answer_says_so() -> None:
    omar()
    with pytest.raises(service.NobodyToAnswer):
        raised()
    assert not ImprovementAction.objects.exists()


def test_assessing_plans_the_idea_and_tells_the_raiser() -> None:
    boss, quality = yusuf(), hiro()
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    action = raised(emma).action
    address = reverse("objectives:improvement-action-assess", args=[action.pk])
    sent = {"owner": "Yusuf Chen", "due_on": "2026-12-24", "promised_to": "Emma Roth"}
    assert as_user(quality).post(address, sent).status_code == 302
    action.refresh_from_db()
    assert (action.status, action.owner, action.promised_to) == ("assessed", boss.person, emma.person)
    assert Notification.objects.filter(user=emma, text__startswith="Taken up by Yusuf Chen").exists()


def test_with_a_log_in_the_idea_is_ones_own_and_the_area_is_in_reach() -> None:
    hiro()
    emma = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    area, other = AreaFactory(), AreaFactory(site=SiteFactory(code="LYO"), name="Ligne 1")
    client = as_user(emma)
    address = reverse("objectives:idea-new")
    sent = {"title": "A hook", "area": other.pk, "uid": str(uuid.uuid4())}
    assert client.post(address, sent).status_code == 422
    assert client.post(address, sent | {"area": area.pk}).status_code == 302
    assert ImprovementAction.objects.get().raiser == emma.person


def test_ticket_that_opens_nothing_says_so() -> None:
    assert Client().get(reverse("objectives:idea-ticket", args=["nothing"])).status_code == 404


def test_site_form_switches_open_ideas_and_the_trail_knows() -> None:
    site = SiteFactory()
    admin = cast_member("Ada Admin", AccessProfile.ADMINISTRATOR)
    facts = {"code": site.code, "name": site.name, "time_zone": site.time_zone}
    site_service.edit_site(site, **facts, has_open_ideas=True, by=admin, at=NOW)
    site.refresh_from_db()
    assert site.has_open_ideas
    site_service.edit_site(site, **facts, by=admin, at=NOW)
    site.refresh_from_db()
    assert site.has_open_ideas
