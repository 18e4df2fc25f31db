"""Merging root causes: everything moves with a version and the trail, recurrence follows, the old name leads there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from objectives.models import Cause, Nonconformity
from objectives.services import cause_merge as service
from objectives.services import nonconformity as nonconformity_service
from objectives.services import nonconformity_recurrence as recurrence
from qms.models import RecordVersion, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services import trail_check
from qms.services.wording import ReasonMissing
from tests.factories import NOW, TODAY, cast_member, hiro, omar, yusuf
from tests.objectives.actions import as_user
from tests.objectives.nonconformities import WEAR, analyzed, closed

pytestmark = pytest.mark.django_db
PAGE = reverse("objectives:cause-merge")
WORN = "Tool worn out"


def causes() -> tuple[Cause, Cause]:
    return Cause.objects.get(name=WORN), Cause.objects.get(name=WEAR)


def merge(by: User, **values: object) -> Cause:
    old, new = causes()
    facts: dict[str, object] = {"into": new, "reason": "The same", "by": by, "at": NOW}
    return service.merge(old, **(facts | values))  # type: ignore[arg-type]


def test_everything_moves_with_a_version_and_an_entry_and_chains_verify() -> None:
    boss, quality = yusuf(), hiro()
    shut = closed(boss, cause=WORN, at=NOW - timedelta(days=60))
    gone = nonconformity_service.withdraw(analyzed(boss, WORN), reason="Twice", by=boss, at=NOW)
    stays = analyzed(boss)
    merge(quality)
    old, new = causes()
    for row in Nonconformity.objects.filter(pk__in=[shut.pk, gone.pk]):
        before = shut if row.pk == shut.pk else gone
        assert (row.cause, row.version, row.status, row.occurred_on) == (
            new, before.version + 1, before.status, before.occurred_on,
        )  # fmt: skip
        entry = TrailEntry.objects.filter(record=row.pk).latest("seq")
        assert (entry.verb, entry.reason) == ("nonconformity.cause_merged", "The same")
        assert f'"facts.cause":["{WORN}","{WEAR}"]' in entry.changes
        assert WORN in RecordVersion.objects.get(record=row.pk, version=before.version).content
    assert Nonconformity.objects.get(pk=stays.pk).version == stays.version
    assert (old.is_active, old.merged_into) == (False, new)
    assert [TrailEntry.objects.get(chain=c.trail_key, verb=v).reason for c, v in (
        (old, "cause.merged"), (new, "cause.received"),
    )] == ["The same", "The same"]  # fmt: skip
    assert not trail_check.verify().problems


def test_recurrence_follows() -> None:
    boss = yusuf()
    analyzed(boss, WORN, title="First", happened_on=TODAY - timedelta(days=100))
    second = analyzed(boss, title="Second")
    assert recurrence.of(second, boss).time == 1
    merge(hiro())
    assert recurrence.of(Nonconformity.objects.get(pk=second.pk), boss).time == 2
    assert [(line.name, line.count) for line in recurrence.causes(boss, today=TODAY)] == [(WEAR, 2)]


def test_old_name_leads_to_where_it_was_merged_however_often() -> None:
    boss, quality = yusuf(), hiro()
    analyzed(boss, WORN)
    analyzed(boss)
    analyzed(boss, "Wear")
    merge(quality)
    new = Cause.objects.get(name=WEAR)
    service.merge(new, into=Cause.objects.get(name="Wear"), reason="Shorter", by=quality, at=NOW)
    assert analyzed(boss, WORN.upper()).cause == Cause.objects.get(name="Wear")
    assert Nonconformity.objects.filter(cause__name="Wear").count() == 4


def test_again_changes_nothing() -> None:
    boss, quality = yusuf(), hiro()
    moved = analyzed(boss, WORN)
    analyzed(boss)
    merge(quality)
    entries = TrailEntry.objects.count()
    assert merge(quality).name == WEAR
    assert TrailEntry.objects.count() == entries
    assert Nonconformity.objects.get(pk=moved.pk).version == moved.version + 1


def test_what_cannot_be_merged_is_refused_and_nothing_moves() -> None:
    boss, quality = yusuf(), hiro()
    analyzed(boss, WORN)
    analyzed(boss)
    analyzed(boss, "Wear")
    old, _new = causes()
    with pytest.raises(ReasonMissing):
        merge(quality, reason=" ")
    with pytest.raises(service.CannotMerge, match="two different"):
        merge(quality, into=old)
    merge(quality)
    third = Cause.objects.get(name="Wear")
    with pytest.raises(service.CannotMerge, match="merged already"):
        merge(quality, into=third)
    with pytest.raises(service.CannotMerge, match="merged itself"):
        service.merge(third, into=old, reason="Back", by=quality, at=NOW)
    assert Nonconformity.objects.filter(cause=third).count() == 1


def test_database_refuses_a_merged_cause_that_is_active() -> None:
    boss = yusuf()
    analyzed(boss, WORN)
    analyzed(boss)
    old, new = causes()
    with pytest.raises(IntegrityError), transaction.atomic():
        Cause.objects.filter(pk=old.pk).update(merged_into=new)


def test_failure_in_the_middle_leaves_nothing_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    boss, quality = yusuf(), hiro()
    analyzed(boss, WORN)
    analyzed(boss)
    write = service.trail.write

    def fails(subject: object, verb: str, **values: object) -> TrailEntry:
        if verb == "cause.received":
            raise RuntimeError(verb)
        return write(subject, verb, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(service.trail, "write", fails)
    with pytest.raises(RuntimeError):
        merge(quality)
    old, _new = causes()
    assert (old.merged_into, Nonconformity.objects.filter(cause=old).count()) == (None, 1)
    assert not TrailEntry.objects.filter(verb__contains="merged").exists()


def test_page_shows_what_moves_then_merges_and_a_second_tap_does_no_harm() -> None:
    boss, quality = yusuf(), hiro()
    found = analyzed(boss, WORN, title="Bore too wide again")
    closed(boss, cause=WORN, at=NOW - timedelta(days=60))
    analyzed(boss)
    old, new = causes()
    client, data = as_user(quality), {"cause": old.pk, "into": new.pk, "reason": "The same"}
    page = " ".join(client.post(PAGE, data).content.decode().split())
    moving = "2 nonconformities move: 1 open, 1 closed, 0 withdrawn"
    for words in (moving, "this one 2, the other 1, together 3", found.reference, "Merge them"):
        assert words in page, words
    assert causes()[0].merged_into is None
    assert client.post(PAGE, data | {"confirm": "1"}).status_code == 302
    assert causes()[0].merged_into == new
    assert client.post(PAGE, data | {"confirm": "1"}).status_code == 302
    assert "merged already" in client.post(PAGE, data).content.decode()
    form = client.get(PAGE).content.decode()
    assert WORN not in form
    answer = client.post(PAGE, data | {"cause": "x", "confirm": "1"})
    assert answer.status_code == 422


def test_administrator_is_told_how_many_move_unseen() -> None:
    boss = yusuf()
    analyzed(boss, WORN, title="Customer Acme", is_confidential=True)
    analyzed(boss)
    administrator = cast_member("Ada Admin", AccessProfile.ADMINISTRATOR, has_all_sites=True)
    old, new = causes()
    page = as_user(administrator).post(PAGE, {"cause": old.pk, "into": new.pk, "reason": "The same"}).content.decode()
    assert "1 of them you may not read" in page
    assert "Acme" not in page


def test_only_who_may_and_reaches_every_site_merges() -> None:
    boss, quality = yusuf(), hiro()
    omar()  # another site
    analyzed(boss, WORN)
    analyzed(boss)
    old, new = causes()
    data = {"cause": old.pk, "into": new.pk, "reason": "The same", "confirm": "1"}
    assert as_user(boss).post(PAGE, data).status_code == 403
    quality.has_all_sites = False
    quality.save()
    answer = as_user(quality).post(PAGE, data, follow=True)
    assert "somebody who reaches all of them" in answer.content.decode()
    assert causes()[0].merged_into is None


def test_link_stands_on_the_page_of_causes_for_who_may() -> None:
    boss, quality = yusuf(), hiro()
    analyzed(boss, WORN)
    analyzed(boss)
    page = reverse("objectives:nonconformity-recurrence")
    assert PAGE in as_user(quality).get(page).content.decode()
    assert PAGE not in as_user(boss).get(page).content.decode()
