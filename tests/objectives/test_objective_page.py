"""The pages of objectives: who sees and works on them, the forms, the board, the page of one."""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from objectives.models import Measurement, Objective
from objectives.services import objective as service
from objectives.services import objective_standing
from qms.models import Signature, User
from qms.permissions import AccessProfile
from tests.factories import NOW, PASSWORD, TODAY, cast_member, hiro, omar, yusuf
from tests.objectives.objectives import approved, as_user, drafted, fresh, goal, measure, move_url, url

pytestmark = pytest.mark.django_db


# --- access -----------------------------------------------------------------------------------------------------------


def test_draft_is_seen_by_who_may_approve_and_by_nobody_else() -> None:
    boss = yusuf()
    draft = drafted(boss)
    assert as_user(cast_member("Nia Okafor")).get(url(draft)).status_code == 200
    for profile in (AccessProfile.EMPLOYEE, AccessProfile.GUEST_AUDITOR):
        assert as_user(cast_member(f"A {profile}", profile)).get(url(draft)).status_code == 404
    assert as_user(omar()).get(url(draft)).status_code == 404


def test_page_is_for_the_owner_and_the_quality_manager_to_work_on() -> None:
    boss, colleague, stranger = yusuf(), cast_member("Nia Okafor"), omar()
    objective = approved(boss)
    for what in ("edit", "measure", "import", "decide"):
        assert as_user(colleague).get(url(objective, what)).status_code == 403
        assert as_user(stranger).get(url(objective, what)).status_code == 404
    assert as_user(colleague).post(move_url(objective, "miss"), {"words": "x"}).status_code == 403
    employee = as_user(cast_member("Emma Roth", AccessProfile.EMPLOYEE))
    assert employee.post(url(objective, "approve")).status_code == 403
    assert as_user(hiro()).post(move_url(objective, "miss"), {"words": "Too late"}).status_code == 302
    assert fresh(objective).status == "missed"


def test_approval_page_wants_the_password_and_says_what_is_missing() -> None:
    boss = yusuf()
    draft, short = drafted(boss), drafted(boss, means="")
    client = as_user(boss)
    wrong = client.post(url(draft, "approve"), {"password": "nonsense"})
    assert wrong.context["form"].errors["password"]
    assert fresh(draft).status == "draft"
    assert "Say what will be done" in client.get(url(short, "approve")).content.decode()
    refused = client.post(url(short, "approve"), {"password": PASSWORD})
    assert "Say what will be done" in str(refused.context["form"].errors)
    assert client.post(url(draft, "approve"), {"password": PASSWORD}).status_code == 302
    assert (fresh(draft).status, Signature.objects.get().method) == ("approved", "password")


# --- pages ------------------------------------------------------------------------------------------------------------


def sent(user: User, **more: Any) -> dict[str, Any]:
    return {
        "title": "Complaints halved", "measure": "Complaints a month", "unit": "complaints", "direction": "lower",
        "target_value": "4", "baseline_value": "9", "baseline_on": "2026-01-01", "due_on": "2027-06-30",
        "measure_every_days": "30", "owner": user.person.name, "site": user.person.site_id, "means": "8D with sales",
        "judged_how": "Monthly", "uid": str(uuid.uuid4()),
    } | more  # fmt: skip


def test_new_objective_by_its_form() -> None:
    boss = yusuf()
    client = as_user(boss)
    form = sent(boss)
    response = client.post(reverse("objectives:objective-new"), form)
    objective = Objective.objects.get()
    assert response["Location"] == url(objective)
    assert (objective.target_value, objective.owner, objective.status) == (Decimal(4), boss.person, "draft")
    stranger = omar()
    refused = client.post(
        reverse("objectives:objective-new"),
        sent(boss, site=stranger.person.site_id, goal=goal(stranger).pk, baseline_on=""),
    )
    assert set(refused.context["form"].errors) == {"site", "goal", "baseline_on"}


def test_edit_form_of_an_approved_objective_has_no_locked_facts_and_shows_a_clash() -> None:
    boss = yusuf()
    objective = approved(boss)
    client = as_user(boss)
    assert not set(client.get(url(objective, "edit")).context["form"].fields) & set(service.LOCKED_FIELDS)
    form = {"title": "Mine", "owner": boss.person.name, "measure_every_days": "7", "means": "m", "judged_how": "j",
            "version": objective.version, "reason": "Weekly now"}  # fmt: skip
    service.change(objective, version=objective.version, reason="first", by=hiro(), at=NOW, title="Theirs")
    page = client.post(url(objective, "edit"), form)
    assert ("Theirs", "Mine") in [(line.theirs, line.yours) for line in page.context["clash"]]
    again = client.post(url(objective, "edit"), form | {"version": page.context["form"]["version"].value()})
    assert again.status_code == 302
    assert (fresh(objective).title, fresh(objective).measure_every_days) == ("Mine", 7)


def test_board_shows_what_runs_red_first_with_target_forecast_and_actual_side_by_side() -> None:
    boss = yusuf()
    good, bad, risky = approved(boss), approved(boss), approved(boss, forecast_value=Decimal("2.7"))
    drafted(boss)
    measure(good, TODAY, "2.1")
    measure(risky, TODAY, "2.1")
    measure(bad, TODAY, "3.3")
    measure(bad, TODAY - timedelta(days=1), "3.3")
    page = as_user(boss).get(reverse("objectives:objective-list"))
    assert [o.pk for o in page.context["page"].rows] == [bad.pk, risky.pk, good.pk]
    text = page.content.decode()
    assert "3.3" in text
    assert "2.7" in text
    assert "Off track" in text


def test_board_is_filtered_by_period_and_standing() -> None:
    boss = yusuf()
    this_year = approved(boss)
    next_year = approved(boss, at=NOW, due_on=date(2028, 1, 1))
    client = as_user(boss)
    objective_standing.refresh_all(at=NOW)

    def shown(**query: str) -> set[int]:
        return {o.pk for o in client.get(reverse("objectives:objective-list"), query).context["page"].rows}

    assert shown(since="2027-06-01") == {next_year.pk}
    assert shown(until="2026-06-01") == {this_year.pk}
    assert shown(standing="unmeasured") == {next_year.pk}


def test_page_tells_rule_signal_and_decision() -> None:
    boss = yusuf()
    objective = approved(boss)
    for week in range(12):
        measure(objective, TODAY - timedelta(weeks=week), "3.3" if week % 2 else "3.1")
    objective_standing.refresh_all(at=NOW)
    page = as_user(boss).get(url(objective)).content.decode()
    assert "The path is the straight line from the baseline to the target." in page
    assert "Noise: the last values move as this process always does" in page
    assert "A decision is asked of the owner" in page
    assert "chart-limit" in page
    assert as_user(boss).get(url(objective, "print")).status_code == 200


def test_page_costs_the_same_queries_however_much_hangs_on_it() -> None:
    boss = yusuf()
    objective = approved(boss)
    client = as_user(boss)
    measure(objective, TODAY, "3")
    objective.decisions.create(asked_on=TODAY, asked_at=NOW, asked_because="x", decided_at=NOW, decided_by=boss.person)
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(url(objective))
        counts.append(len(queries))
        for days in range(1, 4):
            measure(objective, TODAY - timedelta(days=days + 10 * number), "3")
            objective.decisions.create(
                asked_on=TODAY, asked_at=NOW, asked_because="x", decided_at=NOW, decided_by=hiro_once().person
            )
        current = fresh(objective)
        service.change_target(
            current, version=current.version, reason="r", target_value=current.target_value - Decimal("0.1"), by=boss,
            at=NOW, method="password",
        )  # fmt: skip
    assert counts[0] == counts[1]
    assert counts[0] <= 12


def hiro_once() -> User:
    return User.objects.filter(person__name="Hiro Weber").first() or hiro()


def test_decision_page_leads_to_what_was_decided() -> None:
    boss = yusuf()
    objective = approved(boss)
    objective_standing.refresh_all(at=NOW)
    client = as_user(boss)
    answer = client.post(url(objective, "decide"), {"choice": "act", "words": "Second trial"})
    assert answer["Location"] == f"{reverse('objectives:improvement-action-new')}?source={objective.uid}"
    assert client.get(url(objective, "decide")).status_code == 302, "nothing is open any more"


def test_measuring_by_the_form_says_what_is_wrong() -> None:
    boss = yusuf()
    objective = approved(boss)
    client = as_user(boss)
    future = client.post(url(objective, "measure"), {"measured_on": "2999-01-01", "value": "3"})
    assert future.context["form"].errors["measured_on"]
    assert client.post(url(objective, "measure"), {"measured_on": "2026-11-02", "value": "3"}).status_code == 302
    assert Measurement.objects.get().source == "hand"
