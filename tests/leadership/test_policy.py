"""The quality policy: drafted, approved by top management, superseded, translated, compared, and open to the world."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from leadership.models import Policy
from leadership.services import policy as service
from leadership.services.policy_difference import text_changes
from leadership.services.policy_sheet import sheet_facts
from leadership.services.waiting import waiting_for
from qms.models import ClauseLink, Person, Signature, User
from qms.permissions import AccessProfile
from qms.services.markdown import rendered
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from tests.factories import (
    NOW,
    PASSWORD,
    TODAY,
    ClauseFactory,
    MappingFactory,
    PersonFactory,
    cast_member,
    hiro,
    omar,
    yusuf,
)
from tests.leadership.acknowledgements import acknowledged, asked
from tests.leadership.policies import TEXT, approve, approved_policy, drafted, top
from tests.objectives.actions import as_user
from tests.qms.reminders import MONDAY, mailed, rule, run

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GERMAN = {"language": "de", "title": "Qualitätspolitik", "text": "Wir bauen Teile, die passen.", "translated_by": "A"}


@pytest.fixture
def boss() -> User:
    return top(yusuf())


def url(policy: Policy, page: str = "detail") -> str:
    return reverse(f"leadership:policy-{page}", args=[policy.pk])


# --- who is asked ---------------------------------------------------------------------------------------------------


def test_handing_in_asks_somebody_of_top_management_who_is_reminded_and_finds_it_at_home(boss: User) -> None:
    rule(slug="decision-awaited", event="decision_awaited", before_days=[0], after_days=[3], escalate_levels=0)
    quality = hiro()
    Person.objects.filter(pk=boss.person_id).update(email="boss@plant.example")
    policy = service.submit(drafted(quality), by=quality, at=MONDAY)
    assert (policy.approver, policy.awaited_on) == (boss.person, MONDAY.date())
    assert [(thing.verb, thing.url) for thing in waiting_for(boss, at=MONDAY, most=9)] == [
        ("Approve", url(policy, "approve")),
    ]
    assert waiting_for(quality, at=MONDAY, most=9) == []
    run(MONDAY)
    assert mailed() == ["boss@plant.example"]
    service.send_back(policy, reason="Too long", by=boss, at=MONDAY)
    run(MONDAY + 3 * DAY)
    assert mailed() == []
    assert waiting_for(boss, at=MONDAY, most=9) == []


def test_owner_is_asked_first_then_the_own_site_and_the_owner_when_nobody_may_approve() -> None:
    quality = hiro()
    policy = drafted(quality)
    assert service.asked_to_approve(policy) == quality.person
    far = top(cast_member("Far Director", AccessProfile.LEADER, site="FAR"))
    assert service.asked_to_approve(policy) == far.person
    near = top(yusuf())
    assert service.asked_to_approve(policy) == near.person
    User.objects.filter(pk=near.pk).update(is_active=False)
    assert service.asked_to_approve(policy) == far.person
    policy.owner = far.person
    assert service.asked_to_approve(policy) == far.person


# --- from draft to current --------------------------------------------------------------------------------------------


def test_approval_makes_it_current_signed_and_evidence_of_that_day(boss: User) -> None:
    MappingFactory(kind="policy", subtype="", clause=ClauseFactory(number="5.2.1", title="Establishing the policy"))
    policy = drafted(boss)
    assert not ClauseLink.objects.filter(record=policy, counts=True).exists()
    policy = approve(policy, boss, at=NOW + DAY)
    assert (policy.status, policy.number, policy.approved_by, policy.approved_on) == (
        "approved", 1, boss.person, TODAY + DAY,
    )  # fmt: skip
    signature = Signature.objects.get(record=policy)
    assert signature.content_hash == policy.versions.get(version=policy.version).content_hash
    assert ClauseLink.objects.get(record=policy, counts=True).occurred_on == TODAY + DAY
    assert policy.review_on == TODAY + timedelta(days=365)


def test_only_top_management_approves(boss: User) -> None:
    leader = cast_member("Lea Leader")
    policy = service.submit(drafted(boss), by=boss, at=NOW)
    facts: dict[str, Any] = {"review_on": TODAY + DAY, "method": "password", "at": NOW}
    with pytest.raises(service.NotTopManagement):
        service.approve(policy, by=leader, **facts)
    with pytest.raises(service.NotTopManagement):
        service.approve(policy, by=top(cast_member("Emma Roth", AccessProfile.EMPLOYEE)), **facts)
    policy.refresh_from_db()
    assert policy.status == "in_review"


def test_draft_cannot_be_approved_before_it_is_handed_in_nor_a_stale_version(boss: User) -> None:
    policy = drafted(boss)
    facts: dict[str, Any] = {"review_on": TODAY + DAY, "method": "password", "by": boss, "at": NOW}
    with pytest.raises(IllegalTransition):
        service.approve(policy, **facts)
    policy = service.submit(policy, by=boss, at=NOW)
    with pytest.raises(StaleRecord):
        service.approve(policy, version=1, **facts)
    with pytest.raises(ValidationError, match="still to come"):
        service.approve(policy, **(facts | {"review_on": TODAY}))


def test_next_version_supersedes_the_last_and_ends_its_campaign(boss: User) -> None:
    first = approved_policy(boss)
    paula = PersonFactory(name="Paula Sato")
    campaign = asked(first, by=boss, people=[paula, boss.person], target_percent=100)
    acknowledged(campaign, paula)
    second = approve(drafted(boss, text="Parts that fit, always."), boss, at=NOW + DAY)
    first.refresh_from_db()
    campaign.refresh_from_db()
    assert (first.status, second.number, second.supersedes) == ("superseded", 2, first)
    assert campaign.status == "short"
    assert service.current_of(boss.person.site) == second


def test_site_and_organization_each_have_one_current_version(boss: User) -> None:
    approved_policy(boss)
    organization = approved_policy(boss, applies_to=None)
    assert service.current_of(None) == organization
    waiting = service.submit(drafted(boss), by=boss, at=NOW)
    facts = {"number": 9, "approved_on": TODAY, "approved_by": boss.person}
    for applies_to in (boss.person.site, None):
        with pytest.raises(IntegrityError), transaction.atomic():
            Policy.objects.filter(pk=waiting.pk).update(status="approved", applies_to=applies_to, **facts)


def test_database_refuses_an_approved_policy_without_an_approver(boss: User) -> None:
    waiting = service.submit(drafted(boss), by=boss, at=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.filter(pk=waiting.pk).update(status="approved", number=1, approved_on=TODAY)


@pytest.mark.parametrize("change", [{"text": "Other"}, {"translations": [GERMAN]}, {"number": 7}, {"applies_to": None}])
def test_database_refuses_to_change_what_was_approved(boss: User, change: dict[str, Any]) -> None:
    policy = approved_policy(boss)
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(**change)
    with pytest.raises(CannotChange):
        service.change(policy, version=policy.version, reason="Typo", text="Other", by=boss, at=NOW)


def test_failing_supersession_leaves_the_old_one_current(boss: User, monkeypatch: pytest.MonkeyPatch) -> None:
    first = approved_policy(boss)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("leadership.services.policy.record_service.sign", broken)
    with pytest.raises(RuntimeError):
        approve(drafted(boss), boss)
    first.refresh_from_db()
    assert first.status == "approved"


def test_sent_back_needs_words_and_can_be_changed_again(boss: User) -> None:
    policy = service.submit(drafted(boss), by=boss, at=NOW)
    with pytest.raises(ValidationError):
        service.send_back(policy, reason=" ", by=boss, at=NOW)
    policy = service.send_back(policy, reason="Too long", by=boss, at=NOW)
    changed = service.change(policy, version=policy.version, reason="Shorter", text="Fit.", by=boss, at=NOW)
    assert (changed.status, changed.text) == ("draft", "Fit.")


def test_review_moves_the_event_date_and_is_signed(boss: User) -> None:
    policy = approved_policy(boss)
    later = NOW + timedelta(days=200)
    review_on = later.date() + timedelta(days=365)
    reviewed = service.review(policy, review_on=review_on, words="Still fits", method="password", by=boss, at=later)
    assert (reviewed.occurred_on, reviewed.review_on, reviewed.approved_on) == (later.date(), review_on, TODAY)
    assert Signature.objects.filter(record=policy).count() == 2


# --- text -------------------------------------------------------------------------------------------------------------


def test_translations_are_part_of_the_version_and_an_empty_one_goes(boss: User) -> None:
    policy = service.translate(drafted(boss), **GERMAN, by=boss, at=NOW)
    assert json.loads(policy.versions.get(version=2).content)["facts"]["translations"] == [GERMAN]
    with pytest.raises(ValidationError, match="language of the text"):
        service.translate(policy, **(GERMAN | {"language": "en"}), by=boss, at=NOW)
    with pytest.raises(ValidationError):
        service.translate(policy, **(GERMAN | {"translated_by": " "}), by=boss, at=NOW)
    assert service.translate(policy, **(GERMAN | {"text": ""}), by=boss, at=NOW).translations == []


def test_markdown_keeps_what_a_text_needs_and_nothing_that_runs() -> None:
    html = rendered(
        "# Head\n\n- **a**\n\n[ok](https://iso.org) [bad](javascript:alert(1)) <script>x</script> ![i](https://x/y.png)"
    )
    assert "<h2>Head</h2>" in html
    assert "<li><strong>a</strong></li>" in html
    assert '<a href="https://iso.org" rel="noopener nofollow">ok</a>' in html
    for word in ("<script", "<img", 'href="javascript', "<h1"):
        assert word not in html


def test_changes_are_told_by_paragraph_and_word() -> None:
    changes = text_changes(
        "We build parts that fit.\n\nOld promise to all of you here.\n\n- one\n- two",
        "We build parts that always fit.\n\n- one\n- two\n- three of them",
    )
    told = [(change.what, [(piece.what, piece.words) for piece in change.pieces]) for change in changes]
    assert told == [
        ("changed", [("same", "We build parts that"), ("added", "always"), ("same", "fit.")]),
        ("removed", [("removed", "Old promise to all of you here.")]),
        ("added", [("added", "- three of them")]),
    ]
    assert text_changes(TEXT, TEXT) == []


# --- pages ------------------------------------------------------------------------------------------------------------


def test_open_page_shows_the_current_text_and_nothing_else(boss: User) -> None:
    address = reverse("leadership:policy-public-site", args=["DEN"])
    policy = service.translate(drafted(boss, is_public=True), **GERMAN, by=boss, at=NOW)
    assert Client().get(address).status_code == 404
    policy = approve(policy, boss)
    response = Client().get(address)
    text = response.content.decode()
    assert "We build parts that fit." in text
    assert "Yusuf Chen" in text
    assert response["X-Robots-Tag"] == "noindex"
    for hidden in (policy.reference, "Quality manager", str(policy.uid), "/leadership/"):
        assert hidden not in text
    assert "Wir bauen Teile" in Client().get(address + "?lang=de").content.decode()
    assert Client().get(reverse("leadership:policy-public")).status_code == 404
    service.withdraw(policy, reason="Plant closed", by=boss, at=NOW)
    assert Client().get(address).status_code == 404


def test_policy_that_is_not_open_is_not_shown_to_the_world(boss: User) -> None:
    approved_policy(boss)
    assert Client().get(reverse("leadership:policy-public-site", args=["DEN"])).status_code == 404


def test_page_may_be_indexed_by_choice(boss: User) -> None:
    approved_policy(boss, applies_to=None, is_public=True, is_indexed=True)
    response = Client().get(reverse("leadership:policy-public"))
    assert not response.has_header("X-Robots-Tag")
    assert "noindex" not in response.content.decode()


def test_organizations_policy_is_seen_at_every_site_and_a_draft_by_who_works_on_it(boss: User) -> None:
    organization, local = approved_policy(boss, applies_to=None), approved_policy(boss)
    draft = drafted(boss)
    stranger, employee = omar(), cast_member("Emma Roth", AccessProfile.EMPLOYEE)
    seen = {user: set(Policy.objects.visible_to(user).values_list("pk", flat=True)) for user in (stranger, employee)}
    assert seen == {stranger: {organization.pk}, employee: {organization.pk, local.pk}}
    assert draft in Policy.objects.visible_to(hiro())


def test_approving_through_the_page_wants_the_password(boss: User) -> None:
    policy = service.submit(drafted(boss), by=boss, at=NOW)
    client = as_user(boss)
    sent = {"version": policy.version, "review_on": "2030-01-01", "password": "wrong"}
    assert client.post(url(policy, "approve"), sent).status_code == 422
    assert client.post(url(policy, "approve"), sent | {"password": PASSWORD}).status_code == 302
    policy.refresh_from_db()
    assert policy.status == "approved"
    assert as_user(cast_member("Emma Roth", AccessProfile.EMPLOYEE)).get(url(policy, "approve")).status_code == 403


def test_next_version_starts_from_the_current_text_and_shows_what_would_change(boss: User) -> None:
    quality = hiro()
    policy = approved_policy(boss)
    client = as_user(quality)
    form = client.get(reverse("leadership:policy-new") + f"?from={policy.pk}").context["form"]
    assert form.initial["text"] == TEXT.strip()
    sent = {
        "uid": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "title": "Quality policy", "language": "en",
        "owner": "Hiro Weber", "site": policy.site_id, "applies_to": policy.site_id,
        "text": TEXT.replace("parts that fit", "parts that last"),
    }  # fmt: skip
    assert client.post(reverse("leadership:policy-new"), sent).status_code == 302
    draft = Policy.objects.get(status="draft")
    text = client.get(url(draft, "changes")).content.decode()
    assert "1 paragraph is changed." in text
    assert "<del>fit.</del>" in text
    assert client.get(url(policy, "changes")).status_code == 404


def test_pack_prints_the_rendered_text_and_the_campaigns_of_it(boss: User) -> None:
    policy = approve(service.translate(drafted(boss), **GERMAN, by=boss, at=NOW), boss)
    campaign = asked(policy, by=boss, people=[boss.person, PersonFactory()], target_percent=100)
    acknowledged(campaign, boss.person)
    content = json.loads(policy.versions.get(version=policy.version).content)
    facts = sheet_facts({policy.pk: content}, at=NOW + DAY, name=str, text=str)[policy.pk]
    assert [(row["language"], row["title"]) for row in facts["texts"]] == [
        ("English", "Quality policy"), ("Deutsch", "Qualitätspolitik"),
    ]  # fmt: skip
    assert "<li>Anybody stops the line.</li>" in facts["texts"][0]["html"]
    total = facts["campaigns"][0]["progress"].total
    assert (total.done, total.asked) == (1, 2)


def test_text_is_read_in_the_language_chosen_by_link(boss: User) -> None:
    from leadership.services import acknowledgement_link
    from tests.leadership.acknowledgements import addressee

    policy = approve(service.translate(drafted(boss), **GERMAN, by=boss, at=NOW), boss)
    campaign = asked(policy, by=boss, people=[boss.person])
    link = acknowledgement_link.hand_over(addressee(campaign, boss.person), by=boss, at=NOW).secret_link
    path = "/" + link.split("/", 3)[3]
    assert "We build parts" in Client().get(path).content.decode()
    assert "Wir bauen Teile" in Client().get(path + "?lang=de").content.decode()
    Client().post(path, {"language": "de"})
    assert campaign.acknowledgements.get().language == "de"
