"""Rules of recurrence: what is kept, on which days they hold, and how they read."""

from datetime import date

import pytest

from qms import recurrence

JAN = date(2026, 1, 5)  # a Monday


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3", "every 3 days"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "every week, Monday to Friday"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", "every 2 weeks on Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "every week on Monday, Wednesday"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "every month on day 15"),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1", "every 3 months on the last day"),
        ("FREQ=MONTHLY;BYDAY=3TU", "every month on the third Tuesday"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday"),
        (recurrence.LAST_WORKING_DAY, "every month on the last working day"),
        ("FREQ=YEARLY", "every year"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=24", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=24"),
    ],
)
def test_rule_reads_as_people_say_it(rule: str, words: str) -> None:
    assert recurrence.words(recurrence.tidy(rule)) == words


@pytest.mark.parametrize(
    "text",
    [
        "", "every Friday", "FREQ=HOURLY", "FREQ=WEEKLY;COUNT=3", "FREQ=WEEKLY;UNTIL=20261231T000000Z",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;INTERVAL=0", "FREQ=WEEKLY;INTERVAL=61", "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;" + "X=1;" * 60,
    ],
)  # fmt: skip
def test_what_is_no_rule_of_ours_is_refused_in_words(text: str) -> None:
    with pytest.raises(recurrence.RuleNotUnderstood) as error:
        recurrence.tidy(text)
    assert error.value.messages[0]


def test_every_second_week_counts_from_its_anchor() -> None:
    fridays = recurrence.days(
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", anchor=date(2026, 1, 9), first=date(2026, 10, 20), last=date(2026, 11, 20)
    )
    assert fridays == [date(2026, 10, 30), date(2026, 11, 13)]
    assert recurrence.days("FREQ=DAILY", anchor=JAN, first=date(2025, 12, 1), last=date(2026, 1, 6)) == [
        JAN, date(2026, 1, 6),
    ]  # fmt: skip
    assert recurrence.days("FREQ=DAILY", anchor=JAN, first=JAN, last=date(2026, 1, 4)) == []


def test_month_ends_and_last_working_days() -> None:
    span = {"anchor": JAN, "first": JAN, "last": date(2026, 4, 30)}
    assert recurrence.days("FREQ=MONTHLY;BYMONTHDAY=-1", **span) == [
        date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30),
    ]  # fmt: skip
    assert recurrence.days(recurrence.LAST_WORKING_DAY, **span) == [
        date(2026, 1, 30), date(2026, 2, 27), date(2026, 3, 31), date(2026, 4, 30),
    ]  # fmt: skip
    assert recurrence.last_of("FREQ=WEEKLY;BYDAY=MO", 4, anchor=JAN) == date(2026, 1, 26)


@pytest.mark.parametrize("every", [1, 2, 5])
@pytest.mark.parametrize("weekdays", [{1}, {5}, {7}, {1, 3}, {2, 4, 6}, {1, 2, 3, 4, 5, 6, 7}])
def test_weekly_rule_holds_on_its_weekdays_only(weekdays: set[int], every: int) -> None:
    rule = recurrence.weekly(weekdays, every=every)
    found = recurrence.days(rule, anchor=JAN, first=JAN, last=date(2026, 12, 31))
    assert {day.isoweekday() for day in found} == weekdays
    assert {(day - JAN).days // 7 % every for day in found} == {0}


@pytest.mark.parametrize("every", [1, 3, 4, 12])
@pytest.mark.parametrize(("nth", "weekday"), [(-1, 5), (1, 1), (2, 2), (4, 7)])
def test_monthly_rule_holds_on_the_nth_weekday(nth: int, weekday: int, every: int) -> None:
    rule = recurrence.monthly(nth, weekday, every=every)
    found = recurrence.days(rule, anchor=date(2026, 1, 1), first=date(2026, 1, 1), last=date(2027, 12, 31))
    assert len(found) == 24 // every
    assert {day.isoweekday() for day in found} == {weekday}
    assert all((day.day - 1) // 7 + 1 == nth for day in found) or nth == -1
