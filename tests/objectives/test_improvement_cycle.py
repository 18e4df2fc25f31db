"""Plan, do, check, act: texts, photos before and after, a checked effect, an end, and copies with credit."""

import json
import uuid

import pytest
from django.urls import reverse

from objectives.models import ActionPhoto, ImprovementAction
from objectives.services import improvement_action as action_service
from objectives.services import improvement_cycle as service
from qms.models import Notification, RecordVersion
from qms.permissions import AccessProfile
from qms.services.file_intake import FileRefused
from qms.services.record import IllegalTransition, StaleRecord
from tests.factories import NOW, AreaFactory, PersonFactory, SiteFactory, cast_member, hiro, logged_activity, yusuf
from tests.objectives.actions import as_user, done, opened, photo, picture

pytestmark = pytest.mark.django_db
TEXTS = {"plan": "Less scrap", "done_what": "Two weeks", "checked_what": "3.1 to 2.2 %", "acted_how": "Kept"}


def url(action: ImprovementAction, what: str) -> str:
    return reverse(f"objectives:improvement-action-{what}", args=[action.pk])


def checked(action: ImprovementAction, by: object, **facts: str) -> ImprovementAction:
    given = {"result": "worked", "checked_what": "Looked at the numbers"} | facts
    return service.check_effect(action, by=by, at=NOW, **given)  # type: ignore[arg-type]


def test_cycle_is_kept_in_the_version_and_refuses_a_stale_form() -> None:
    boss = yusuf()
    action = opened(boss)
    service.write_cycle(action, version=1, **TEXTS, by=boss, at=NOW)
    with pytest.raises(StaleRecord):
        service.write_cycle(action, version=1, **TEXTS, by=boss, at=NOW)
    facts = json.loads(RecordVersion.objects.get(record=action, version=2).content)["facts"]
    assert {name: facts[name] for name in TEXTS} == TEXTS


def test_cycle_of_a_closed_action_stays_as_it_is() -> None:
    boss = yusuf()
    closed = service.close(checked(done(boss), hiro()), by=boss, at=NOW)
    with pytest.raises(action_service.CannotChange):
        service.write_cycle(closed, version=closed.version, **TEXTS, by=boss, at=NOW)


def test_failed_experiment_needs_what_was_learned() -> None:
    boss = yusuf()
    action = done(boss)
    with pytest.raises(service.LearningMissing):
        checked(action, boss, result="failed")
    end = checked(action, hiro(), result="failed", learning="Heat is not the cause")
    assert (end.status, end.result, end.learning) == ("checked", "failed", "Heat is not the cause")
    assert service.close(end, by=boss, at=NOW).status == "closed"


def test_check_says_whether_the_owner_did_it_alone() -> None:
    boss = yusuf()
    own, others = checked(done(boss), boss), checked(done(boss), hiro())
    assert (own.is_checked_by_owner, others.is_checked_by_owner) == (True, False)
    assert "nobody else has checked" in as_user(boss).get(url(own, "detail")).content.decode()
    assert "who does not own it" in as_user(boss).get(url(others, "detail")).content.decode()


def test_action_is_closed_only_after_its_effect_was_checked() -> None:
    boss = yusuf()
    with pytest.raises(IllegalTransition):
        service.close(done(boss), by=boss, at=NOW)


def test_photos_stand_before_and_after_and_in_the_version() -> None:
    boss = yusuf()
    action = opened(boss)
    service.add_photo(action, photo(), moment="after", caption="Now", by=boss, at=NOW)
    service.add_photo(action, photo((0, 90, 0)), moment="before", caption="Then", by=boss, at=NOW)
    fresh = ImprovementAction.objects.get(pk=action.pk)
    assert [p.moment for p in fresh.standing_photos] == ["before", "after"]
    facts = json.loads(RecordVersion.objects.get(record=action, version=fresh.version).content)["facts"]
    assert [p["name"] for p in facts["photos"]] == ["Before: Then", "After: Now"]
    page = as_user(boss).get(url(fresh, "detail"))
    assert [len(page.context[name]) for name in ("before", "after")] == [1, 1]


def test_withdrawn_photo_leaves_the_comparison() -> None:
    from qms.services import attachment

    boss = yusuf()
    action = opened(boss)
    kept = service.add_photo(action, photo(), moment="before", by=boss, at=NOW)
    attachment.withdraw(kept.attachment, reason="A face is on it", by=boss, at=NOW)
    assert ImprovementAction.objects.get(pk=action.pk).standing_photos == []


def test_file_that_is_no_photo_leaves_nothing_behind() -> None:
    import io

    from qms.services.attachment import Sent

    boss = yusuf()
    action = opened(boss)
    with pytest.raises(FileRefused):
        service.add_photo(action, Sent(io.BytesIO(b"<svg/>"), "x.svg", 6), moment="before", by=boss, at=NOW)
    assert not ActionPhoto.objects.exists()


def test_photo_page_takes_several_and_names_the_refused(client: object) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    boss = yusuf()
    action = opened(boss)
    files = [SimpleUploadedFile("a.jpg", picture()), SimpleUploadedFile("b.jpg", b"not a photo \x00")]
    response = as_user(boss).post(url(action, "photo"), {"moment": "before", "files": files}, follow=True)
    assert ActionPhoto.objects.count() == 1
    assert "b.jpg" in response.content.decode()


def test_copies_name_where_they_came_from_and_credit_is_told() -> None:
    boss, quality = yusuf(), hiro()
    raiser = cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    original = done(boss, raiser=raiser.person, area=AreaFactory())
    targets = [service.Target(AreaFactory(name="Line 4"), quality.person),
               service.Target(AreaFactory(site=SiteFactory(code="LYO"), name="Ligne 1"), quality.person)]  # fmt: skip
    uid = uuid.uuid4()
    made = service.copy_to(original, targets, due_on=None, uid=uid, by=quality, at=NOW)
    again = service.copy_to(original, targets, due_on=None, uid=uid, by=quality, at=NOW)
    assert [copy.pk for copy in made] == [copy.pk for copy in again]
    assert [(c.copied_from, c.raiser, c.site.code, c.status) for c in made] == [
        (original, raiser.person, "DEN", "assessed"), (original, raiser.person, "LYO", "assessed"),
    ]  # fmt: skip
    told = Notification.objects.filter(text__startswith="Your improvement goes on").values_list(
        "user__email", flat=True
    )
    assert sorted(told) == sorted([boss.email, raiser.email])
    page = as_user(boss).get(url(original, "detail"))
    assert [copy.area.name for copy in page.context["copies"]] == ["Line 4"]  # Lyon is not his


def test_copy_page_offers_no_area_of_another_site() -> None:
    boss = yusuf()
    other = AreaFactory(site=SiteFactory(code="LYO"), name="Ligne 1")
    action = done(boss)
    sent = {"areas": [other.pk], "owner": "Yusuf Chen", "due_on": "2026-12-24", "uid": str(uuid.uuid4())}
    assert "areas" in as_user(boss).post(url(action, "copy"), sent).context["form"].errors


def test_origin_follows_the_source_and_decides_proactive_or_reactive() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    assert (opened(boss, source=walk).origin, opened(boss).origin) == ("walk", "suggestion")
    failed = opened(boss, origin="nonconformity")
    failed.refresh_from_db()
    assert (failed.is_proactive, failed.drive) == (False, "reactive-action")
    assert opened(boss, source=failed).origin == "suggestion"


def test_only_reactive_actions_count_for_the_mapping_of_reactive_ones() -> None:
    from qms.models import ClauseLink
    from tests.factories import ClauseFactory, MappingFactory

    boss = yusuf()
    clause = ClauseFactory(number="10.2", title="Nonconformity and corrective action")
    MappingFactory(kind="improvement_action", subtype="reactive-action", clause=clause)
    done(boss)
    reactive = done(boss, origin="complaint")
    assert list(ClauseLink.objects.filter(clause=clause).values_list("record_id", "counts")) == [(reactive.pk, True)]


def test_anybody_who_works_on_actions_may_check_but_not_write() -> None:
    action = done(yusuf())
    colleague = as_user(cast_member("Nia Okafor"))
    sent = {"result": "worked", "checked_what": "Seen on line 3"}
    assert colleague.get(url(action, "cycle")).status_code == 403
    assert colleague.post(url(action, "check"), sent).status_code == 302
    action.refresh_from_db()
    assert (action.status, action.checker.name) == ("checked", "Nia Okafor")  # type: ignore[union-attr]


def test_page_with_everything_stays_within_the_budget() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from objectives.services import benefit

    boss = yusuf()
    action = done(boss, promised_to=PersonFactory(), raiser=PersonFactory(), area=AreaFactory())
    service.add_photo(action, photo(), moment="before", by=boss, at=NOW)
    benefit.add(action, nature="qualitative", description="Easier", by=boss, at=NOW)
    service.copy_to(action, [service.Target(AreaFactory(name="B"), boss.person)], due_on=None, uid=uuid.uuid4(),
                    by=boss, at=NOW)  # fmt: skip
    client = as_user(boss)
    client.get(url(action, "detail"))
    with CaptureQueriesContext(connection) as queries:
        client.get(url(action, "detail"))
    assert len(queries) <= 12, [q["sql"][:120] for q in queries.captured_queries]
