"""Figures of the cost of quality against numbers worked out by hand, gaps that stay gaps, and savings a chart bears."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from objectives.models import ImprovementAction, Objective
from objectives.services import benefit as benefit_service
from objectives.services import improvement_action
from objectives.services.objective_measurement import Reading, record_measurements
from objectives.services.quality_cost_figures import (
    ALL_FOUR,
    FAILURES,
    Figures,
    figures_of,
    months_before,
    statements_of,
)
from objectives.services.quality_cost_savings import SavedMoney, saved_money
from qms.models import Site, User
from qms.permissions import AccessProfile
from tests.factories import NOW, cast_member, logged_activity, omar, yusuf
from tests.objectives.objectives import approved
from tests.objectives.quality_costs import booked, confirmed, sian
from tests.objectives.test_quality_cost import as_user

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
PAGE = "objectives:quality-cost"


def year(by: User, *, before: date = OCTOBER, months: int = 12, leave_out: tuple[date, ...] = (), **more: Any) -> None:
    """Months that end with ``before``, each with 10 + 20 + 50 + 20 on the four categories."""
    facts = {"prevention": "10", "appraisal": "20", "internal": "50", "external": "20", "sales": "2000"} | more
    for back in range(months):
        if (month := months_before(before, back)) not in leave_out:
            booked(by, month, **facts)


def figures(by: User, *, until: date = OCTOBER, length: int = 12, sites: list[Site] | None = None) -> Figures:
    places = sites or by.visible_sites
    return figures_of(by, places, statements_of(by, places, "USD"), until=until, length=length)


def test_both_conventions_against_numbers_worked_out_by_hand() -> None:
    finance = sian()
    year(finance)
    booked(finance, OCTOBER, internal="110", external="40", sales="3000")
    now = figures(finance).now
    # 11 x (10+20+50+20) + (10+20+110+40) = 1280; failures 11 x 70 + 150 = 920; sales 11 x 2000 + 3000 = 25000
    assert (now.n, now.postings, now.confirmed) == (12, 48, 0)
    assert (now.cost(FAILURES), now.cost(ALL_FOUR)) == (Decimal(920), Decimal(1280))
    assert (now.share_of_total(FAILURES), now.share_of_total(ALL_FOUR)) == (Decimal("71.875"), Decimal(100))
    assert (now.share_of_sales(FAILURES), now.share_of_sales(ALL_FOUR)) == (Decimal("3.68"), Decimal("5.12"))


def test_twelve_months_before_are_compared_only_when_both_years_are_whole() -> None:
    finance = sian()
    year(finance, months=24)
    booked(finance, OCTOBER, internal="170")
    line = next(line for line in figures(finance).lines if line.label == "Failures only")
    assert (line.amount, line.amount_before, line.change) == (Decimal(960), Decimal(840), Decimal(120) * 100 / 840)
    far = figures(finance, until=date(2026, 5, 1))
    assert far.before.n == 7
    assert far.lines[0].change is None


def test_month_without_postings_is_a_gap_and_not_zero() -> None:
    finance = sian()
    march = date(2026, 3, 1)
    year(finance, leave_out=(march,))
    found = figures(finance)
    gap = next(month for month in found.months if month.begins_on == march)
    assert (gap.total, gap.failures, gap.by_category(), gap.why_gap) == (None, None, [None] * 4, "no postings")
    assert (found.now.n, found.now.is_whole, found.now.cost(ALL_FOUR)) == (11, False, Decimal(1100))
    assert found.now.share_of_sales(ALL_FOUR) == Decimal(5), "numerator and denominator over the same months"
    page = as_user(finance).get(reverse(PAGE))
    assert page.context["chart"].line == [None] * 24
    assert "Left out, not counted as zero:" in page.content.decode()


def test_month_without_sales_counts_in_money_and_in_no_share_of_sales() -> None:
    finance = sian()
    year(finance, leave_out=(OCTOBER,))
    booked(finance, OCTOBER, internal="9000")
    now = figures(finance).now
    assert (now.cost(ALL_FOUR), len(now.with_sales)) == (Decimal(10100), 11)
    assert now.share_of_sales(ALL_FOUR) == Decimal(5)
    assert as_user(finance).get(reverse(PAGE)).context["share_all"][-1][1] is None


def test_withdrawn_months_and_another_currency_count_nowhere() -> None:
    from objectives.services import quality_cost

    finance = sian()
    first, second = booked(finance, OCTOBER, internal="5"), booked(finance, date(2026, 9, 1), internal="7")
    quality_cost.withdraw(first, reason="Twice", by=finance, at=NOW)
    type(second).objects.filter(pk=second.pk).update(currency="EUR")
    assert figures(finance).now.n == 0


def test_site_that_booked_nothing_makes_the_month_of_all_sites_a_gap() -> None:
    finance = sian()
    lyon = cast_member("Lyo Finance", AccessProfile.FINANCE, site="LYO")
    year(finance, months=3)
    year(lyon, months=2, before=date(2026, 9, 1))
    finance.has_all_sites = True
    finance.save()
    finance.forget_sites()
    found = figures(finance, sites=[finance.person.site, lyon.person.site], length=3)  # type: ignore[list-item]
    assert [(m.begins_on.month, m.total, m.why_gap) for m in found.months] == [
        (8, Decimal(200), ""), (9, Decimal(200), ""), (10, None, "no postings: Lyon plant"),
    ]  # fmt: skip


def test_acts_and_improvements_of_the_months_stand_beside_and_others_stay_out_of_sight() -> None:
    finance, boss = sian(), yusuf()
    booked(finance, OCTOBER, internal="5")
    booked(finance, date(2026, 11, 1), internal="5")
    logged_activity(boss, days_ago=2)
    logged_activity(boss, days_ago=3)
    logged_activity(boss, days_ago=30)
    logged_activity(boss, days_ago=2, is_confidential=True)
    logged_activity(omar(), days_ago=2)
    found = figures(finance, until=date(2026, 11, 1), length=12)
    assert [kind.kind for kind in found.beside] == ["activity", "improvement_action"]
    assert [month.beside.get("activity", 0) for month in found.months[-2:]] == [1, 2]


# --- savings ----------------------------------------------------------------------------------------------------------


def measured(by: User, before: str, after: str, **facts: Any) -> Objective:
    """An objective with 20 weekly values that wobble around ``before`` and 16 around ``after``; the last is of now."""
    objective = approved(by, **facts)
    wobble = [Decimal("0.1"), Decimal("-0.1")]
    values = [Decimal(before) + wobble[n % 2] for n in range(20)] + [Decimal(after) + wobble[n % 2] for n in range(16)]
    start = NOW.date() - timedelta(weeks=36)
    record_measurements(
        objective, [Reading(start + timedelta(weeks=n), value) for n, value in enumerate(values)], by=by, at=NOW
    )
    return objective


def saving(by: User, finance: User, *, weeks_ago: int = 30, amount: str = "1200", **facts: Any) -> ImprovementAction:
    """A confirmed one-time saving of an action opened so many weeks ago and done now."""
    values: dict[str, Any] = {
        "uid": uuid.uuid4(), "title": "Change inserts by tool life", "owner": by.person, "site": by.person.site,
        "due_on": NOW.date(), "by": by, "at": NOW - timedelta(weeks=weeks_ago),
    }  # fmt: skip
    action = improvement_action.open_action(**(values | facts))
    benefit = benefit_service.add(
        action, nature="hard", rhythm="one_time", description="Less scrap", method="Scrap book",
        actual_amount=Decimal(amount), by=by, at=NOW,
    )  # fmt: skip
    improvement_action.complete(action, outcome="Done", by=by, at=NOW)
    benefit_service.confirm(benefit, proof="password", by=finance, at=NOW)
    return action


def saved(user: User) -> SavedMoney:
    return saved_money(user, user.visible_sites, date(2026, 1, 1), date(2026, 12, 31))


@pytest.mark.parametrize(
    ("after", "weeks_ago", "is_counted", "words"),
    [
        ("2", 30, True, "shows a change for the better from"),
        ("3", 30, False, "shows no lasting change since"),
        ("4", 30, False, "shows a change for the worse from"),
        ("2", 1, False, "shows no lasting change since"),
    ],
)
def test_saving_counts_only_where_the_chart_changed_for_the_better_after_the_action_began(
    after: str, weeks_ago: int, is_counted: bool, words: str
) -> None:
    boss, finance = yusuf(), sian()
    saving(boss, finance, serves=measured(boss, "3", after), weeks_ago=weeks_ago)
    found = saved(finance)
    (line,) = found.counted + found.held_back
    assert (line.saving.is_counted, found.total) == (is_counted, Decimal(1200) if is_counted else 0)
    assert words in line.why


def test_saving_without_objective_or_with_too_few_values_is_told_apart_with_its_reason() -> None:
    boss, finance = yusuf(), sian()
    saving(boss, finance, amount="5")
    saving(boss, finance, amount="7", serves=approved(boss))
    found = saved(finance)
    assert (found.total, found.savings.held_back) == (0, Decimal(12))
    whys = " ".join(line.why for line in found.held_back)
    assert "serves no objective" in whys
    assert "has 0 measurements; a chart needs 6 to tell" in whys


def test_saving_of_a_confidential_action_is_seen_by_nobody_who_may_not_see_the_action() -> None:
    boss, finance = yusuf(), sian()
    saving(boss, finance, is_confidential=True, serves=measured(boss, "3", "2"))
    assert saved(cast_member("Nia Okafor", AccessProfile.EMPLOYEE)).is_empty
    assert saved(boss).total == Decimal(1200)


# --- page -------------------------------------------------------------------------------------------------------------


def test_page_shows_both_conventions_with_n_and_the_way_down() -> None:
    finance = sian()
    year(finance)
    statement = confirmed(finance, booked(finance, OCTOBER, internal="50"))
    text = as_user(finance).get(reverse(PAGE)).content.decode()
    for words in (
        "Failures only", "All four categories", "840", "1,200", "70.0 %", "100.0 %", "n = 12 of 12 months",
        "48 postings", "1 month confirmed by finance", "No comparison: only 0 of the 12 months before",
        reverse("objectives:quality-cost-detail", args=[statement.pk]), "Leadership activities",
    ):  # fmt: skip
        assert words in " ".join(text.split()), words


def test_page_is_filtered_by_site_and_period_and_scoped() -> None:
    finance = sian()
    year(finance, months=15)
    client = as_user(finance)
    page = client.get(reverse(PAGE), {"until": "2026-06", "months": "12"})
    assert [m.begins_on for m in page.context["figures"].months][-1] == date(2026, 6, 1)
    assert len(page.context["figures"].months) == 12
    assert client.get(reverse(PAGE), {"until": "nonsense", "months": "7", "site": "x"}).status_code == 200
    assert as_user(omar()).get(reverse(PAGE)).context["is_empty"]
