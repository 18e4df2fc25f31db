"""Somebody who has left is redacted: names give way to hashes, and everything still verifies."""

import json
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadership.models import Activity
from qms import triggers
from qms.models import Person, RecordPerson, RecordVersion, Signature, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import person as person_service
from qms.services import record as record_service
from qms.services import redaction, trail, trail_check
from qms.services.redaction_text import Rewriter
from qms.services.timeline import timeline_of
from tests.factories import NOW, PersonFactory, cast_member, hiro, logged_activity, yusuf

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=30)
NAME = "Paula Sato-Ödegård"
OLD_NAME = "Paula Sato"


@pytest.fixture
def paula() -> Person:
    """She worked at line 3, married, was met, reported by name in free text, had a log-in, and has left."""
    boss = yusuf()
    login = cast_member(OLD_NAME, "employee")
    person = login.person
    activity = logged_activity(boss, title="Gauge check with Paula Sato")
    activity.notes = "Paula Satoyama was not there, Paula Sato was."
    record_service.set_people(activity, RecordPerson.Part.MET, [(person, "")])
    record_service.seal(activity, "activity.corrected", by=boss, at=NOW, reason="Said more")
    record_service.sign(activity, meaning="Confirmed", by=boss, at=NOW, method="password")
    person_service.edit(person, by=boss, at=NOW, name=NAME, email="paula@plant.example")
    person_service.edit(PersonFactory(name="Ben Low"), by=boss, at=NOW, manager=Person.objects.get(pk=person.pk))
    logged_activity(boss, title="Nothing to do with her")
    person_service.deactivate(person, by=None, at=NOW, reason="Left")
    trail_check.checkpoint(at=NOW)
    return Person.objects.get(pk=person.pk)


def everything_said() -> str:
    """Every text of the tables that the trail protects and of today's records."""
    texts = [*TrailEntry.objects.values_list("changes", flat=True)]
    texts += RecordVersion.objects.values_list("content", flat=True)
    texts += [f"{row}" for row in Activity.objects.values_list("title", "notes")]
    texts += [f"{row}" for row in RecordPerson.objects.values_list("name", flat=True)]
    texts += [f"{row}" for row in Person.objects.values_list("name", "search_name", "email")]
    texts += User.objects.values_list("email", flat=True)
    return "\n".join(texts)


def member(name: str) -> User:
    """Yusuf, whom the story has already, or Hiro, who comes in when first asked for."""
    return User.objects.filter(person__name=name).first() or {"Yusuf Chen": yusuf, "Hiro Weber": hiro}[name]()


def redact(person: Person) -> Person:
    return redaction.redact(person, by=member("Hiro Weber"), at=LATER, reason="Asked to be forgotten")


def test_names_and_addresses_are_gone_and_everything_verifies(paula: Person) -> None:
    before = {entry.pk: entry.hash for entry in TrailEntry.objects.all()}
    assert OLD_NAME in everything_said()
    done = redact(paula)
    said = everything_said().replace("Paula Satoyama", "")
    for value in (NAME, OLD_NAME, "paula@plant.example", "paula.sato@plant.example", "ödegård"):
        assert value not in said, value
    assert done.name.startswith("[redacted ")
    assert done.is_redacted
    report = trail_check.verify()
    assert report.problems == []
    assert {entry.pk: entry.hash for entry in TrailEntry.objects.filter(pk__in=before)} == before
    assert trail_check.checkpoint(at=LATER).seq == 2
    assert trail_check.verify().problems == []


def test_other_peoples_words_stay(paula: Person) -> None:
    redact(paula)
    notes = Activity.objects.order_by("pk")[0].notes
    assert notes.startswith("Paula Satoyama was not there, [redacted ")
    assert Activity.objects.order_by("pk")[1].title == "Nothing to do with her"
    untouched = Activity.objects.order_by("pk")[1]
    assert not TrailEntry.objects.filter(record=untouched, verb="trail.redacted").exists()


def test_the_act_is_in_the_trail_of_everything_it_touched(paula: Person) -> None:
    activity = Activity.objects.order_by("pk")[0]
    originals = {v.version: (v.content, v.content_hash) for v in activity.versions.all()}
    redact(paula)
    act = TrailEntry.objects.get(record=activity, verb="trail.redacted")
    steps = {(what, number): (before, after) for what, number, before, after in json.loads(act.changes)["texts"]}
    for version in activity.versions.all():
        content, content_hash = originals[version.version]
        assert version.content != content
        assert version.content_hash == content_hash == trail.digest(content)
        assert steps["version", version.version] == (content_hash, trail.digest(version.content))
    assert act.reason == "Asked to be forgotten"
    assert act.by == member("Hiro Weber").person
    chains = set(TrailEntry.objects.filter(verb="trail.redacted").values_list("chain", flat=True))
    ben = Person.objects.get(name="Ben Low")
    assert chains == {activity.trail_key, paula.trail_key, ben.trail_key}
    newest = timeline_of(activity)[0]
    assert (newest.label, newest.reason, newest.changes) == ("Personal data redacted", "Asked to be forgotten", [])
    assert any("[redacted " in change.after for entry in timeline_of(activity)[1:] for change in entry.changes)


def test_the_hash_cannot_be_found_by_trying_names(paula: Person) -> None:
    name = redact(paula).name
    assert name != Rewriter(str(paula.uid), [NAME], salt="").label(NAME)


def test_a_redacted_record_can_be_changed_and_the_next_person_redacted(paula: Person) -> None:
    redact(paula)
    activity = Activity.objects.order_by("pk")[0]
    ben = Person.objects.get(name="Ben Low")
    record_service.set_people(activity, RecordPerson.Part.MET, [(paula, ""), (ben, "")])
    record_service.seal(activity, "activity.corrected", by=member("Yusuf Chen"), at=LATER, reason="Ben was there")
    assert "Paula Sato " not in activity.versions.latest("version").content
    person_service.deactivate(ben, by=None, at=LATER)
    yusuf_person = member("Yusuf Chen").person
    Person.objects.filter(pk=yusuf_person.pk).update(deactivated_at=LATER)
    redact(ben)
    redact(Person.objects.get(pk=yusuf_person.pk))  # stands in the same texts: they are redacted a second time
    assert trail_check.verify().problems == []
    assert "Yusuf Chen" not in everything_said()


def test_signature_keeps_its_name(paula: Person) -> None:
    signer = member("Yusuf Chen").person
    Person.objects.filter(pk=signer.pk).update(deactivated_at=LATER)
    assert redaction.preview(Person.objects.get(pk=signer.pk)).signatures == 1
    redact(Person.objects.get(pk=signer.pk))
    assert Signature.objects.get().name == "Yusuf Chen"
    assert trail_check.verify().problems == []


def test_preview_counts_and_changes_nothing(paula: Person) -> None:
    before = everything_said()
    PersonFactory(name=NAME)
    TrailEntry.objects.count()
    shown = redaction.preview(paula)
    assert shown.values == sorted([NAME, OLD_NAME, "paula@plant.example", "paula.sato@plant.example"])
    assert (shown.versions, shown.signatures, shown.reasons, shown.namesakes) == (2, 0, 0, 1)
    assert shown.entries > 2
    assert shown.rows > 2
    assert everything_said().startswith(before[:200])
    assert not TrailEntry.objects.filter(verb="trail.redacted").exists()


@pytest.mark.parametrize("reason", ["", "  ", "Paula Sato asked for it"])
def test_reason_is_needed_and_names_nobody(paula: Person, reason: str) -> None:
    with pytest.raises(redaction.CannotRedact):
        redaction.redact(paula, by=None, at=LATER, reason=reason)


def test_only_once_and_only_who_has_left_and_there_is_no_way_back(paula: Person) -> None:
    with pytest.raises(redaction.CannotRedact, match="Deactivate"):
        redact(PersonFactory(name="Still Here"))
    done = redact(paula)
    with pytest.raises(redaction.CannotRedact, match="already"):
        redact(done)
    with pytest.raises(person_service.CannotReactivate):
        person_service.reactivate(done, by=None, at=LATER)


def test_log_in_is_gone(paula: Person) -> None:
    redact(paula)
    login = User.objects.get(person=paula)
    assert not login.is_active
    assert not login.has_usable_password()
    assert login.email.endswith("@redacted.invalid")


# --- the database lets exactly this through --------------------------------------------------------------------------


def refused(sql: str, *params: object) -> bool:
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, list(params))  # type: ignore[arg-type]  # plain values
    return triggers.MESSAGE in str(error.value)


def test_triggers_refuse_what_no_redaction_names(paula: Person) -> None:
    activity = Activity.objects.order_by("pk")[0]
    redact(paula)
    where = f"WHERE record_id = {activity.pk}"
    assert refused(f"UPDATE qms_recordversion SET content = '{{}}' {where}")
    assert refused(f"UPDATE qms_recordversion SET content = content {where}")
    assert refused(f"UPDATE qms_trailentry SET changes = '{{}}' {where}")
    assert refused(f"UPDATE qms_trailentry SET reason = '' {where}")
    assert refused(f"UPDATE qms_trailentry SET changes = '{{}}' {where} AND verb = 'trail.redacted'")


def test_triggers_let_the_named_text_through_alone_and_only_there(paula: Person) -> None:
    """A row of another record with the same text, and another column beside the text, are refused."""
    user = member("Yusuf Chen")
    first, other = Activity.objects.order_by("pk")
    version = first.versions.get(version=1)
    after = version.content.replace("Gauge", "[redacted]")
    step = ["version", 1, trail.digest(version.content), trail.digest(after)]
    trail.write(other, "trail.redacted", by=user, at=LATER, changes={"texts": [step]})
    change = "UPDATE qms_recordversion SET content = %s {} WHERE id = %s"
    assert refused(change.format(""), after, version.pk)
    trail.write(first, "trail.redacted", by=user, at=LATER, changes={"texts": [step]})
    assert refused(change.format(", version = 9"), after, version.pk)
    assert refused(change.format(", content_hash = ''"), after, version.pk)
    assert refused(change.format(""), after + " ", version.pk)
    with connection.cursor() as cursor:
        cursor.execute(change.format(""), [after, version.pk])
    assert trail_check.verify().problems == []


# --- and the check tells a redacted text from an altered one ---------------------------------------------------------


def found_after(sql: str, *params: object) -> list[str]:
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))  # type: ignore[arg-type]  # plain values
        assert cursor.rowcount > 0
    triggers.install(connection)
    return [str(problem) for problem in trail_check.verify().problems]


def test_redacted_version_altered_afterwards_is_found(paula: Person) -> None:
    redact(paula)
    activity = Activity.objects.order_by("pk")[0]
    assert found_after(
        "UPDATE qms_recordversion SET content = replace(content, 'Gauge', 'Valve') "
        "WHERE record_id = %s AND version = 2",
        activity.pk,
    ) == [f"{activity.reference}: the content of version 2 was changed"]


def test_redacted_entry_altered_afterwards_is_found(paula: Person) -> None:
    redact(paula)
    problems = found_after(
        "UPDATE qms_trailentry SET changes = changes || ' ' WHERE chain = %s AND verb = 'person.changed'",
        paula.trail_key,
    )
    assert problems[0].startswith(paula.trail_key)
    assert "was changed: what it says does not give its hash" in problems[0]


@pytest.mark.parametrize("change", ["changes = '{}'", "changes = 'no JSON'", "reason = 'Forged'"])
def test_altered_act_of_redaction_is_found(paula: Person, change: str) -> None:
    redact(paula)
    activity = Activity.objects.order_by("pk")[0]
    problems = found_after(
        f"UPDATE qms_trailentry SET {change} WHERE record_id = {activity.pk} AND verb = 'trail.redacted'"
    )
    assert any("“trail.redacted” was changed" in problem for problem in problems)


def test_rewriter_keeps_single_words_in_sentences_and_other_peoples_names() -> None:
    rewriter = Rewriter("u1", ["Li", "Li Wei", "li@x.example"], salt="s")
    label = rewriter.label
    assert rewriter.text("Li") == label("Li")
    assert rewriter.text("Li saw Li Wei (li@x.example), not Li Weixin") == (
        f"Li saw {label('Li Wei')} ({label('li@x.example')}), not Li Weixin"
    )
    people = [{"uid": "u1", "name": "Li Wei"}, {"uid": "u2", "name": "Li Wei"}, {"uid": "", "name": "Li Wei"}]
    assert [p["name"] for p in rewriter.content(people)] == [label("Li Wei"), "Li Wei", label("Li Wei")]


# --- the page --------------------------------------------------------------------------------------------------------


def elevated(client: Client) -> Client:
    client.force_login(cast_member("Hiro Xu", AccessProfile.ADMINISTRATOR))
    session = client.session
    session["elevated_until"] = timezone.now().timestamp() + 600
    session.save()
    return client


def test_page_asks_for_an_elevated_session(paula: Person, client: Client) -> None:
    client.force_login(cast_member("Hiro Xu", AccessProfile.ADMINISTRATOR))
    there = reverse("qms:person-redact", args=[paula.uid])
    response = client.post(there, {"reason": "Asked", "is_final": "on"})
    assert response.status_code == 302
    assert response["Location"].startswith("/account/elevate/")
    assert not Person.objects.get(pk=paula.pk).is_redacted


def test_quality_manager_may_not(paula: Person, client: Client) -> None:
    client.force_login(member("Hiro Weber"))
    assert client.get(reverse("qms:person-redact", args=[paula.uid])).status_code == 403


def test_administrator_of_one_site_redacts_nobody_who_reached_more(paula: Person) -> None:
    local = cast_member("Hiro Xu", AccessProfile.ADMINISTRATOR)
    login = User.objects.get(person=paula)
    login.has_all_sites = True
    login.save(update_fields=["has_all_sites"])
    with pytest.raises(redaction.CannotRedact, match="reaches sites"):
        redaction.redact(paula, by=local, at=LATER, reason="Asked to be forgotten")
    assert not Person.objects.get(pk=paula.pk).is_redacted


def test_page_shows_what_goes_and_what_stays_and_then_does_it(paula: Person, client: Client) -> None:
    there = reverse("qms:person-redact", args=[paula.uid])
    elevated(client)
    assert there in client.get(reverse("qms:person-detail", args=[paula.uid])).content.decode()
    page = client.get(there).content.decode()
    assert OLD_NAME in page
    assert "Names under signatures" in page
    for data in ({"reason": "Asked"}, {"is_final": "on"}, {"reason": "Paula Sato asked", "is_final": "on"}):
        assert client.post(there, data).status_code == 422
        assert not Person.objects.get(pk=paula.pk).is_redacted
    response = client.post(there, {"reason": "Asked to be forgotten", "is_final": "on"}, follow=True)
    page = response.content.decode()
    assert "The personal data is redacted" in page
    assert "Personal data redacted" in page
    assert OLD_NAME not in page
    assert there not in page
    assert reverse("qms:person-reactivate", args=[paula.uid]) not in page
    assert trail_check.verify().problems == []


def test_page_of_somebody_still_here_says_why_not(client: Client) -> None:
    person = PersonFactory(name="Still Here")
    response = elevated(client).get(reverse("qms:person-redact", args=[person.uid]), follow=True)
    assert "Deactivate the person first" in response.content.decode()
