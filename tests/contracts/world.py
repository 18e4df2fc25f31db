"""One plant with one of everything, every address of the product, and what to put into each address.

SAMPLES gives the arguments of each named address; an address with arguments and without a sample fails the access
contract, so that a new page cannot be left out. OF_SITE names the samples that belong to Denver: nobody of Lyon may see
them. A sample that depends on who asks is a function of (world, user).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.files.base import ContentFile
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from audits.models import Pack
from audits.services import pack_copy
from leadership.models import Activity, Invitation
from leadership.services import corroboration
from objectives.models import (
    ImprovementAction,
    Nonconformity,
    Objective,
    ObjectiveDecision,
    Risk,
    RiskImport,
    StrategicGoal,
)
from objectives.services import (
    improvement_action,
    objective,
    objective_import,
    objective_measurement,
    risk,
    risk_import,
    strategy,
)
from qms.models import (
    ApiToken,
    Applicability,
    Attachment,
    ClauseMapping,
    Job,
    PersonImport,
    RecordPerson,
    User,
)
from qms.permissions import AccessProfile
from qms.services import mapping_sheet, secret_link
from qms.services import person as person_service
from qms.services import record as record_service
from qms.services import site as site_service
from tests.contracts.collected import tables
from tests.contracts.world_nonconformity import raised
from tests.contracts.world_quality_cost import statement as cost_statement
from tests.factories import (
    AreaFactory,
    ClauseFactory,
    EditionFactory,
    MappingFactory,
    PersonFactory,
    SiteFactory,
    cast_member,
    logged_activity,
)


@dataclass(frozen=True)
class Address:
    """One address of the product: its name with namespace, its route and the view behind it."""

    name: str
    route: str
    view: Callable[..., Any]
    arguments: tuple[str, ...]

    @property
    def is_public(self) -> bool:
        return getattr(self.view, "is_public", False)

    @property
    def is_by_token(self) -> bool:
        """Whether it belongs to the API, whose operations ask for a token themselves (test_api.py)."""
        return getattr(self.view, "is_by_token", False)

    @property
    def permission(self) -> Any:
        return getattr(self.view, "required_permission", None)


def addresses() -> list[Address]:
    """Every address but those of allauth."""
    return [a for a in _walk(get_resolver()) if not a.route.startswith("account/") or a.permission or a.is_public]


def _walk(resolver: URLResolver, prefix: str = "", names: tuple[str, ...] = ()) -> Iterator[Address]:
    for part in resolver.url_patterns:
        route = prefix + str(part.pattern)
        if isinstance(part, URLResolver):
            yield from _walk(part, route, (*names, part.namespace) if part.namespace else names)
        elif isinstance(part, URLPattern):
            arguments = tuple(part.pattern.regex.groupindex) if hasattr(part.pattern, "regex") else ()
            yield Address(":".join((*names, part.name or "")), route, part.callback, arguments)


class World:
    """Denver with one of everything, made by its plant manager, who leads, and its quality manager."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.made: dict[str, Any] = {}
        self.users = {profile: cast_member(f"Den {profile}", profile) for profile in AccessProfile.values}
        self.strangers = {
            profile: cast_member(f"Lyo {profile}", profile, site="LYO") for profile in AccessProfile.values
        }
        self.leader = self.users[AccessProfile.LEADER]
        self.site = SiteFactory()
        self.area = AreaFactory()
        self.edition = EditionFactory()
        self.clause = ClauseFactory()
        self.mapping: ClauseMapping = MappingFactory(clause=self.clause)
        self.activity: Activity = logged_activity(self.leader, at=self.now)
        self.person = PersonFactory(name="Paula Sato")
        self.chief = PersonFactory(name="Maria Chief", is_top_management=True)

    @cached_property
    def action(self) -> ImprovementAction:
        import uuid

        return improvement_action.open_action(
            uid=uuid.uuid4(), title="Replace gauge 4", owner=self.leader.person, due_on=date(2027, 1, 10),
            site=self.site, by=self.leader, at=self.now,
        )  # fmt: skip

    @cached_property
    def goal(self) -> StrategicGoal:
        import uuid

        drafted = strategy.set_goal(
            uid=uuid.uuid4(), title="Right first time", owner=self.leader.person, site=self.site,
            starts_on=date(2026, 1, 1), ends_on=date(2028, 12, 31), by=self.leader, at=self.now,
        )  # fmt: skip
        return strategy.adopt(drafted, by=self.leader, at=self.now)

    @cached_property
    def draft_objective(self) -> Objective:
        import uuid

        return objective.set_objective(
            uid=uuid.uuid4(), title="Scrap of line 3 at 2 %", owner=self.leader.person, site=self.site,
            measure="Scrap rate of line 3", unit="%", target_value=Decimal(2), baseline_value=Decimal("3.4"),
            baseline_on=date(2026, 1, 1), due_on=date(2027, 6, 30), means="Tool-life trial", judged_how="Monthly mean",
            by=self.leader, at=self.now,
        )  # fmt: skip

    @cached_property
    def objective(self) -> Objective:
        """An approved objective, measured once."""
        self.__dict__.pop("draft_objective", None)
        approved = objective.approve(self.draft_objective, by=self.leader, at=self.now, method="password")
        self.__dict__.pop("draft_objective", None)
        objective_measurement.record_measurement(
            approved, measured_on=self.now.date() - timedelta(days=7), value=Decimal("3.1"), by=self.leader,
            at=self.now,
        )  # fmt: skip
        return Objective.objects.select_related("site", "owner", "recorded_by__person").get(pk=approved.pk)

    @cached_property
    def upload(self) -> Job:
        return self.measurement_upload(self.leader)

    @cached_property
    def decision(self) -> ObjectiveDecision:
        return self.objective.decisions.create(
            asked_on=self.now.date(), asked_at=self.now, asked_because="Two misses in a row"
        )

    def measurement_upload(self, user: User) -> Job:
        """The user's own upload of measurements, for an objective of the world."""
        rows = {"objective": self.objective.pk, "header": ["Day", "Value"], "rows": [[2, ["2026-11-02", "3"]]]}
        return Job.objects.create(
            kind=objective_import.JOB_KIND, label="scrap.csv", requested_by=user, created_at=self.now, params=rows
        )

    @cached_property
    def risk(self) -> Risk:
        """A rated risk of the leader's."""
        import uuid

        opened = risk.open_risk(
            uid=uuid.uuid4(), title="Only one person can program line 3", nature="risk", site=self.site,
            owner=self.leader.person, by=self.leader, at=self.now,
        )  # fmt: skip
        return risk.rate(opened, likelihood=4, impact=3, reason="Nobody to stand in", by=self.leader, at=self.now)

    @cached_property
    def nonconformity(self) -> Nonconformity:
        """One of the leader's, just raised."""
        return raised(self)

    @cached_property
    def statement(self) -> Any:
        """An open statement of the last month that has none."""
        return cost_statement(self)

    def risk_upload(self, user: User) -> RiskImport:
        """The user's own upload of a register."""
        return risk_import.start(
            io.BytesIO(b"Risk,R/O,L,I\nFlooding of the yard,R,3,5\n,R,2,2\n"), file_name="risks.csv", site=self.site,
            by=user, at=self.now,
        )  # fmt: skip

    @cached_property
    def pack(self) -> Pack:
        """A finished pack; its file is any bytes, since nobody opens it here."""
        pack = Pack(
            site=self.site, owner=self.leader.person, title="Pack", occurred_on=self.now.date(), status="ready",
            edition=self.edition, from_on=date(2026, 1, 1), to_on=date(2026, 11, 1), cutoff_at=self.now,
            sha256="a" * 64, unsigned_sha256="b" * 64,
        )  # fmt: skip
        record_service.open_new(pack, by=self.leader, at=self.now)
        pack.sites.set([self.site])
        pack.clauses.set([self.clause])
        pack.file.save("pack.pdf", ContentFile(b"%PDF-1.7"), save=False)
        pack.job = self.job(self.leader)
        return record_service.seal(pack, "pack.ready", by=None, at=self.now)

    @cached_property
    def link(self) -> tuple[Any, str]:
        return pack_copy.make_link(
            self.pack, for_whom="Auditor", expires_at=self.now + timedelta(days=7), by=self.leader, at=self.now
        )

    @cached_property
    def attachment(self) -> Attachment:
        """A file beside the activity."""
        file = Attachment(
            record_id=self.activity.pk, form="photo", name="a.jpg", media_type="image/jpeg", size=3, sha256="a" * 64,
            original_sha256="a" * 64, uploaded_at=self.now, uploaded_by=self.leader,
        )  # fmt: skip
        file.file.save("a.jpg", ContentFile(b"\xff\xd8\xff"), save=False)
        file.thumbnail.save("a.jpg", ContentFile(b"\xff\xd8\xff"), save=False)
        file.save()
        return file

    @cached_property
    def exclusion(self) -> Applicability:
        return Applicability.objects.create(
            clause=ClauseFactory(number="8.3", title="Design"), site=self.site, reason="Nothing is designed here",
            approved_by=self.leader.person, approved_at=self.now, effective_from=date(2026, 1, 1),
        )  # fmt: skip

    @cached_property
    def code(self) -> Any:
        return site_service.issue_code(self.area, by=None, at=self.now)

    def job(self, user: User, kind: str = "test") -> Job:
        rows = {"rows": []} if kind == mapping_sheet.JOB_KIND else {}
        return Job.objects.create(kind=kind, label="A job", requested_by=user, created_at=self.now, params=rows)

    def person_import(self, user: User) -> PersonImport:
        return PersonImport.objects.create(
            file_name="people.csv", sha256="a" * 64, header=["Name"], rows=[[2, ["Ana Pop"]]], mapping=["name"],
            site=self.site, requested_by=user, created_at=self.now,
        )  # fmt: skip

    def invitation(self, user: User) -> Invitation:
        """The user's own invitation to answer for the activity."""
        part, _made = RecordPerson.objects.get_or_create(
            record_id=self.activity.pk, person=user.person, part="met", defaults={"name": user.person.name}
        )
        found = Invitation.objects.filter(participant=part).first()
        if found is None:
            (found,) = corroboration.invite(self.activity, participant_ids=[part.pk], by=self.leader, at=self.now)
        return found

    def with_pin(self) -> Activity:
        """The activity, with somebody who may answer at its code by PIN."""
        person_service.set_pin(self.users["employee"].person, by=None, at=self.now)
        self.invitation(self.users["employee"])
        return self.activity

    def token(self, user: User, *scopes: str) -> tuple[ApiToken, str]:
        """A service token that acts for the user, and its secret; service, since not every profile makes its own."""
        secret = f"qms_{user.pk}_{'_'.join(scopes)}"
        token, _made = ApiToken.objects.get_or_create(
            digest=secret_link.digest(secret), defaults={
                "owner": user, "name": "Robot", "beginning": secret[:10], "scopes": scopes or ApiToken.Scope.values,
                "is_service": True, "created_at": self.now, "created_by": user,
                "expires_at": self.now + timedelta(days=30),
            },
        )  # fmt: skip
        return token, secret

    def one(self, kind: str, *, is_another: bool = False) -> Any:
        """One record of the kind, the same one at every call; ``is_another``: a further one, which takes its place."""
        made_by = ONE_OF[kind]
        if isinstance(made_by, str):
            if is_another:
                self.__dict__.pop(made_by, None)
            return getattr(self, made_by)
        if is_another or kind not in self.made:
            self.made[kind] = made_by(self)
        return self.made[kind]

    def own_activity(self, user: User) -> Activity:
        return logged_activity(user, at=self.now, site=self.site)


Sample = Callable[[World, User], dict[str, Any]]
RECORD: Sample = lambda w, u: {"uid": w.activity.uid}  # noqa: E731  a table reads best in lines
ACTIVITY: Sample = lambda w, u: {"pk": w.activity.pk}  # noqa: E731
ACTION: Sample = lambda w, u: {"pk": w.action.pk}  # noqa: E731
GOAL: Sample = lambda w, u: {"pk": w.goal.pk}  # noqa: E731
OBJECTIVE: Sample = lambda w, u: {"pk": w.objective.pk}  # noqa: E731
RISK: Sample = lambda w, u: {"pk": w.risk.pk}  # noqa: E731
UPLOAD: Sample = lambda w, u: {"uid": w.risk_upload(u).uid}  # noqa: E731
PACK: Sample = lambda w, u: {"pk": w.pack.pk}  # noqa: E731
FILE: Sample = lambda w, u: {"uid": w.attachment.uid}  # noqa: E731
PERSON: Sample = lambda w, u: {"uid": w.person.uid}  # noqa: E731
SITE: Sample = lambda w, u: {"pk": w.site.pk}  # noqa: E731
AREA: Sample = lambda w, u: {"pk": w.area.pk}  # noqa: E731
USER: Sample = lambda w, u: {"uid": w.leader.uid}  # noqa: E731

OF_SITE: dict[str, Sample] = {
    "qms:record": RECORD, "qms:record-files": RECORD, "qms:record-sign": RECORD, "qms:attachment-add": RECORD,
    "qms:record-version": lambda w, u: {"uid": w.activity.uid, "number": 1},
    "qms:attachment": FILE, "qms:attachment-small": FILE, "qms:attachment-withdraw": FILE,
    "qms:person-detail": PERSON, "qms:person-edit": PERSON, "qms:person-deactivate": PERSON,
    "qms:person-reactivate": PERSON, "qms:person-pin": PERSON, "qms:person-pin-remove": PERSON,
    "qms:person-redact": PERSON,
    "qms:site-detail": SITE, "qms:site-edit": SITE, "qms:site-use": SITE, "qms:area-new": SITE, "qms:site-codes": SITE,
    "qms:site-codes-issue": SITE, "qms:area-detail": AREA, "qms:area-use": AREA, "qms:area-code-change": AREA,
    "qms:user-detail": USER, "qms:user-invite-again": USER,
    "qms:user-act": lambda w, u: {"uid": w.leader.uid, "act": "disable"},
    "qms:service-token-revoke": lambda w, u: {"pk": w.token(w.leader)[0].pk},
    "qms:clause-include": lambda w, u: {"pk": w.exclusion.pk},
    "objectives:improvement-action-detail": ACTION, "objectives:improvement-action-print": ACTION,
    "objectives:improvement-action-edit": ACTION,
    "objectives:improvement-action-move": lambda w, u: {"pk": w.action.pk, "verb": "start"},
    "objectives:strategic-goal-detail": GOAL, "objectives:strategic-goal-print": GOAL,
    "objectives:strategic-goal-edit": GOAL,
    "objectives:strategic-goal-move": lambda w, u: {"pk": w.goal.pk, "verb": "achieve"},
    "objectives:strategy-judge": lambda w, u: {
        "serving": w.objective.uid, "served": w.goal.uid, "aspect": "objective",
    },
    "objectives:objective-detail": OBJECTIVE, "objectives:objective-print": OBJECTIVE,
    "objectives:objective-edit": OBJECTIVE, "objectives:objective-target": OBJECTIVE,
    "objectives:objective-measure": OBJECTIVE, "objectives:objective-import": OBJECTIVE,
    "objectives:objective-token": OBJECTIVE,
    "objectives:objective-decide": OBJECTIVE, "objectives:objective-approve": OBJECTIVE,
    "objectives:objective-move": lambda w, u: {"pk": w.objective.pk, "verb": "achieve"},
    "objectives:objective-import-check": lambda w, u: {"uid": w.measurement_upload(u).uid},
    "objectives:objective-import-problems": lambda w, u: {"uid": w.measurement_upload(u).uid},
    "objectives:risk-detail": RISK, "objectives:risk-print": RISK, "objectives:risk-edit": RISK,
    "objectives:risk-accept": RISK, "objectives:risk-act": lambda w, u: {"pk": w.risk.pk, "verb": "treat"},
    "audits:pack-detail": PACK, "audits:pack-progress": PACK, "audits:pack-download": PACK, "audits:pack-retry": PACK,
    "audits:pack-supersede": PACK, "audits:pack-link": PACK,
    "audits:pack-link-revoke": lambda w, u: {"pk": w.pack.pk, "link_pk": w.link[0].pk},
    "leadership:activity-detail": ACTIVITY, "leadership:activity-print": ACTIVITY, "leadership:activity-edit": ACTIVITY,
    "leadership:activity-ask": ACTIVITY, "leadership:activity-withdraw": ACTIVITY,
    "api:record": RECORD, "api:measurements": lambda w, u: {"uid": w.objective.uid},
}  # fmt: skip
OF_USER: dict[str, Sample] = {
    "qms:api-token-agree": lambda w, u: {"pk": w.token(u)[0].pk},
    "qms:api-token-revoke": lambda w, u: {"pk": w.token(u)[0].pk},
    "qms:job": lambda w, u: {"uid": w.job(u).uid},
    "qms:person-import-columns": lambda w, u: {"uid": w.person_import(u).uid},
    "qms:person-import-preview": lambda w, u: {"uid": w.person_import(u).uid},
    "qms:person-import-apply": lambda w, u: {"uid": w.person_import(u).uid},
    "qms:person-import-result": lambda w, u: {"uid": w.person_import(u).uid},
    "qms:person-import-problems": lambda w, u: {"uid": w.person_import(u).uid},
    **{
        f"objectives:risk-import-{step}": UPLOAD
        for step in ("sheet", "columns", "words", "preview", "apply", "result", "problems")
    },
    "qms:mapping-import-check": lambda w, u: {"uid": w.job(u, mapping_sheet.JOB_KIND).uid},
    "leadership:log-done": lambda w, u: {"uid": w.own_activity(u).uid},
    "leadership:answer-mine": lambda w, u: {"pk": w.invitation(u).pk},
}
OF_ALL: dict[str, Sample] = {
    "qms:evidence-clause": lambda w, u: {"pk": w.clause.pk},
    "qms:clause-detail": lambda w, u: {"pk": w.clause.pk},
    "qms:clause-edit": lambda w, u: {"pk": w.clause.pk},
    "qms:clause-exclude": lambda w, u: {"pk": w.clause.pk},
    "qms:edition-edit": lambda w, u: {"slug": w.edition.slug},
    "qms:mapping-history": lambda w, u: {"pk": w.mapping.pk},
    "qms:mapping-edit": lambda w, u: {"pk": w.mapping.pk},
    "qms:mapping-end": lambda w, u: {"pk": w.mapping.pk},
    "qms:area-code": lambda w, u: {"token": w.code.token},
    "audits:pack-shared": lambda w, u: {"token": w.link[1]},
    "leadership:activity-type-edit": lambda w, u: {"slug": w.activity.activity_type.slug},
    "leadership:answer-at": lambda w, u: {"uid": w.with_pin().uid},
    "leadership:answer": lambda w, u: {"token": "no-such-token"},
    "api:records": lambda w, u: {"kind": "activity"},
    "api:unknown": lambda w, u: {"rest": "nowhere"},
}
OF_SITE |= tables("world", "OF_SITE")
OF_USER |= tables("world", "OF_USER")
OF_ALL |= tables("world", "OF_ALL")
SAMPLES = OF_SITE | OF_USER | OF_ALL
ONE_OF: dict[str, str | Callable[[World], Any]] = {
    "activity": "activity",
    "improvement_action": "action",
    "nonconformity": "nonconformity",
    "objective": "objective",
    "pack": "pack",
    "quality_cost": "statement",
    "risk": "risk",
    "strategic_goal": "goal",
} | tables("world", "ONE_OF")
"""What makes one record of a kind: an attribute of the world, or a function of it."""
