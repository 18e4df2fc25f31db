"""One way to call each public service that acts for somebody. A service without a scenario fails the contract."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction

from audits.services import pack, pack_copy
from audits.services.pack_selection import PackScope
from leadership.models import ActivityType
from leadership.services import activity, activity_type, corroboration
from objectives.services import (
    improvement_action,
    objective,
    objective_decision,
    objective_import,
    objective_measurement,
    risk,
    risk_acceptance,
    risk_import,
    risk_scale,
    strategy,
    strategy_matrix,
)
from qms.models import Clause
from qms.permissions import AccessProfile
from qms.services import (
    api_token,
    attachment,
    clause,
    mapping,
    organization,
    person,
    person_import,
    record,
    redaction,
    site,
    trail_check,
    user,
)
from qms.services.mapping import Rule
from tests.contracts.collected import tables
from tests.contracts.world import World

Scenario = Callable[[World, dict[str, Any]], Any]

# Parts of services, never called by a view or a task on their own: what calls them writes the trail.
BUILDING_BLOCKS = tables("scenarios", "BUILDING_BLOCKS") | {
    "qms.services.record.open_new": "seal ends what it begins, and writes",
    "qms.services.trail.build_entry": "makes the entry that somebody else saves",
    "qms.services.trail.entry_hash": "`by` is a part of the hash",
    "qms.services.trail.next_entry": "makes the entry that somebody else saves",
    "audits.services.pack_boards.freeze": "reads what a pack shows; asking for the pack writes",
    "leadership.services.engagement_board.activity": "the same",
    "leadership.services.policy_board.policy": "the same",
    "leadership.services.role_board.role": "the same",
    "objectives.services.pack_board.improvement_action": "the same",
    "objectives.services.pack_board.nonconformity": "the same",
    "objectives.services.pack_board.objective": "the same",
    "objectives.services.pack_board.quality_cost": "the same",
    "objectives.services.pack_board.risk": "the same",
    "qms.services.trail_walk.rehash": "the same",
    "qms.services.job.start": "progress of work; the work itself writes",
    "qms.services.person_import_plan.plan": "only looks",
    "qms.services.mapping.relink": "rebuilds links; the change of the mapping writes",
    "qms.services.mapping_sheet.keep": "keeps an upload for the preview; applying it writes",
    "objectives.services.objective_import.keep": "keeps an upload for the preview; applying it writes",
    "objectives.services.risk.seal": "ends a change of a risk; the record's seal writes",
    "objectives.services.risk.seal_rated": "ends a change that rate, judge or carry began; seal writes",
    "objectives.services.risk_scale.scale_for": "the scale in force; the very first is opened with its trail",
    "objectives.services.risk_scale.carry": "a part of the carry-over; seal writes",
    "objectives.services.risk_import_plan.plan": "only looks",
    "objectives.services.risk_import_plan.questions": "only looks",
    "qms.services.mapping_sheet.apply": "calls mapping.open_mapping and change for each line, which write",
}


def _rule(**fields: Any) -> Rule:
    return Rule(**({"strength": "mandatory", "max_age_days": 30, "min_count": 1, "min_people": 1} | fields))


def _new_site(w: World, who: dict[str, Any]) -> Any:
    return site.create_site(code="GRZ", name="Graz", time_zone="Europe/Vienna", **who)


def _access(w: World, **fields: Any) -> dict[str, Any]:
    return {
        "email": "new@plant.example", "profile": AccessProfile.EMPLOYEE, "sites": [w.site], "has_all_sites": False,
        "access_expires_at": None,
    } | fields  # fmt: skip


def _token(w: World, **fields: Any) -> dict[str, Any]:
    return {"name": "Report", "scopes": ["read"], "expires_at": w.now + timedelta(days=90)} | fields


@transaction.atomic
def _token_revoked(w: World, who: dict[str, Any]) -> Any:
    api_token.issue(owner=who["by"], **_token(w), **who)
    return api_token.revoke_personal(who["by"], why="The password was changed", **who)


def _log(w: World, **fields: Any) -> dict[str, Any]:
    return {
        "uid": uuid.uuid4(), "activity_type": w.activity.activity_type, "site": w.site, "title": "Walked the line",
        "happened_at": w.now, "leaders": [(w.leader.person, "")],
    } | fields  # fmt: skip


@transaction.atomic
def _sealed(w: World, who: dict[str, Any]) -> Any:
    """As every caller of seal: in the transaction of the change."""
    return record.seal(w.activity, "activity.corrected", **who)


def _excluded(w: World, who: dict[str, Any]) -> Any:
    chief = w.chief
    return clause.exclude(
        w.clause, w.site, reason="Not done", approved_by=chief, effective_from=date(2026, 1, 1), **who
    )  # fmt: skip


def _second_factor_reset(w: World, who: dict[str, Any]) -> Any:
    Authenticator.objects.create(user=w.users["employee"], type="totp", data={"secret": "x"})
    return user.reset_second_factor(w.users["employee"], reason="Lost the phone", **who)


@transaction.atomic
def _invited(w: World, who: dict[str, Any]) -> Any:
    part = w.activity.participants.create(person=w.person, name=w.person.name, part="met")
    return corroboration.invite(w.activity, participant_ids=[part.pk], **who)


def _import(w: World, who: dict[str, Any]) -> Any:
    return person_import.start(
        io.BytesIO(b"Name,E-mail\nAna Pop,ana@x.example\n"), file_name="p.csv", site=w.site, **who
    )


def _with_pin(w: World, who: dict[str, Any]) -> Any:
    person.set_pin(w.person, **who)
    return person.remove_pin(w.person, **who)


def _accepted(w: World, who: dict[str, Any]) -> Any:
    return risk_acceptance.accept(
        w.risk, why="Cross-training ends in May", compensating_control="A contractor is on call",
        void_if="The contractor leaves", expires_on=w.now.date() + timedelta(days=90), method="password", **who,
    )  # fmt: skip


def _treated(w: World, who: dict[str, Any]) -> Any:
    return risk.treat(w.risk, treatment="reduce", treatment_plan="Train two setters", due_on=None, **who)


def _register(w: World, who: dict[str, Any]) -> Any:
    sent = io.BytesIO(b"Risk,R/O,L,I\nFlooding of the yard,R,3,5\n")
    return risk_import.start(sent, file_name="r.csv", site=w.site, **who)


SCENARIOS: dict[str, Scenario] = tables("scenarios", "SCENARIOS") | {
    "qms.services.attachment.withdraw": lambda w, who: attachment.withdraw(w.attachment, reason="Blurred", **who),
    "qms.services.clause.edit_clause": lambda w, who: clause.edit_clause(
        w.clause, {"intent": "In our own words"}, **who
    ),
    "qms.services.clause.edit_edition": lambda w, who: clause.edit_edition(
        w.edition, {"valid_until": date(2030, 1, 1)}, **who
    ),
    "qms.services.clause.end_exclusion": lambda w, who: clause.end_exclusion(
        w.exclusion, effective_to=date(2026, 12, 1), reason="Design begins", **who
    ),
    "qms.services.clause.exclude": _excluded,
    "qms.services.clause.load_catalogue": lambda w, who: (Clause.objects.count(), clause.load_catalogue(**who)),
    "qms.services.mapping.open_mapping": lambda w, who: mapping.open_mapping(
        "improvement_action", "", w.clause, _rule(), effective_from=date(2026, 12, 1), reason="Counts", **who
    ),
    "qms.services.mapping.change": lambda w, who: mapping.change(
        w.mapping, _rule(), effective_from=date(2026, 12, 1), reason="Oftener", **who
    ),
    "qms.services.mapping.end": lambda w, who: mapping.end(
        w.mapping, effective_to=date(2026, 12, 1), reason="No more", **who
    ),
    "qms.services.organization.edit": lambda w, who: organization.edit(
        name="Acme", scope_statement="All of it", time_zone="UTC", **who
    ),
    "qms.services.person.create": lambda w, who: person.create(name="Ana Pop", site=w.site, **who),
    "qms.services.person.deactivate": lambda w, who: person.deactivate(w.person, **who),
    "qms.services.person.edit": lambda w, who: person.edit(w.person, job_title="Setter", **who),
    "qms.services.person.reactivate": lambda w, who: person.reactivate(person.deactivate(w.person, **who), **who),
    "qms.services.redaction.redact": lambda w, who: redaction.redact(
        person.deactivate(w.person, **who), reason="Asked to be forgotten", **who
    ),
    "qms.services.person.set_pin": lambda w, who: person.set_pin(w.person, **who),
    "qms.services.person.remove_pin": _with_pin,
    "qms.services.person_import.start": _import,
    "qms.services.record.seal": _sealed,
    "qms.services.record.sign": lambda w, who: record.sign(w.activity, meaning="Seen", method="password", **who),
    "qms.services.site.create_area": lambda w, who: site.create_area(w.site, name="Paint shop", **who),
    "qms.services.site.create_site": _new_site,
    "qms.services.site.edit_site": lambda w, who: site.edit_site(
        w.site, code=w.site.code, name="Denver works", time_zone="UTC", **who
    ),
    "qms.services.site.issue_code": lambda w, who: site.issue_code(w.area, **who),
    "qms.services.site.reissue_code": lambda w, who: (
        site.issue_code(w.area, **who),
        site.reissue_code(w.area, **who),
    ),
    "qms.services.site.revoke_code": lambda w, who: (
        site.issue_code(w.area, **who),
        site.revoke_code(w.area, **who),
    ),
    "qms.services.site.rename_area": lambda w, who: site.rename_area(w.area, name="Line 4", **who),
    "qms.services.site.set_area_use": lambda w, who: site.set_area_use(w.area, is_active=False, **who),
    "qms.services.site.set_site_use": lambda w, who: site.set_site_use(_new_site(w, who), is_active=False, **who),
    "qms.services.trail_check.request_check": lambda w, who: trail_check.request_check(**who),
    "qms.services.api_token.issue": lambda w, who: api_token.issue(owner=who["by"], **_token(w), **who),
    "qms.services.api_token.agree": transaction.atomic(lambda w, who: api_token.agree(w.token(who["by"])[0], **who)),
    "qms.services.api_token.revoke": lambda w, who: api_token.revoke(w.token(w.leader)[0], **who),
    "qms.services.api_token.revoke_personal": _token_revoked,
    "qms.services.user.invite": lambda w, who: user.invite(w.person, **_access(w), **who),
    "qms.services.user.change_access": lambda w, who: user.change_access(
        w.users["employee"], **_access(w, profile=AccessProfile.GUEST_AUDITOR), **who
    ),
    "qms.services.user.disable": lambda w, who: user.disable(w.users["employee"], **who),
    "qms.services.user.enable": lambda w, who: user.enable(user.disable(w.users["employee"], **who), **who),
    "qms.services.user.invited_again": lambda w, who: user.invited_again(w.users["employee"], **who),
    "qms.services.user.note": lambda w, who: user.note(w.leader, "user.noted", **who),
    "qms.services.user.reset_second_factor": _second_factor_reset,
    "objectives.services.improvement_action.open_action": lambda w, who: improvement_action.open_action(
        uid=uuid.uuid4(), title="Do it", owner=w.person, due_on=date(2027, 1, 1), site=w.site, **who
    ),
    "objectives.services.improvement_action.change": lambda w, who: improvement_action.change(
        w.action, version=w.action.version, reason="Later", due_on=date(2027, 2, 1), **who
    ),
    "objectives.services.improvement_action.start": lambda w, who: improvement_action.start(w.action, **who),
    "objectives.services.improvement_action.complete": lambda w, who: improvement_action.complete(
        w.action, outcome="Replaced", **who
    ),
    "objectives.services.improvement_action.decline": lambda w, who: improvement_action.decline(
        w.action, reason="No money", **who
    ),
    "objectives.services.improvement_action.reopen": lambda w, who: improvement_action.reopen(
        improvement_action.complete(w.action, outcome="Replaced", **who), reason="It came back", **who
    ),
    "objectives.services.improvement_action.withdraw": lambda w, who: improvement_action.withdraw(
        w.action, reason="Entered twice", **who
    ),
    "objectives.services.strategy.set_goal": lambda w, who: strategy.set_goal(
        uid=uuid.uuid4(),
        title="First",
        owner=w.person,
        site=w.site,
        starts_on=date(2026, 1, 1),
        ends_on=date(2028, 1, 1),
        **who,
    ),
    "objectives.services.strategy.change": lambda w, who: strategy.change(
        w.goal, version=w.goal.version, reason="Longer", ends_on=date(2029, 1, 1), **who
    ),
    "objectives.services.strategy.adopt": lambda w, who: strategy.adopt(
        strategy.set_goal(
            uid=uuid.uuid4(),
            title="First",
            owner=w.person,
            site=w.site,
            starts_on=date(2026, 1, 1),
            ends_on=date(2028, 1, 1),
            **who,
        ),
        **who,
    ),
    "objectives.services.strategy.achieve": lambda w, who: strategy.achieve(w.goal, outcome="Reached", **who),
    "objectives.services.strategy.drop": lambda w, who: strategy.drop(w.goal, outcome="Line sold", **who),
    "objectives.services.strategy.reopen": lambda w, who: strategy.reopen(
        strategy.achieve(w.goal, outcome="Reached", **who), reason="Not yet", **who
    ),
    "objectives.services.strategy.withdraw": lambda w, who: strategy.withdraw(w.goal, reason="Twice", **who),
    "objectives.services.strategy_matrix.judge": lambda w, who: strategy_matrix.judge(
        w.objective, w.goal, aspect="objective", strength="strong", **who
    ),
    "objectives.services.objective.set_objective": lambda w, who: objective.set_objective(
        uid=uuid.uuid4(),
        title="Less scrap",
        owner=w.person,
        site=w.site,
        measure="Scrap",
        unit="%",
        target_value=Decimal(2),
        **who,
    ),
    "objectives.services.objective.change": lambda w, who: objective.change(
        w.objective, version=w.objective.version, reason="Told at the meeting", communicated_to="Line 3", **who
    ),
    "objectives.services.objective.approve": lambda w, who: objective.approve(
        w.draft_objective, method="password", **who
    ),
    "objectives.services.objective.change_target": lambda w, who: objective.change_target(
        w.objective,
        version=w.objective.version,
        reason="New machine",
        target_value=Decimal(1),
        method="password",
        **who,
    ),
    "objectives.services.objective.achieve": lambda w, who: objective.achieve(w.objective, outcome="Reached", **who),
    "objectives.services.objective.miss": lambda w, who: objective.miss(w.objective, outcome="Not reached", **who),
    "objectives.services.objective.drop": lambda w, who: objective.drop(w.objective, outcome="Line sold", **who),
    "objectives.services.objective.reopen": lambda w, who: objective.reopen(
        objective.miss(w.objective, outcome="Not reached", **who), reason="Again", **who
    ),
    "objectives.services.objective.withdraw": lambda w, who: objective.withdraw(w.objective, reason="Twice", **who),
    "objectives.services.objective_measurement.record_measurement": lambda w, who: (
        objective_measurement.record_measurement(
            w.objective, measured_on=date(2026, 11, 1), value=Decimal(3), sample_size=5, **who
        )
    ),
    "objectives.services.objective_measurement.record_measurements": lambda w, who: (
        objective_measurement.record_measurements(
            w.objective, [objective_measurement.Reading(date(2026, 11, 1), Decimal(3))], **who
        )
    ),
    "objectives.services.objective_import.apply": lambda w, who: objective_import.apply(
        w.objective, w.upload, objective_import.guess(["Day", "Value"]), [2], **who
    ),
    "objectives.services.objective_decision.decide": lambda w, who: objective_decision.decide(
        w.decision, choice="keep", words="The trial has just begun", **who
    ),
    "objectives.services.risk.open_risk": lambda w, who: risk.open_risk(
        uid=uuid.uuid4(), title="Steel price", nature="risk", site=w.site, owner=w.person, **who
    ),
    "objectives.services.risk.rate": lambda w, who: risk.rate(w.risk, likelihood=2, impact=2, reason="Spare", **who),
    "objectives.services.risk.treat": _treated,
    "objectives.services.risk.judge": lambda w, who: risk.judge(
        _treated(w, who), likelihood=1, impact=3, effectiveness="effective", note="Two can do it", **who
    ),
    "objectives.services.risk.change": lambda w, who: risk.change(
        w.risk, version=w.risk.version, reason="Clearer", cause="People", **who
    ),
    "objectives.services.risk.close": lambda w, who: risk.close(_accepted(w, who).risk, reason="Line sold", **who),
    "objectives.services.risk.reopen": lambda w, who: risk.reopen(
        risk.close(_accepted(w, who).risk, reason="Line sold", **who), reason="Line bought back", **who
    ),
    "objectives.services.risk.withdraw": lambda w, who: risk.withdraw(w.risk, reason="Twice", **who),
    "objectives.services.risk_acceptance.accept": _accepted,
    "objectives.services.risk_acceptance.void": lambda w, who: risk_acceptance.void(
        _accepted(w, who).risk, reason="The contractor left", **who
    ),
    "objectives.services.risk_scale.replace": lambda w, who: risk_scale.replace(
        risk_scale.default_facts(), site=w.site, reason="Our own words", is_carried=True, **who
    ),
    "objectives.services.risk_import.start": _register,
    "objectives.services.risk_import.apply": lambda w, who: (
        made := _register(w, who),
        risk_import.apply(made, digest=risk_import.plan(made, by=who["by"]).digest, **who),
    ),
    "audits.services.pack.request": lambda w, who: pack.request(
        PackScope(
            sites=[w.site], clauses=[w.clause], edition=w.edition, from_on=date(2026, 1, 1), to_on=date(2026, 11, 1)
        ),
        **who,
    ),
    "audits.services.pack.supersede": lambda w, who: pack.supersede(w.pack, **who),
    "audits.services.pack_copy.make_link": lambda w, who: pack_copy.make_link(
        w.pack, for_whom="Auditor", expires_at=w.now + timedelta(days=3), **who
    ),
    "audits.services.pack_copy.note_download": lambda w, who: pack_copy.note_download(w.pack, **who),
    "audits.services.pack_copy.revoke_link": lambda w, who: pack_copy.revoke_link(w.link[0], **who),
    "leadership.services.activity.log": lambda w, who: activity.log(**_log(w), **who),
    "leadership.services.activity.save_draft": lambda w, who: activity.save_draft(**_log(w), **who),
    "leadership.services.activity.correct": lambda w, who: activity.correct(
        w.activity, version=w.activity.version, reason="Wrong line", notes="Line 4", **who
    ),
    "leadership.services.activity.withdraw": lambda w, who: activity.withdraw(w.activity, reason="Twice", **who),
    "leadership.services.activity_type.add": lambda w, who: activity_type.add(
        ActivityType(slug="gemba", label="Gemba", prefix="GEM"), **who
    ),
    "leadership.services.activity_type.change": lambda w, who: activity_type.change(
        w.activity.activity_type, label="Walk", **who
    ),
    "leadership.services.activity_type.load_defaults": lambda w, who: activity_type.load_defaults(**who),
    "leadership.services.corroboration.invite": _invited,
}
# Their own tests show trail entry and roll-back; a scenario here would repeat long preparations.
SHOWN_ELSEWHERE = tables("scenarios", "SHOWN_ELSEWHERE") | {
    "qms.services.attachment.add": "tests/qms/test_attachment.py",
    "qms.services.mapping.load_default_mappings": "tests/qms/test_mapping.py",
    "qms.services.person_import.apply": "tests/qms/test_person_import.py",
    "audits.services.pack.retry": "tests/audits/test_pack_build.py",
}
