"""A declined resource is a risk somebody signs: the database itself refuses it otherwise, whatever program asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from leadership.models import ResourceDecision, ResourceRequest
from leadership.services import resource_request_arrival as arrival
from objectives.models import ObjectiveTarget, RiskAcceptance
from qms import trigger_rules
from tests.factories import NOW
from tests.leadership.resource_requests import Plant, asked_for, bearing, declined, fresh, grant, plant, scrap
from tests.objectives.risks import accepted, rated

pytestmark = pytest.mark.django_db
TABLE = "leadership_resourcerequest"
sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="REPLACE is SQLite's")
WORDS = {rule.name.rsplit("_", 1)[1]: rule.message for rule in trigger_rules.RULES}


@pytest.fixture
def us() -> Plant:
    return plant()


def refused(sql: str, params: list[object] | None = None) -> str:
    """What the database says when it refuses a statement, at once or at the end; fails when it lets it through."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, params)
            connection.check_constraints()
    except DatabaseError as error:
        return str(error)
    pytest.fail(f"The database let it through: {sql}")


def answer(request: ResourceRequest, **columns: object) -> str:
    """Try to answer it behind the product's back, with these columns."""
    facts: dict[str, object] = {
        "status": "declined", "decision": "declined", "decided_on": NOW.date(), "decided_by_id": request.decider_id,
    }  # fmt: skip
    facts |= columns
    columns_set = ", ".join(f"{name} = %s" for name in facts)
    return refused(f"UPDATE {TABLE} SET {columns_set} WHERE record_ptr_id = %s", [*facts.values(), request.pk])


@pytest.mark.parametrize("status", ["declined", "partly", "provided", "closed"])
def test_status_alone_is_refused(us: Plant, status: str) -> None:
    request = asked_for(us.tom)
    message = refused(f"UPDATE {TABLE} SET status = %s WHERE record_ptr_id = %s", [status, request.pk])
    assert "resource_request_decided_as_it_stands" in message
    assert fresh(request).status == "requested"


@pytest.mark.parametrize("choice", ["declined", "partly"])
def test_declined_without_an_acceptance_is_refused(us: Plant, choice: str) -> None:
    request = asked_for(us.tom)
    message = answer(request, status=choice, decision=choice, arrives_on=NOW.date())
    assert "resource_request_risk_accepted" in message or WORDS["unsigned"] in message


def test_acceptance_of_another_risk_is_refused(us: Plant) -> None:
    request = asked_for(us.tom, risk_served=rated(us.ana))
    other = accepted(us.ana)
    assert WORDS["unsigned"] in answer(request, acceptance_id=other.pk)


def test_acceptance_that_has_ended_is_refused(us: Plant) -> None:
    given = accepted(us.ana)
    request = asked_for(us.tom, risk_served=given.risk)
    RiskAcceptance.objects.filter(pk=given.pk).update(ended_at=NOW, ended_because="voided")
    assert WORDS["ended"] in answer(request, acceptance_id=given.pk)


def test_objective_without_its_adjusted_target_is_refused(us: Plant) -> None:
    given, objective = accepted(us.ana), scrap(us.yusuf)
    request = asked_for(us.tom, risk_served=given.risk, objective_served=objective)
    first = ObjectiveTarget.objects.get(objective=objective)
    message = answer(request, acceptance_id=given.pk)
    assert "resource_request_target_adjusted" in message or WORDS["unadjusted"] in message
    assert WORDS["unadjusted"] in answer(request, acceptance_id=given.pk, adjusted_target_id=first.pk)


def test_adjusted_target_of_another_objective_is_refused(us: Plant) -> None:
    other = asked_for(us.tom, objective_served=scrap(us.yusuf))
    target = declined(other, us.ana).adjusted_target
    assert target is not None
    given = accepted(us.ana)
    request = asked_for(us.tom, risk_served=given.risk, objective_served=scrap(us.yusuf, title="Yield"))
    assert WORDS["unadjusted"] in answer(request, acceptance_id=given.pk, adjusted_target_id=target.pk)


@pytest.mark.parametrize(
    "change",
    [
        "acceptance_id = NULL", "adjusted_target_id = NULL", "objective_served_id = NULL", "risk_served_id = NULL",
        "status = 'requested', decision = '', acceptance_id = NULL, adjusted_target_id = NULL",
        "status = 'provided', decision = 'provided', arrives_on = decided_on",
        "status = 'withdrawn', decision = ''",
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_partly", [False, True])
def test_what_was_signed_cannot_be_taken_away(us: Plant, change: str, is_partly: bool) -> None:
    request = asked_for(us.tom, objective_served=scrap(us.yusuf))
    declined(request, us.ana, grant=grant() if is_partly else None)
    before = ResourceRequest.objects.values().get(pk=request.pk)
    assert refused(f"UPDATE {TABLE} SET {change} WHERE record_ptr_id = %s", [request.pk])
    assert ResourceRequest.objects.values().get(pk=request.pk) == before


@pytest.mark.parametrize(
    "table", ["objectives_riskacceptance", "objectives_objectivetarget", TABLE, "leadership_resourcedecision"]
)
def test_rows_it_stands_on_cannot_be_deleted(us: Plant, table: str) -> None:
    declined(asked_for(us.tom, objective_served=scrap(us.yusuf)), us.ana)
    assert "append-only" in refused(f"DELETE FROM {table}")


@pytest.mark.parametrize(
    "change",
    [
        "risk_id = risk_id + 1",
        "expires_on = '2027-01-01'",
        "accepted_by_id = accepted_by_id + 1",
        "signature_id = signature_id + 1",
        "id = id + 90",
    ],
)
def test_acceptance_keeps_what_was_signed(us: Plant, change: str) -> None:
    declined(asked_for(us.tom), us.ana)
    assert "immutable" in refused(f"UPDATE objectives_riskacceptance SET {change}")


def test_ended_acceptance_cannot_be_revived(us: Plant) -> None:
    declined(asked_for(us.tom), us.ana)
    RiskAcceptance.objects.update(ended_at=NOW, ended_because="voided")
    assert WORDS["revived"] in refused("UPDATE objectives_riskacceptance SET ended_at = NULL")


def test_decision_cannot_be_rewritten(us: Plant) -> None:
    declined(asked_for(us.tom), us.ana)
    assert "immutable" in refused("UPDATE leadership_resourcedecision SET choice = 'provided'")


def test_decision_row_wants_its_acceptance_and_signature(us: Plant) -> None:
    request = asked_for(us.tom)
    with pytest.raises(DatabaseError, match="resource_decision_signed"), transaction.atomic():
        ResourceDecision.objects.create(
            request=request, number=1, choice="declined", awaited_on=NOW.date(), decided_on=NOW.date(), decided_at=NOW,
            decided_by=us.ana.person, days=0,
        )  # fmt: skip


@sqlite_only
@pytest.mark.parametrize("pragma", ["ON", "OFF"])
@pytest.mark.parametrize("table", ["objectives_riskacceptance", TABLE, "objectives_objectivetarget"])
def test_replace_is_refused(us: Plant, table: str, pragma: str) -> None:
    declined(asked_for(us.tom, objective_served=scrap(us.yusuf)), us.ana)
    connection.cursor().execute(f"PRAGMA recursive_triggers={pragma}")
    try:
        assert "append-only" in refused(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    finally:
        connection.cursor().execute("PRAGMA recursive_triggers=ON")


@sqlite_only
def test_replace_of_the_standing_acceptance_under_a_new_id_is_refused(us: Plant) -> None:
    declined(asked_for(us.tom), us.ana)
    columns = [field.column for field in RiskAcceptance._meta.concrete_fields if field.column != "id"]
    names = ", ".join(columns)
    sql = f"INSERT OR REPLACE INTO objectives_riskacceptance ({names}) SELECT {names} FROM objectives_riskacceptance"
    assert "append-only" in refused(sql)


def test_row_put_in_as_declined_is_refused(us: Plant) -> None:
    """A row that nobody decided, beside a record of another kind, leaning on what was signed for somebody else."""
    given = declined(asked_for(us.tom), us.ana).acceptance
    assert given is not None
    draft, risk = asked_for(us.tom, is_draft=True), rated(us.yusuf)
    columns = {field.column: field.column for field in ResourceRequest._meta.local_concrete_fields}
    columns |= {
        "record_ptr_id": str(risk.pk), "status": "'declined'", "decision": "'declined'", "decided_on": "needed_on",
        "decided_by_id": "decider_id", "risk_served_id": str(risk.pk), "acceptance_id": str(given.pk),
    }  # fmt: skip
    names, values = ", ".join(columns), ", ".join(columns.values())
    sql = f"INSERT INTO {TABLE} ({names}) SELECT {values} FROM {TABLE} WHERE record_ptr_id = {draft.pk}"
    assert WORDS["unsigned"] in refused(sql)


def test_it_can_be_decided_anew_once_the_acceptance_has_ended(us: Plant) -> None:
    """The way that is open: by the services, after the signed word has ended."""
    request = declined(asked_for(us.tom, objective_served=scrap(us.yusuf)), us.ana, bearing=bearing())
    assert arrival.follow_acceptances(at=NOW + timedelta(days=1)) == 0
    RiskAcceptance.objects.update(ended_at=NOW, ended_because="voided")
    assert arrival.follow_acceptances(at=NOW + timedelta(days=1)) == 1
    back = fresh(request)
    assert (back.status, back.decision, back.acceptance_id, back.adjusted_target_id) == ("requested", "", None, None)
