"""Asking for a pack: what enters, what is counted, what the request leaves behind."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from audits.models import Pack, PackItem
from audits.services import pack as pack_service
from audits.services import pack_build
from audits.services.pack_selection import default_clauses, estimate, with_descendants
from leadership.models import Activity
from qms.models import Job, RecordVersion, TrailEntry
from qms.services import record as record_service
from tests.audits import packs
from tests.factories import NOW, ClauseFactory, EditionFactory, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db


def frozen(by: object, chosen: list[object], **fields: object) -> Pack:
    pack = packs.requested(by, chosen, **fields)  # type: ignore[arg-type]
    pack_build.start(pack.pk, at=NOW, is_queued=False)
    return Pack.objects.get(pk=pack.pk)


def test_request_gives_number_trail_and_job() -> None:
    top, *_rest = packs.clauses()
    pack = packs.requested(yusuf(), [top])
    assert pack.reference == "PACK-DEN-2026-0001"
    assert pack.title == "ISO 9001:2026, clause 5.1 · Denver plant"
    assert list(TrailEntry.objects.filter(record=pack).values_list("verb", flat=True)) == ["pack.requested"]
    assert pack.job is not None
    assert pack.job.status == Job.Status.QUEUED


def test_request_without_a_site_is_refused() -> None:
    top, *_rest = packs.clauses()
    with pytest.raises(pack_service.EmptyScope):
        packs.requested(yusuf(), [top], sites=[])
    assert Pack.objects.count() == 0


def test_request_with_the_period_upside_down_is_refused() -> None:
    top, *_rest = packs.clauses()
    with pytest.raises(ValidationError, match="must end on or after"):
        packs.requested(yusuf(), [top], from_on=date(2026, 5, 2), to_on=date(2026, 5, 1))


def test_descendants_come_with_their_clause_in_printed_order() -> None:
    top, general, focus = packs.clauses()
    ClauseFactory(edition=top.edition, number="6.1")
    assert with_descendants(top.edition, [top]) == [top, general, focus]


def test_default_clauses_are_leadership_risk_objectives_and_improvement() -> None:
    edition = EditionFactory()
    for number in ("4", "5", "5.1", "6.1", "6.2", "9", "10"):
        ClauseFactory(edition=edition, number=number)
    assert sorted(c.number for c in default_clauses(edition)) == ["10", "5", "6.1", "6.2"]


def test_frozen_items_are_what_counts_then_what_was_withdrawn() -> None:
    top, general, focus = packs.clauses()
    by = yusuf()
    older, newer, gone = (logged_activity(by, days_ago=n) for n in (9, 2, 5))
    packs.withdrawn(gone, by)
    logged_activity(by, days_ago=400)
    logged_activity(by, status=Activity.Status.DRAFT)
    pack = frozen(by, [top])
    rows = [
        (item.position, item.record_id, item.clause_id, item.standing, item.is_home)
        for item in PackItem.objects.filter(pack=pack).order_by("position", "pk")
    ]
    assert rows == [
        (1, older.pk, general.pk, "counts", True), (1, older.pk, focus.pk, "counts", False),
        (2, newer.pk, general.pk, "counts", True), (2, newer.pk, focus.pk, "counts", False),
        (3, gone.pk, general.pk, "withdrawn", True), (3, gone.pk, focus.pk, "withdrawn", False),
    ]  # fmt: skip
    assert pack.item_count == 3


def test_frozen_item_has_the_version_and_the_chain_of_the_cutoff() -> None:
    _top, general, _focus = packs.clauses()
    by = yusuf()
    walk = packs.corrected(logged_activity(by), by, "Wrong shift", notes="Night shift")
    pack = frozen(by, [general])
    packs.corrected(walk, by, "Once more", notes="Day shift")
    item = PackItem.objects.get(pack=pack)
    entries = TrailEntry.objects.filter(record=walk).order_by("seq")
    assert (item.version, item.content_hash) == (2, RecordVersion.objects.get(record=walk, version=2).content_hash)
    assert (item.chain_length, item.chain_head) == (2, entries[1].hash)


def test_late_entry_is_marked() -> None:
    _top, general, _focus = packs.clauses()
    by = yusuf()
    logged_activity(by, days_ago=3)
    logged_activity(by)
    items = PackItem.objects.filter(pack=frozen(by, [general])).order_by("position")
    assert list(items.values_list("is_late", flat=True)) == [True, False]


def test_rights_of_the_requester_decide_what_enters() -> None:
    _top, general, _focus = packs.clauses()
    quality = hiro()
    secret = logged_activity(quality, is_confidential=True)
    shown = logged_activity(quality)
    leader_pack, quality_pack = frozen(yusuf(), [general]), frozen(quality, [general])
    assert list(PackItem.objects.filter(pack=leader_pack).values_list("record_id", flat=True)) == [shown.pk]
    assert set(PackItem.objects.filter(pack=quality_pack).values_list("record_id", flat=True)) == {secret.pk, shown.pk}
    assert (leader_pack.is_confidential, quality_pack.is_confidential) == (False, True)


def test_pack_with_confidential_records_is_not_shown_to_others() -> None:
    _top, general, _focus = packs.clauses()
    quality = hiro()
    logged_activity(quality, is_confidential=True)
    pack = frozen(quality, [general])
    assert Pack.objects.visible_to(quality).get() == pack
    assert list(Pack.objects.visible_to(yusuf())) == []


def test_pack_of_two_sites_is_shown_only_to_who_sees_both() -> None:
    _top, general, _focus = packs.clauses()
    leader, outsider = yusuf(), omar()
    both = hiro()
    both.sites.add(outsider.person.site)
    pack = packs.requested(both, [general], sites=[leader.person.site, outsider.person.site])
    assert Pack.objects.visible_to(both).get() == pack
    assert [list(Pack.objects.visible_to(user)) for user in (leader, outsider)] == [[], []]


def test_estimate_counts_what_would_enter() -> None:
    top, *_rest = packs.clauses()
    by = yusuf()
    packs.withdrawn(logged_activity(by), by)
    logged_activity(by, days_ago=1)
    logged_activity(by, days_ago=2)
    found = estimate(packs.scope([top]), by)
    assert (found.records, found.withdrawn, found.photos, found.is_capped) == (2, 1, 0, False)


def test_estimate_for_another_site_is_empty() -> None:
    top, *_rest = packs.clauses()
    logged_activity(yusuf())
    assert estimate(packs.scope([top]), omar()).records == 0


def test_pack_that_failed_before_it_was_frozen_can_start_again() -> None:
    top, *_rest = packs.clauses()
    by = yusuf()
    pack = pack_service.fail(packs.requested(by, [top]), "No disk", at=NOW)
    assert (pack.status, pack.failure) == ("failed", "No disk")
    pack_service.retry(pack, by=by, at=NOW + timedelta(minutes=1))
    pack_build.start(pack.pk, at=NOW + timedelta(minutes=2), is_queued=False)
    again = Pack.objects.get(pk=pack.pk)
    assert (again.status, again.failure, bool(again.frozen)) == ("building", "", True)


def test_retry_of_a_pack_that_has_not_failed_is_refused() -> None:
    top, *_rest = packs.clauses()
    by = yusuf()
    with pytest.raises(pack_service.CannotRetry):
        pack_service.retry(packs.requested(by, [top]), by=by, at=NOW)


def test_supersede_of_an_unfinished_pack_is_refused() -> None:
    top, *_rest = packs.clauses()
    by = yusuf()
    with pytest.raises(pack_service.CannotSupersede):
        pack_service.supersede(packs.requested(by, [top]), by=by, at=NOW)


def test_pack_moves_only_along_its_transitions() -> None:
    top, *_rest = packs.clauses()
    with pytest.raises(record_service.IllegalTransition):
        record_service.move(packs.requested(yusuf(), [top]), Pack.Status.READY)
