"""When a site works: weekdays, closures, shifts over midnight and over a change of the clocks."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qms.models import Closure, Shift, Site, TrailEntry, User
from qms.services import absence, site_calendar
from qms.services.site_calendar import calendar_of, calendars
from tests.factories import NOW, PersonFactory, SiteFactory, hiro, omar, yusuf

pytestmark = pytest.mark.django_db
FRI, SAT, SUN, MON = (date(2026, 11, day) for day in (20, 21, 22, 23))


@pytest.fixture
def manager() -> User:
    return hiro()


@pytest.fixture
def denver(manager: User) -> Site:
    assert manager.person.site is not None
    return manager.person.site


def close(site: Site, first: date, last: date, by: User, reason: str = "Shutdown") -> Closure:
    return site_calendar.add_closure(site, starts_on=first, ends_on=last, reason=reason, by=by, at=NOW)


def verbs(site: Site) -> list[str]:
    return list(TrailEntry.objects.filter(chain=site.trail_key).order_by("seq").values_list("verb", flat=True))


def test_week_without_closures_is_monday_to_friday(denver: Site) -> None:
    calendar = calendar_of(denver)
    assert [calendar.is_working(day) for day in (FRI, SAT, SUN, MON)] == [True, False, False, True]
    assert calendar.next_working_day(SAT) == MON
    assert calendar.previous_working_day(SUN) == FRI
    assert calendar.next_working_day(FRI) == FRI
    assert calendar.working_days_between(FRI, MON) == 1
    assert calendar.working_days_between(MON, FRI) == 0
    assert calendar.add_working_days(FRI, 1) == MON
    assert calendar.add_working_days(MON, -1) == FRI
    assert calendar.add_working_days(FRI, 6) == date(2026, 11, 30)


def test_closure_is_no_working_day_until_withdrawn(denver: Site, manager: User) -> None:
    closure = close(denver, MON, date(2026, 11, 25), manager)
    assert calendar_of(denver).next_working_day(SAT) == date(2026, 11, 26)
    site_calendar.withdraw_closure(closure, by=manager, at=NOW)
    site_calendar.withdraw_closure(closure, by=manager, at=NOW)
    assert calendar_of(denver).next_working_day(SAT) == MON
    assert Closure.objects.get().withdrawn_by == manager
    assert verbs(denver) == ["site.closure_added", "site.closure_withdrawn"]


def test_site_that_is_closed_as_far_as_one_can_see_has_no_next_day(denver: Site, manager: User) -> None:
    for year in (2026, 2027, 2028, 2029):
        close(denver, date(year, 1, 1), date(year, 12, 31), manager)
    assert calendar_of(denver).next_working_day(MON) == MON


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": FRI - timedelta(days=1)}, "ends_on"),
        ({"ends_on": FRI + timedelta(days=400)}, "ends_on"),
        ({"reason": "  "}, "reason"),
    ],
)
def test_closure_that_makes_no_sense_is_refused(
    denver: Site, manager: User, fields: dict[str, object], field: str
) -> None:
    facts = {"starts_on": FRI, "ends_on": FRI, "reason": "Fair"} | fields
    with pytest.raises(ValidationError) as error:
        site_calendar.add_closure(denver, **facts, by=manager, at=NOW)  # type: ignore[arg-type]
    assert list(error.value.message_dict) == [field]
    assert Closure.objects.count() == 0


def test_database_refuses_a_closure_that_ends_before_it_starts(denver: Site) -> None:
    with pytest.raises(IntegrityError, match="closure_ends_later"), transaction.atomic():
        Closure.objects.create(site=denver, starts_on=MON, ends_on=FRI, reason="x", created_at=NOW)


def test_weekdays_are_kept_with_their_trail(denver: Site, manager: User) -> None:
    site_calendar.set_weekdays(denver, weekdays=[7, 6, 1], by=manager, at=NOW)
    site_calendar.set_weekdays(denver, weekdays=[1, 6, 7], by=manager, at=NOW)
    denver.refresh_from_db()
    assert denver.working_weekdays == "167"
    assert [calendar_of(denver).is_working(day) for day in (FRI, SAT, SUN, MON)] == [False, True, True, True]
    assert verbs(denver) == ["site.weekdays_changed"]
    with pytest.raises(ValidationError):
        site_calendar.set_weekdays(denver, weekdays=[], by=manager, at=NOW)


def test_night_shift_ends_the_next_day_and_is_found_by_its_name(denver: Site, manager: User) -> None:
    site_calendar.add_shift(denver, name="Night", begins=time(22), ends=time(6), by=manager, at=NOW)
    calendar = calendar_of(denver)
    assert calendar.shift_window(" night ", FRI) == (
        datetime(2026, 11, 21, 5, tzinfo=UTC), datetime(2026, 11, 21, 13, tzinfo=UTC),
    )  # fmt: skip
    assert calendar.shift_window("Late", FRI) is None
    assert calendar.is_on_shift("Night", datetime(2026, 11, 21, 12, 59, tzinfo=UTC))
    assert not calendar.is_on_shift("Night", datetime(2026, 11, 21, 13, tzinfo=UTC))
    assert not calendar.is_on_shift("Night", datetime(2026, 11, 22, 12, tzinfo=UTC))  # began on a Saturday
    assert not calendar.is_on_shift("Late", datetime(2026, 11, 21, 12, tzinfo=UTC))


@pytest.mark.parametrize(("night", "hours"), [(date(2026, 3, 7), 7), (date(2026, 10, 31), 9), (FRI, 8)])
def test_night_in_which_the_clocks_change_is_an_hour_shorter_or_longer(
    denver: Site, manager: User, night: date, hours: int
) -> None:
    site_calendar.add_shift(denver, name="Night", begins=time(22), ends=time(6), by=manager, at=NOW)
    window = calendar_of(denver).shift_window("Night", night)
    assert window is not None
    assert window[1] - window[0] == timedelta(hours=hours)


def test_wall_clock_time_that_does_not_exist_or_comes_twice(denver: Site) -> None:
    assert site_calendar.moment_at(date(2026, 3, 8), time(2, 30), denver.zone) == datetime(
        2026, 3, 8, 9, 30, tzinfo=UTC
    )
    assert site_calendar.moment_at(date(2026, 11, 1), time(1, 30), denver.zone) == datetime(
        2026, 11, 1, 7, 30, tzinfo=UTC
    )


def test_shift_name_is_taken_whatever_its_case(denver: Site, manager: User) -> None:
    site_calendar.add_shift(denver, name="A", begins=time(6), ends=time(14), by=manager, at=NOW)
    with pytest.raises(site_calendar.ShiftTaken):
        site_calendar.add_shift(denver, name="a", begins=time(14), ends=time(22), by=manager, at=NOW)


def test_shift_out_of_use_is_no_longer_found(denver: Site, manager: User) -> None:
    shift = site_calendar.add_shift(denver, name="A", begins=time(6), ends=time(14), by=manager, at=NOW)
    PersonFactory(name="Paula Sato", shift="a", site=denver)
    PersonFactory(name="Bo Tran", shift="Weekend", site=denver)
    assert site_calendar.unmatched_shifts(denver) == ["Weekend"]
    site_calendar.change_shift(shift, begins=time(6), ends=time(14), is_active=False, by=manager, at=NOW)
    assert calendar_of(denver).shift_named("A") is None
    assert site_calendar.unmatched_shifts(denver) == ["Weekend", "a"]
    assert verbs(denver) == ["site.shift_added", "site.shift_changed"]


def test_calendars_of_many_sites_cost_three_queries(denver: Site, manager: User) -> None:
    sites = [denver, *(SiteFactory(code=code) for code in ("LYO", "GRZ", "KRK"))]
    for site in sites:
        close(site, MON, MON, manager)
    absence.enter(yusuf().person, starts_on=FRI, ends_on=FRI, cause="leave", by=manager, at=NOW)
    people = [manager.person_id]
    with CaptureQueriesContext(connection) as queries:
        found = calendars(sites, people=people)
    assert len(queries) == 3
    assert [found[site.pk].is_working(MON) for site in sites] == [False] * 4


def test_page_adds_and_withdraws_a_closure(client: Client, denver: Site, manager: User) -> None:
    client.force_login(manager)
    page = reverse("qms:site-calendar", args=[denver.pk])
    assert client.get(reverse("qms:site-calendar-list")).url == page
    facts = {"starts_on": "2026-12-25", "ends_on": "", "reason": "Christmas Day"}
    assert client.post(reverse("qms:closure-new", args=[denver.pk]), facts).url == page
    closure = Closure.objects.get()
    assert (closure.starts_on, closure.ends_on) == (date(2026, 12, 25), date(2026, 12, 25))
    assert "Christmas Day" in client.get(page).content.decode()
    client.post(reverse("qms:closure-withdraw", args=[closure.pk]))
    closure.refresh_from_db()
    assert closure.withdrawn_at is not None


def test_page_refuses_a_closure_in_words_and_keeps_nothing(client: Client, denver: Site, manager: User) -> None:
    client.force_login(manager)
    facts = {"starts_on": "2026-12-25", "ends_on": "2026-12-01", "reason": "Christmas"}
    response = client.post(reverse("qms:closure-new", args=[denver.pk]), facts)
    assert response.status_code == 422
    assert "The last day lies before the first." in response.content.decode()
    assert Closure.objects.count() == 0


def test_page_sets_weekdays_and_shifts(client: Client, denver: Site, manager: User) -> None:
    client.force_login(manager)
    client.post(reverse("qms:site-weekdays", args=[denver.pk]), {"weekdays": ["1", "2", "6"]})
    client.post(reverse("qms:shift-new", args=[denver.pk]), {"name": "C", "begins": "22:00", "ends": "06:00"})
    shift = Shift.objects.get()
    client.post(reverse("qms:shift-edit", args=[shift.pk]), {"begins": "21:00", "ends": "05:00", "is_active": "on"})
    denver.refresh_from_db()
    shift.refresh_from_db()
    assert denver.working_weekdays == "126"
    assert (shift.begins, shift.ends, shift.is_active) == (time(21), time(5), True)


def test_calendar_of_another_site_is_not_found(client: Client, denver: Site, manager: User) -> None:
    closure = close(denver, MON, MON, manager)
    client.force_login(omar())
    assert client.get(reverse("qms:site-calendar", args=[denver.pk])).status_code == 404
    assert client.post(reverse("qms:closure-withdraw", args=[closure.pk])).status_code == 404


def test_calendar_page_costs_as_many_queries_for_many_closures(client: Client, denver: Site, manager: User) -> None:
    client.force_login(manager)
    page = reverse("qms:site-calendar", args=[denver.pk])
    close(denver, FRI, FRI, manager)
    with CaptureQueriesContext(connection) as one:
        client.get(page)
    for day in (MON, SAT, SUN):
        site_calendar.withdraw_closure(close(denver, day, day, manager), by=manager, at=NOW)
    with CaptureQueriesContext(connection) as four:
        client.get(page)
    assert len(four) == len(one) <= 12
