"""Roles: what is offered is accepted by its holder, what changes is asked again, and gaps are not hidden."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from leadership.models import Role, RoleAcceptance, RoleHolding
from leadership.services import role as service
from leadership.services import role_acceptance as acceptance
from leadership.services.role_gap import gaps
from qms.models import ClauseLink, Notification, Person, Signature, User
from qms.permissions import AccessProfile
from qms.services import organization
from qms.services import person as person_service
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests import factories
from tests.factories import NOW, ClauseFactory, MappingFactory, PersonFactory, SiteFactory, cast_member

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
STOP, REVIEW = "Stops a delivery that is not right", "Looks at every complaint within a day"


def yusuf() -> User:
    """The plant manager, the same one at every call."""
    return User.objects.filter(person__name="Yusuf Chen").first() or factories.yusuf()


def hiro() -> User:
    """The quality manager, the same one at every call."""
    return User.objects.filter(person__name="Hiro Weber").first() or factories.hiro()


def drafted(by: User, **fields: Any) -> Role:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Release of product", "site": by.person.site, "owner": by.person,
        "responsibilities": [STOP, REVIEW], "has_delivery_stop": True,
    }  # fmt: skip
    return service.draft(**(facts | fields), by=by, at=NOW)


def offered(holder: Person, *, by: User | None = None, **fields: Any) -> Role:
    by = by or hiro()
    return service.offer(drafted(by, **fields), holder=holder, by=by, at=NOW)


def accepted(holder: User, *, by: User | None = None, **fields: Any) -> Role:
    role = offered(holder.person, by=by, **fields)
    acceptance.accept(role, version=role.version, by=holder, at=NOW, method="password")
    return Role.objects.get(pk=role.pk)


def with_pin(name: str = "Paula Sato") -> Person:
    person = PersonFactory(name=name)
    person_service.set_pin(person, by=None, at=NOW, pin="271828")
    return person


def test_accepted_role_has_the_holders_signature_under_the_version_that_stands() -> None:
    role = accepted(yusuf())
    given, signature = RoleAcceptance.objects.get(), Signature.objects.get()
    assert (role.status, role.acceptance_id, role.accepted_on, role.due_on) == ("accepted", given.pk, TODAY, None)
    assert (given.person, given.way, given.witness) == (yusuf().person, "account", None)
    assert (given.version, signature.version, signature.signer) == (role.version, role.version, yusuf().person)
    assert role.review_on == TODAY + timedelta(days=365)


def test_only_an_accepted_role_counts() -> None:
    clause = ClauseFactory(number="5.3", title="Roles")
    MappingFactory(clause=clause, kind="role", subtype="")
    role = offered(yusuf().person)
    assert list(ClauseLink.objects.filter(record=role).values_list("counts", flat=True)) == [False]
    acceptance.accept(role, version=role.version, by=yusuf(), at=NOW, method="password")
    assert list(ClauseLink.objects.filter(record=role).values_list("counts", flat=True)) == [True]
    service.vacate(role, reason="Retired", by=hiro(), at=NOW)
    assert list(ClauseLink.objects.filter(record=role).values_list("counts", flat=True)) == [False]


def test_days_for_the_answer_are_the_organizations_and_who_was_asked_before_keeps_the_day() -> None:
    first = offered(yusuf().person)
    organization.edit(name="Acme", scope_statement="", time_zone="UTC", role_answer_days=5, by=None, at=NOW)
    second = offered(yusuf().person)
    first.refresh_from_db()
    assert (first.due_on, second.due_on) == (TODAY + timedelta(days=14), TODAY + timedelta(days=5))


def test_only_the_holder_accepts() -> None:
    role = offered(yusuf().person)
    with pytest.raises(CannotChange, match="Only Yusuf Chen"):
        acceptance.accept(role, version=role.version, by=hiro(), at=NOW, method="password")
    assert RoleAcceptance.objects.count() == 0


def test_holder_signs_what_was_shown_and_nothing_newer() -> None:
    role = offered(yusuf().person)
    service.change(role, version=role.version, reason="More", responsibilities=["Everything"], by=hiro(), at=NOW)
    with pytest.raises(StaleRecord):
        acceptance.accept(role, version=role.version, by=yusuf(), at=NOW, method="password")


def test_changed_responsibilities_ask_again_and_the_old_acceptance_stays_with_its_version() -> None:
    role = accepted(yusuf())
    first = role.version
    changed = service.change(
        role, version=first, reason="One more", responsibilities=[STOP, REVIEW, "Tells the customer"], by=hiro(), at=NOW
    )
    assert (changed.status, changed.acceptance, changed.offered_on) == ("offered", None, TODAY)
    assert Notification.objects.filter(user=yusuf()).count() == 2
    acceptance.accept(changed, version=changed.version, by=yusuf(), at=NOW, method="password")
    assert list(RoleAcceptance.objects.order_by("pk").values_list("version", flat=True)) == [first, first + 2]
    assert "Tells the customer" not in role.versions.get(version=first).content
    (assignment,) = service.assignments([role.pk])[role.pk]
    assert [given.version for given in assignment.acceptances] == [first, first + 2]


@pytest.mark.parametrize("change", [{"title": "Product release"}, {"purpose": "So that nothing wrong leaves"}])
def test_change_of_words_beside_the_duties_leaves_the_acceptance(change: dict[str, str]) -> None:
    role = accepted(yusuf())
    changed = service.change(role, version=role.version, reason="Clearer", by=hiro(), at=NOW, **change)
    assert (changed.status, changed.acceptance_id) == ("accepted", role.acceptance_id)


@pytest.mark.parametrize(
    "change", [{"has_line_stop": True}, {"authorities": ["Calls a meeting"]}, {"is_organization_wide": True}]
)
def test_change_of_authorities_or_reach_asks_again(change: dict[str, Any]) -> None:
    role = accepted(yusuf())
    changed = service.change(role, version=role.version, reason="Wider", by=hiro(), at=NOW, **change)
    assert changed.status == "offered"


def test_history_of_holders_with_their_days() -> None:
    role = accepted(yusuf())
    with pytest.raises(ReasonMissing):
        service.offer(role, holder=hiro().person, by=hiro(), at=NOW)
    later = NOW + timedelta(days=40)
    role = service.offer(role, holder=hiro().person, reason="Yusuf leads another plant", by=hiro(), at=later)
    assert (role.status, role.acceptance) == ("offered", None)
    service.vacate(role, reason="No time", by=hiro(), at=later + timedelta(days=3))
    days = [(a.name, a.starts_on, a.until, len(a.acceptances)) for a in service.assignments([role.pk])[role.pk]]
    handover = TODAY + timedelta(days=40)
    assert days == [
        (hiro().person.name, handover, handover + timedelta(days=3), 0), ("Yusuf Chen", TODAY, handover, 1)
    ]  # fmt: skip


def test_holder_cannot_begin_before_the_last_change() -> None:
    role = accepted(yusuf())
    with pytest.raises(ValidationError, match="last change of holder"):
        service.offer(role, holder=hiro().person, starts_on=TODAY - timedelta(days=1), reason="Swap", by=hiro(), at=NOW)
    assert RoleHolding.objects.count() == 1


def test_link_and_pin_of_a_holder_without_log_in() -> None:
    role = offered(with_pin())
    link = acceptance.make_link(role, by=hiro(), at=NOW)
    found = acceptance.by_token(link.rstrip("/").rsplit("/", 1)[-1], at=NOW)
    with pytest.raises(acceptance.CannotAnswer, match="not the PIN"):
        acceptance.accept_by_link(found, pin="000000", version=found.version, at=NOW)
    acceptance.accept_by_link(found, pin="271828", version=found.version, at=NOW)
    signature = Signature.objects.get()
    assert (signature.signer.name, signature.method) == ("Paula Sato", "link+pin")
    assert RoleAcceptance.objects.get().way == "link"
    with pytest.raises(acceptance.CannotAnswer):
        acceptance.by_token(link.rstrip("/").rsplit("/", 1)[-1], at=NOW)


def test_link_ends_with_time_with_a_new_one_and_with_a_change() -> None:
    role = offered(with_pin())

    def token() -> str:
        return acceptance.make_link(role, by=hiro(), at=NOW).rstrip("/").rsplit("/", 1)[-1]

    first, second = token(), token()
    assert acceptance.by_token(second, at=NOW + timedelta(days=13)) == role
    for gone, at in ((first, NOW), (second, NOW + timedelta(days=14))):
        with pytest.raises(acceptance.CannotAnswer):
            acceptance.by_token(gone, at=at)
    service.change(role, version=role.version, reason="More", responsibilities=["Everything"], by=hiro(), at=NOW)
    with pytest.raises(acceptance.CannotAnswer):
        acceptance.by_token(second, at=NOW)


def test_no_link_for_who_logs_in_or_has_no_pin() -> None:
    for holder, why in ((yusuf().person, "has a log-in"), (PersonFactory(), "has no PIN")):
        with pytest.raises(CannotChange, match=why):
            acceptance.make_link(offered(holder), by=hiro(), at=NOW)


def test_witness_signs_for_somebody_without_log_in_only() -> None:
    role = offered(with_pin())
    given = acceptance.accept_before_witness(role, version=role.version, by=hiro(), at=NOW, method="password")
    assert (given.person.name, given.witness, Signature.objects.get().signer) == (
        "Paula Sato", hiro().person, hiro().person
    )  # fmt: skip
    other = offered(yusuf().person)
    with pytest.raises(CannotChange, match="has a log-in"):
        acceptance.accept_before_witness(other, version=other.version, by=hiro(), at=NOW, method="password")


def test_no_says_why_and_leaves_the_role_vacant() -> None:
    role = offered(yusuf().person)
    declined = acceptance.decline(role, version=role.version, reason="Needs training first", by=yusuf(), at=NOW)
    assert (declined.status, declined.holder) == ("vacant", None)
    assert [(row.person_id, row.starts_on) for row in RoleHolding.objects.order_by("pk")] == [
        (yusuf().person_id, TODAY), (None, TODAY)
    ]  # fmt: skip


def test_role_without_responsibilities_is_not_offered() -> None:
    with pytest.raises(CannotChange, match="what the role answers for"):
        offered(yusuf().person, responsibilities=[" "])


def test_ended_role_is_taken_up_vacant() -> None:
    role = service.end(accepted(yusuf()), reason="Line closed", by=hiro(), at=NOW)
    assert (role.status, role.holder, role.phase) == ("ended", None, "closed")
    with pytest.raises(IllegalTransition):
        service.offer(role, holder=yusuf().person, by=hiro(), at=NOW)
    assert service.take_up(role, reason="Line opened", by=hiro(), at=NOW).status == "vacant"


def test_review_makes_the_day_its_event_date() -> None:
    at = NOW + timedelta(days=300)
    role = service.review(accepted(yusuf()), outcome="Read together", by=hiro(), at=at)
    day = TODAY + timedelta(days=300)
    assert (role.occurred_on, role.reviewed_on, role.review_on) == (day, day, day + timedelta(days=365))
    assert role.accepted_on == TODAY


def test_short_names_are_stable_and_of_their_own() -> None:
    one, two = drafted(hiro()), drafted(hiro())
    assert (one.slug, two.slug) == ("release-of-product", "release-of-product-2")
    renamed = service.change(one, version=one.version, reason="Clearer", title="Gatekeeper", by=hiro(), at=NOW)
    assert renamed.slug == "release-of-product"


def test_holder_of_a_name_the_sites_own_before_the_organizations() -> None:
    accepted(hiro(), is_organization_wide=True)
    denver, lyon = yusuf().person.site, SiteFactory(code="LYO")
    assert service.holder_of("release-of-product", site=denver) == hiro().person
    accepted(yusuf())
    assert service.holder_of("release-of-product", site=denver) == yusuf().person
    assert service.holder_of("release-of-product", site=lyon) == hiro().person
    assert service.holder_of("release-of-product") == hiro().person
    person_service.deactivate(yusuf().person, by=None, at=NOW)
    assert service.holder_of("release-of-product", site=denver) is None


def test_gaps_name_each_kind() -> None:
    denver = hiro()
    vacant = service.open_vacant(drafted(denver, title="Fire watch"), by=denver, at=NOW)
    waiting = offered(yusuf().person, title="Calibration")
    gone = cast_member("Uma Gone", AccessProfile.EMPLOYEE)
    departed = accepted(gone, title="Archive", deputy=yusuf().person)
    person_service.deactivate(gone.person, by=None, at=NOW)
    found = gaps(denver, today=TODAY)
    assert (found.vacant, found.unaccepted, found.departed, found.without_deputy) == (
        [vacant], [waiting], [departed], [waiting]
    )  # fmt: skip
    assert (found.total, found.expired) == (4, [])


def test_role_of_the_whole_organization_is_seen_at_every_site_and_no_other() -> None:
    lyon = cast_member("Lea Lyon", AccessProfile.LEADER, site="LYO")
    wide, own = accepted(yusuf(), is_organization_wide=True), accepted(yusuf())
    assert set(Role.objects.visible_to(lyon)) == {wide}
    assert set(Role.objects.visible_to(yusuf())) == {wide, own}


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        ({"status": "offered", "phase": "open", "holder": None}, "role_offered_to_somebody"),
        ({"status": "vacant", "phase": "open"}, "role_without_holder"),
        ({"status": "held"}, "role_status_known"),
    ],
)
def test_database_refuses(facts: dict[str, Any], name: str) -> None:
    role = offered(yusuf().person)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Role.objects.filter(pk=role.pk).update(**facts)


def test_database_refuses_another_roles_or_another_persons_acceptance() -> None:
    role, other, given = offered(yusuf().person), accepted(hiro()), accepted(yusuf())
    for acceptance_id in (None, other.acceptance_id, given.acceptance_id):
        with pytest.raises(DatabaseError, match=r"has said yes|role_accepted_by_somebody"), transaction.atomic():
            Role.objects.filter(pk=role.pk).update(status="accepted", accepted_on=TODAY, acceptance_id=acceptance_id)
    with pytest.raises(DatabaseError, match="has said yes"), transaction.atomic():
        Role.objects.filter(pk=given.pk).update(holder=hiro().person)


def test_database_refuses_the_holder_as_deputy_and_as_witness() -> None:
    role = offered(yusuf().person)
    with pytest.raises(IntegrityError, match="role_deputy_is_another"), transaction.atomic():
        Role.objects.filter(pk=role.pk).update(deputy=yusuf().person)
    with pytest.raises(IntegrityError, match="role_witness_is_another"), transaction.atomic():
        RoleAcceptance.objects.create(
            role=role, person=yusuf().person, version=9, at=NOW, way="witness", witness=yusuf().person
        )


def test_public_page_reads_the_role_and_takes_the_pin(client: Client) -> None:
    role = offered(with_pin())
    link = acceptance.make_link(role, by=hiro(), at=NOW)
    path = reverse("leadership:role-answer", args=[link.rstrip("/").rsplit("/", 1)[-1]])
    Role.objects.filter(pk=role.pk).update(link_expires_at=NOW + timedelta(days=4000))
    page = client.get(path)
    assert STOP in page.content.decode()
    assert "May stop a delivery" in page.content.decode()
    sent = {"answer": "accept", "pin": "000000", "version": role.version}
    assert client.post(path, sent).status_code == 422
    assert client.post(path, sent | {"pin": "271828"}).status_code == 200
    assert Role.objects.get(pk=role.pk).status == "accepted"
    assert client.get(path).status_code == 404


def test_holder_signs_on_the_page_with_the_password(client: Client) -> None:
    user = yusuf()
    user.set_password("right-password-1")
    user.save()
    client.force_login(user)
    role = offered(user.person)
    path = reverse("leadership:role-accept", args=[role.pk])
    assert STOP in client.get(path).content.decode()
    assert client.post(path, {"version": role.version, "password": "wrong"}).status_code == 200
    assert Role.objects.get(pk=role.pk).status == "offered"
    assert client.post(path, {"version": role.version, "password": "right-password-1"}).status_code == 302
    assert Role.objects.get(pk=role.pk).status == "accepted"
