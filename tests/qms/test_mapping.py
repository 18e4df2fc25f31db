"""Mappings: opened, changed, ended, previewed, re-linked, imported."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from qms.models import ClauseLink, ClauseMapping, Job, Notification, TrailEntry
from qms.records import all_kinds
from qms.services import mapping as service
from qms.services import mapping_sheet
from qms.services.mapping import MappingRefused, Rule
from qms.services.mapping_preview import Preview, Proposal, preview
from qms.services.sheet import Sheet
from tests.factories import (
    NOW,
    TODAY,
    ActivityTypeFactory,
    ClauseFactory,
    MappingFactory,
    SiteFactory,
    hiro,
    logged_activity,
    yusuf,
)

pytestmark = pytest.mark.django_db

WEEK = timedelta(days=7)
COUNTING = ", ".join(sorted(declared.kind for declared in all_kinds() if declared.counting_phases))


def open_walks(effective_from: date = TODAY, **changes: Any) -> ClauseMapping:
    ActivityTypeFactory()
    facts = {"kind": "activity", "subtype": "floor-walk", "clause": ClauseFactory(), "rule": Rule()} | changes
    return service.open_mapping(**facts, effective_from=effective_from, reason="Because", by=None, at=NOW)


def foresee(rule: Rule | None, current: ClauseMapping | None, start: date = TODAY, **changes: Any) -> Preview:
    facts = {"kind": "activity", "subtype": "floor-walk", "clause": ClauseFactory()} | changes
    before = list(ClauseMapping.objects.values()), list(ClauseLink.objects.values())
    sites = [SiteFactory(), SiteFactory(code="LYO")]
    found = preview(Proposal(**facts, rule=rule, effective_from=start, current=current), sites=sites, today=TODAY)
    assert (list(ClauseMapping.objects.values()), list(ClauseLink.objects.values())) == before
    return found


def test_new_mapping_links_the_records_from_its_day_on() -> None:
    user = yusuf()
    logged_activity(user, days_ago=8)
    recent = logged_activity(user, days_ago=7)
    mapping = open_walks(TODAY - WEEK)
    assert ClauseLink.objects.get().record_id == recent.pk
    assert TrailEntry.objects.get(chain=mapping.trail_key).verb == "mapping.opened"


def test_change_closes_the_row_and_opens_one_that_supersedes_it() -> None:
    old = open_walks(TODAY - WEEK)
    early, late = logged_activity(yusuf(), days_ago=3), logged_activity(yusuf_again(), days_ago=1)
    new = service.change(
        old, Rule(min_count=4), effective_from=TODAY - timedelta(days=2), reason="More", by=None, at=NOW
    )
    old.refresh_from_db()
    assert (old.effective_to, new.supersedes, new.min_count) == (TODAY - timedelta(days=2), old, 4)
    assert dict(ClauseLink.objects.values_list("record_id", "mapping_id")) == {early.pk: old.pk, late.pk: new.pk}
    assert [row.pk for row in service.history(new)] == [new.pk, old.pk]


def yusuf_again() -> Any:
    from qms.models import User

    return User.objects.get(person__name="Yusuf Chen")


def test_change_to_the_same_rule_changes_nothing() -> None:
    old = open_walks()
    assert service.change(old, Rule(), effective_from=TODAY, reason="", by=None, at=NOW) == old
    assert ClauseMapping.objects.count() == 1


def test_superseded_row_cannot_be_changed_again() -> None:
    old = open_walks(TODAY - WEEK)
    service.change(old, Rule(min_count=2), effective_from=TODAY, reason="", by=None, at=NOW)
    with pytest.raises(MappingRefused, match="already ended or been superseded"):
        service.change(old, Rule(min_count=3), effective_from=TODAY, reason="", by=None, at=NOW)


def test_change_before_its_beginning_is_refused() -> None:
    with pytest.raises(MappingRefused, match="before it began"):
        service.change(open_walks(), Rule(min_count=2), effective_from=TODAY - WEEK, reason="", by=None, at=NOW)


def test_ended_mapping_lets_go_of_later_records_only() -> None:
    mapping = open_walks(TODAY - WEEK)
    early = logged_activity(yusuf(), days_ago=5)
    logged_activity(yusuf_again(), days_ago=1)
    service.end(mapping, effective_to=TODAY - timedelta(days=2), reason="Wrong", by=None, at=NOW)
    assert ClauseLink.objects.get().record_id == early.pk


def test_overlapping_mapping_is_refused_and_a_later_one_is_not() -> None:
    mapping = open_walks(TODAY - WEEK)
    with pytest.raises(MappingRefused, match=r"already counts for 5\.1\.2"):
        open_walks(TODAY)
    service.end(mapping, effective_to=TODAY, reason="", by=None, at=NOW)
    assert open_walks(TODAY).effective_to is None


@pytest.mark.parametrize(("kind", "subtype"), [("pack", ""), ("horoscope", ""), ("activity", "siesta")])
def test_unknown_kind_or_type_is_refused(kind: str, subtype: str) -> None:
    with pytest.raises(MappingRefused):
        open_walks(kind=kind, subtype=subtype)


def test_preview_of_a_new_mapping_says_what_turns_current_and_how_many_gain() -> None:
    user = yusuf()
    logged_activity(user, days_ago=3)
    logged_activity(user, days_ago=30)
    assert foresee(Rule(), None, TODAY - WEEK).sentences == [
        "5.1.2 turns from missing to current at 1 site (Denver plant).", "1 record gains 5.1.2.",
    ]  # fmt: skip


def test_preview_of_an_end_says_what_turns_missing() -> None:
    mapping = open_walks(TODAY - WEEK)
    logged_activity(yusuf())
    assert foresee(None, mapping).sentences == [
        "5.1.2 turns from current to missing at 1 site (Denver plant).", "1 record loses 5.1.2.",
    ]  # fmt: skip


def test_preview_of_a_stricter_rule_says_what_turns_stale() -> None:
    mapping = open_walks(TODAY - WEEK)
    logged_activity(yusuf(), days_ago=1)
    assert foresee(Rule(min_count=3), mapping).sentences == [
        "5.1.2 turns from current to stale at 1 site (Denver plant)."
    ]
    assert foresee(Rule(max_age_days=80), mapping).sentences == ["No clause changes its status."]


def test_preview_agrees_with_what_then_happens() -> None:
    from qms.services.coverage import coverage

    user = yusuf()
    for days_ago in (1, 20, 45):
        logged_activity(user, days_ago=days_ago)
    rule = Rule(max_age_days=30, min_count=2)
    turned = {change.clause.pk: change.after for change in foesee_all(rule)}
    open_walks(TODAY - timedelta(days=60), rule=rule)
    rows = coverage(ClauseFactory().edition, [SiteFactory()], on=TODAY)
    assert turned == {row.clause.pk: row.status for row in rows}


def foesee_all(rule: Rule) -> Any:
    return foresee(rule, None, TODAY - timedelta(days=60)).changes


def test_many_records_are_linked_by_a_task_with_progress_and_a_notice(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    import qms.tasks  # noqa: F401  registers the task, as a worker does

    monkeypatch.setattr(service, "RELINK_AT_ONCE", 1)
    user, quality = yusuf(), hiro()
    for _n in range(3):
        logged_activity(user)
    ActivityTypeFactory()
    with django_capture_on_commit_callbacks(execute=True):
        service.open_mapping(
            "activity",
            "floor-walk",
            ClauseFactory(),
            Rule(),
            effective_from=TODAY - WEEK,
            reason="",
            by=quality,
            at=NOW,
        )
        assert ClauseLink.objects.count() == 0
    assert ClauseLink.objects.count() == 3
    job = Job.objects.get(kind="relink")
    assert (job.status, job.done, job.total) == ("done", 3, 3)
    assert Notification.objects.get(user=quality).text == "3 records are linked to their clauses again."


def test_relinking_goes_on_where_a_killed_worker_stopped() -> None:
    user = yusuf()
    records = [logged_activity(user) for _n in range(4)]
    MappingFactory()
    since = (TODAY - WEEK).isoformat()
    job = Job.objects.create(
        kind="relink", label="x", created_at=NOW, params={"kinds": ["activity"], "since": since, "last": records[1].pk},
        status="running", heartbeat_at=NOW, done=2, total=4,
    )  # fmt: skip
    assert not service.run_relink(job.pk, clock=lambda: NOW + timedelta(minutes=1))
    assert service.run_relink(job.pk, clock=lambda: NOW + timedelta(minutes=5), batch=1)
    assert set(ClauseLink.objects.values_list("record_id", flat=True)) == {records[2].pk, records[3].pk}
    assert service.run_relink(job.pk, clock=lambda: NOW + timedelta(minutes=6))


def test_lost_relinking_is_queued_again(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    queued: list[int] = []
    monkeypatch.setattr(service, "_enqueue", queued.append)
    minute = timedelta(minutes=1)

    def job(**facts: Any) -> int:
        return Job.objects.create(**{"kind": "relink", "label": "x", "created_at": NOW - 60 * minute} | facts).pk

    dead = job(status="running", heartbeat_at=NOW - 3 * minute)
    lost = job()
    job(status="running", heartbeat_at=NOW - minute)
    job(created_at=NOW - minute)
    job(heartbeat_at=NOW - minute)
    job(status="done", heartbeat_at=NOW - 30 * minute)
    job(kind="trail_check")
    with django_capture_on_commit_callbacks(execute=True):
        assert service.queue_again(at=NOW) == 2
    assert queued == [dead, lost]
    assert set(Job.objects.filter(pk__in=queued).values_list("status", "heartbeat_at")) == {("queued", NOW)}
    assert service.queue_again(at=NOW + minute) == 0


def as_sheet(*rows: ClauseMapping, **changes: object) -> Sheet:
    cells = [dict(zip(mapping_sheet.COLUMNS, mapping_sheet.cells_of(row), strict=True)) | changes for row in rows]
    lines = [["" if c[name] is None else str(c[name]) for name in mapping_sheet.COLUMNS] for c in cells]
    return Sheet(list(mapping_sheet.COLUMNS), list(enumerate(lines, 2)))


def test_export_read_back_changes_nothing() -> None:
    rows = mapping_sheet.check(as_sheet(open_walks()), today=TODAY)
    assert [(row.line, row.outcome) for row in rows] == [(2, "unchanged")]


@pytest.mark.parametrize(
    ("changes", "outcome", "message"),
    [
        ({"min_count": 3}, "changed", "From 2026-11-20: min_count: 1 → 3."),
        ({"effective_to": "2026-12-01"}, "ended", "Ends on 2026-12-01."),
        ({"type": ""}, "new", "Counts from 2026-11-13 on."),
        (
            {"kind": "horoscope"},
            "problem",
            f"There is no kind of record “horoscope”; known are: {COUNTING}.",
        ),
        ({"clause": "99"}, "problem", "The edition “iso-9001-2026” has no clause “99”."),
        ({"min_people": "many"}, "problem", "“min_people” must be a whole number from 1 to 1000, not “many”."),
        ({"strength": "vital"}, "problem", "“strength” must be mandatory or supporting, not “vital”."),
        ({"effective_from": "soon"}, "problem", "“effective_from” must be a date such as 2026-11-22, not “soon”."),
    ],
)
def test_dry_run_says_what_each_row_would_do(changes: dict[str, object], outcome: str, message: str) -> None:
    row = mapping_sheet.check(as_sheet(open_walks(TODAY - WEEK), **changes), today=TODAY)[0]
    assert (row.outcome, row.message) == (outcome, message)


def test_same_mapping_twice_in_a_file_is_a_problem() -> None:
    mapping = open_walks()
    rows = mapping_sheet.check(as_sheet(mapping, mapping, min_count=2), today=TODAY)
    assert [row.outcome for row in rows] == ["changed", "problem"]
    assert rows[1].message == "The same mapping stands in line 2 already."


def test_import_does_the_chosen_lines_or_nothing() -> None:
    user = hiro()
    walks, other = open_walks(TODAY - WEEK), open_walks(TODAY - WEEK, clause=ClauseFactory(number="5.3"))
    rows = mapping_sheet.check(as_sheet(walks, other, min_count=5), today=TODAY)
    job = mapping_sheet.keep(rows, name="m.csv", by=user, at=NOW)
    service.end(other, effective_to=TODAY - timedelta(days=1), reason="", by=None, at=NOW)
    other_line = mapping_sheet.kept_rows(job)[1]
    assert other_line.outcome == "changed"
    done, _relinking = mapping_sheet.apply(job, [2], today=TODAY, by=user, at=NOW)
    assert done == 1
    assert dict(ClauseMapping.objects.filter(effective_to=None).values_list("clause__number", "min_count")) == {
        "5.1.2": 5
    }


def test_editor_shows_consequences_first_and_saves_on_the_second_submit(client) -> None:  # type: ignore[no-untyped-def]
    mapping = MappingFactory()
    user = yusuf()
    ActivityTypeFactory()
    logged_activity(user, at=timezone.now())
    client.force_login(hiro())
    address = reverse("qms:mapping-edit", args=[mapping.pk])
    today = timezone.localdate().isoformat()
    data = {
        "strength": "supporting",
        "max_age_days": "",
        "min_count": 4,
        "min_people": 1,
        "effective_from": today,
        "reason": "More",
    }
    page = client.post(address, data).content.decode()
    assert "5.1.2 turns from current to stale at 1 site (Denver plant)." in page
    assert ClauseMapping.objects.count() == 1
    assert client.post(address, data | {"confirmed": "1"}).status_code == 302
    assert ClauseMapping.objects.get(effective_to=None).min_count == 4


def test_mapping_is_made_and_ended_in_the_browser(client) -> None:  # type: ignore[no-untyped-def]
    clause = ClauseFactory()
    ActivityTypeFactory()
    client.force_login(hiro())
    data = {
        "record": "activity:floor-walk", "clause": clause.pk, "strength": "mandatory", "max_age_days": 30,
        "min_count": 1, "min_people": 1, "effective_from": "2026-01-01", "reason": "We walk", "confirmed": "1",
    }  # fmt: skip
    client.post(reverse("qms:mapping-new"), data)
    made = ClauseMapping.objects.get()
    assert (made.subtype, made.strength, made.max_age_days) == ("floor-walk", "mandatory", 30)
    again = client.post(reverse("qms:mapping-new"), data).content.decode()
    assert "Change that mapping instead" in again
    client.post(
        reverse("qms:mapping-end", args=[made.pk]),
        {"effective_from": "2026-06-01", "reason": "No more", "confirmed": "1"},
    )
    made.refresh_from_db()
    assert made.effective_to == date(2026, 6, 1)
    assert "No version is in force" in client.get(reverse("qms:mapping-history", args=[made.pk])).content.decode()


def test_export_and_import_go_round_in_the_browser(client) -> None:  # type: ignore[no-untyped-def]
    open_walks(TODAY - WEEK)
    client.force_login(hiro())
    body = b"".join(client.get(reverse("qms:mapping-export"), {"format": "csv"}).streaming_content)
    body = body.replace(b",supporting,,1,1,", b",supporting,45,2,1,")
    answer = client.post(reverse("qms:mapping-import"), {"file": SimpleUploadedFile("m.csv", body)})
    page = client.get(answer["Location"]).content.decode()
    assert "max_age_days: — → 45; min_count: 1 → 2" in page
    client.post(answer["Location"], {"line": ["2"]})
    row = ClauseMapping.objects.get(effective_to=None)
    assert (row.max_age_days, row.min_count) == (45, 2)
    assert client.post(answer["Location"], {"line": ["2"]}).status_code == 200


def test_file_that_is_no_table_is_refused_in_words(client) -> None:  # type: ignore[no-untyped-def]
    client.force_login(hiro())
    page = client.post(
        reverse("qms:mapping-import"), {"file": SimpleUploadedFile("m.csv", b"a,b\n1,2\n")}
    ).content.decode()
    assert "The table has no column “clause”, “edition”, “kind”." in page


def test_leader_sees_mappings_but_may_not_change_them(client) -> None:  # type: ignore[no-untyped-def]
    mapping = MappingFactory()
    client.force_login(yusuf())
    assert client.get(reverse("qms:mapping-list")).status_code == 200
    assert client.get(reverse("qms:mapping-history", args=[mapping.pk])).status_code == 200
    for name in ("mapping-edit", "mapping-end"):
        assert client.post(reverse(f"qms:{name}", args=[mapping.pk])).status_code == 403
    assert client.get(reverse("qms:mapping-new")).status_code == 403


def test_list_filters_and_its_queries_do_not_follow_the_rows(client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    MappingFactory()
    client.force_login(hiro())
    client.get(reverse("qms:mapping-list"))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse("qms:mapping-list"))
    MappingFactory(clause=ClauseFactory(number="5.3"))
    MappingFactory(clause=ClauseFactory(number="7.4"), effective_to=date(2026, 1, 1))
    with django_assert_num_queries(len(few)):
        page = client.get(reverse("qms:mapping-list")).content.decode()
    assert ("5.3 " in page, "7.4 " in page) == (True, False)
    assert "7.4 " in client.get(reverse("qms:mapping-list"), {"state": "ended"}).content.decode()
    assert len(few) <= 12
