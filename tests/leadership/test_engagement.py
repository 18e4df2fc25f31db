"""Measures of engagement: each figure is the number of things its list shows; hand-counted months; nobody is ranked."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from leadership.models import RecognitionValue
from leadership.services import corroboration, recognition, recognition_value
from leadership.services.engagement import Figure, Scope, SetMeasure, figures, months_up_to
from leadership.services.engagement_measures import MEASURES, measure_of
from leadership.services.engagement_shifts import shift_lines
from objectives.services import improvement_action, promise
from qms.models import Attachment, Record, User
from qms.services import record as record_service
from qms.services import site_calendar
from tests.factories import (
    NOW,
    TODAY,
    AreaFactory,
    PersonFactory,
    cast_member,
    hiro,
    logged_activity,
    omar,
    yusuf,
)

pytestmark = pytest.mark.django_db
QUARTER = date(2026, 9, 1)


def scope_of(user: User, first: date = QUARTER) -> Scope:
    return Scope(user, tuple(user.visible_sites), first, TODAY)


def figure_of(slug: str, user: User, first: date = QUARTER) -> Figure:
    measure = measure_of(slug)
    assert measure is not None
    (found,) = figures([measure], scope_of(user, first))
    return found


def share(slug: str, user: User, first: date = QUARTER) -> tuple[int, int]:
    found = figure_of(slug, user, first)
    return found.fits, found.n


def walk(by: User, *met: str, days_ago: int = 0, **fields: Any) -> Any:
    act = logged_activity(by, days_ago=days_ago, **fields)
    record_service.set_people(act, "met", [(None, name) for name in met])
    return act


def action(by: User, **fields: Any) -> Any:
    facts: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Fix the gauge", "owner": by.person, "due_on": None, "site": by.person.site,
    }  # fmt: skip
    return improvement_action.open_action(**(facts | fields), by=by, at=NOW)


def thank(by: User, *people: Any, days_ago: int = 0) -> None:
    recognition_value.load_defaults(by=None, at=NOW)
    recognition.give(
        uid=uuid.uuid4(), title="Stopped the line", recipients=[(person, "") for person in people] or [(None, "Team")],
        site=by.person.site, value=RecognitionValue.objects.order_by("pk").first(),
        occurred_on=TODAY - timedelta(days=days_ago), by=by, at=NOW,
    )  # fmt: skip


def plant() -> User:
    """A little of everything that is counted, at Denver."""
    boss, quality = yusuf(), hiro()
    first = walk(boss, "Paula", area=AreaFactory())
    walk(boss, days_ago=40, area=AreaFactory(name="Lab"))
    walk(boss, "Pavel", days_ago=200)
    AreaFactory(name="Shipping")
    asked = corroboration.invite(
        first, participant_ids=first.participants.filter(part="met").values_list("pk", flat=True), by=boss, at=NOW
    )
    corroboration.answer(asked[0], happened="yes", point="none", words="", is_anonymous=True, at=NOW)
    done = action(boss, promised_to=quality.person)
    improvement_action.complete(done, outcome="Done", by=boss, at=NOW)
    question = promise.questions_for(quality, at=NOW).get()
    promise.answer(question, answer="kept", words="", by=quality, at=NOW)
    action(boss, promised_to=quality.person)
    thank(boss, quality.person)
    thank(boss)
    return boss


# --- what is counted is what is listed --------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.slug)
def test_a_list_shows_exactly_what_its_figure_counts(measure: Any) -> None:
    boss = plant()
    scope = scope_of(boss)
    (found,) = figures([measure], scope)
    client = Client()
    client.force_login(boss)
    address = reverse("leadership:engagement-measure", args=[measure.slug])
    shown = {}
    with time_machine.travel(NOW, tick=False):
        for show in ("all", "fits", "rest"):
            shown[show] = client.get(f"{address}?show={show}").context["lines"]
    if isinstance(measure, SetMeasure) and not measure.things:  # people: never listed, only what reached them
        assert len(shown["all"]) == measure.within(scope).count() == 2
        assert found.fits == 1
    else:
        assert {name: len(lines) for name, lines in shown.items()} == {
            "all": found.n, "fits": found.fits, "rest": found.n - found.fits,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "fits", "n"),
    [
        ("area-coverage", 2, 3), ("contact", 1, 2), ("say-do-seen", 1, 2), ("closing-the-loop", 1, 2),
        ("recognition-reach", 1, 2), ("recognition-rate", 1, 11), ("proactive", 2, 2), ("late", 1, 2),
        ("nothing-found", 2, 2), ("photos-again", 0, 0), ("same-minute", 2, 2), ("month-end", 0, 2),
        ("resources-answered", 0, 0), ("declined-signed", 0, 0), ("acceptances-expired", 0, 0),
    ],
)  # fmt: skip
def test_the_little_plant_counted_by_hand(slug: str, fits: int, n: int) -> None:
    boss = plant()
    assert share(slug, boss) == (fits, n)


def test_the_months_of_a_trend_add_up_to_the_year() -> None:
    boss = plant()
    for measure in MEASURES:
        if isinstance(measure, SetMeasure) or not measure.day:
            continue
        year = figure_of(measure.slug, boss, date(2025, 12, 1))
        assert (sum(fits for _m, fits, _n in year.months), sum(n for _m, _f, n in year.months)) == (year.fits, year.n)
        assert [month for month, _f, _n in year.months] == months_up_to(TODAY)


def test_all_measures_of_rows_cost_one_query() -> None:
    boss = plant()
    plain = [measure for measure in MEASURES if not isinstance(measure, SetMeasure)]
    scope = scope_of(boss)
    with CaptureQueriesContext(connection) as queries:
        figures(plain, scope)
    assert len(queries) == 1


def test_another_site_and_what_is_confidential_are_not_counted() -> None:
    boss = plant()
    walk(hiro_of_denver := cast_member("Nia Okafor"), "Paula", is_confidential=True)
    assert share("contact", hiro_of_denver) == (2, 3)
    assert share("contact", boss) == (1, 2)
    assert share("contact", omar()) == (0, 0)


# --- single signs -----------------------------------------------------------------------------------------------------


def recorded(act: Any, at: datetime) -> None:
    """Move the moment an act was recorded, as only a test can."""
    from qms import triggers

    triggers.remove(connection)
    Record.objects.filter(pk=act.pk).update(recorded_at=at)
    triggers.install(connection)


def test_the_last_day_of_a_month_is_told_where_the_site_is() -> None:
    boss = yusuf()
    for moment in (datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)):
        recorded(walk(boss), moment)  # 31 October, 23 o'clock in Denver; then 1 November, 1 o'clock
    assert share("month-end", boss) == (1, 2)


def test_two_in_one_minute_by_one_person_are_told_and_by_two_are_not() -> None:
    boss, other = yusuf(), cast_member("Nia Okafor")
    for by in (boss, boss, other):
        recorded(walk(by), datetime(2026, 11, 5, 9, 30, 20, tzinfo=UTC))
    assert share("same-minute", boss) == (2, 3)


def test_a_photo_used_before_and_a_walk_that_found_something() -> None:
    boss = yusuf()
    first, second = walk(boss), walk(boss, notes="Guard off")
    fields = {"form": "photo", "name": "a.jpg", "media_type": "image/jpeg", "size": 3, "uploaded_at": NOW}
    hashes = {"sha256": "a" * 64, "original_sha256": "a" * 64}
    one = Attachment.objects.create(record_id=first.pk, **fields, **hashes)
    Attachment.objects.create(record_id=second.pk, same_as=one, **fields, **hashes)
    assert share("photos-again", boss) == (1, 2)
    assert share("nothing-found", boss) == (1, 2)


def test_people_thanked_are_counted_once_and_teams_not() -> None:
    boss, paula = yusuf(), PersonFactory(name="Paula Sato")
    thank(boss, paula)
    thank(boss, paula, days_ago=30)
    thank(boss)
    found = figure_of("recognition-reach", boss)
    assert (found.fits, found.n) == (1, 2)
    assert [fits for _month, fits, _n in found.months][-2:] == [1, 1]


# --- how a figure is said ---------------------------------------------------------------------------------------------


def test_area_counts_once_for_each_shift_on_which_its_people_work() -> None:
    boss = yusuf()
    line, lab = AreaFactory(name="CNC line 3"), AreaFactory(name="Lab")
    site = boss.person.site
    for name, begins, ends in (("A", 6, 14), ("C", 22, 6)):
        site_calendar.add_shift(site, name=name, begins=time(begins), ends=time(ends), by=boss, at=NOW)
    for area, shift in ((line, "A"), (line, "C"), (line, "C"), (lab, "A"), (lab, "night"), (lab, "")):
        PersonFactory(site=site, area=area, shift=shift)
    assert share("shift-coverage", boss) == (0, 3)
    night = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)  # half past two in Denver
    walk(boss, area=line, happened_at=night, occurred_on=night.date())
    assert share("shift-coverage", boss) == (1, 3)
    act = walk(boss, happened_at=night + timedelta(hours=4), occurred_on=night.date())  # half past six
    act.stops.create(area=lab)
    walk(boss, area=line, happened_at=night + timedelta(hours=12), occurred_on=night.date())  # between the shifts
    assert share("shift-coverage", boss) == (2, 3)
    lines = shift_lines(scope_of(boss))
    assert [(row.title, row.fits) for row in lines] == [
        ("CNC line 3 · A", False), ("CNC line 3 · C", True), ("Lab · A", True),
    ]  # fmt: skip


def test_few_are_marked_and_a_must_is_a_must_with_one() -> None:
    contact, must = measure_of("contact"), measure_of("acceptances-expired")
    assert contact is not None
    assert must is not None
    assert Figure(contact, 2, 9).is_few
    assert not Figure(contact, 2, 10).is_few
    assert (Figure(must, 0, 1).standing, Figure(must, 1, 1).standing) == ("within", "above")
    assert Figure(contact, 0, 0).percent is None


def test_every_measure_says_what_it_counts_and_what_it_does_not_say() -> None:
    for measure in MEASURES:
        words = (measure.label, measure.definition, measure.numerator, measure.denominator, measure.caution)
        assert all(str(text) for text in (*words, measure.source)), measure.slug
    assert len({measure.slug for measure in MEASURES}) == len(MEASURES)


def test_export_holds_every_measure_with_numerator_and_n() -> None:
    boss = plant()
    client = Client()
    client.force_login(boss)
    with time_machine.travel(NOW, tick=False):
        text = b"".join(client.get(reverse("leadership:engagement-export"))).decode()  # type: ignore[arg-type]
    assert "Walks with a talk,2026-09-01,2026-11-20,1,2,50," in text


def test_a_stranger_to_the_figures_is_refused_and_an_unknown_one_is_not_there() -> None:
    client = Client()
    client.force_login(cast_member("Uma Jensen", "employee"))
    assert client.get(reverse("leadership:engagement")).status_code == 403
    client.force_login(yusuf())
    assert client.get("/leadership/engagement/score/").status_code == 404
