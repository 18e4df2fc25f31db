"""What waits for somebody's answer, decision or signature: one declaration per source, read by Home and Due at once.

A concept whose records wait for a person declares its source in SOURCES; nothing else has to change. ``rows`` is the
same query the concept's own page starts from, so what is listed here can be answered there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db.models import CharField, DateField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from leadership.models import Routine
from leadership.services import acknowledgement, corroboration, occurrence, recognition, resource_request
from leadership.services import communication_question as question_service
from leadership.services import policy as policy_service
from leadership.services import role as role_service
from objectives.models import ImprovementAction, QualityCostStatement
from objectives.services import finance, objective_decision, promise
from qms.models import User, site_today
from qms.records import Text

Rows = Callable[[User, datetime], QuerySet[Any]]


@dataclass(frozen=True)
class Source:
    """Things of one sort that wait: where they come from and how they are said.

    ``rows``: what waits for the user at a moment, unsliced, one row per thing. ``key`` (the address's argument),
    ``title``, ``who`` and ``since`` (a date, or a moment) are ORM paths on it. ``words`` and ``note`` may hold
    %(title)s and %(who)s; ``verb`` is what the user does. ``is_urgent``: it stands above the
    others. ``is_by_uid``: the key is a uid, not a number.
    """

    name: str
    verb: Text
    words: Text
    url_name: str
    rows: Rows
    key: str = "pk"
    title: str = "title"
    who: str = ""
    since: str = "occurred_on"
    note: Text = ""
    icon: str = "chat"
    is_urgent: bool = False
    is_by_uid: bool = False

    def columns(self, user: User, at: datetime) -> QuerySet[Any] | None:
        """The rows as (source, key, title, who, since), the same columns for every source; None when there are none."""
        rows = self.rows(user, at).order_by()
        if rows.query.is_empty():
            return None
        who = Cast(F(self.who), TextField()) if self.who else Value("", output_field=TextField())
        return rows.values(
            wait_source=Value(self.name, output_field=CharField()),
            wait_key=Cast(F(self.key), CharField(max_length=40)),
            wait_title=Cast(F(self.title), TextField()),
            wait_who=who,
            wait_since=Cast(F(self.since), DateField()),
        )


@dataclass(frozen=True)
class Thing:
    """One thing that waits, in words, and where it is dealt with."""

    words: str
    note: str
    verb: str
    icon: str
    url: str
    since: date
    is_urgent: bool


class _Row(TypedDict):
    wait_source: str
    wait_key: str
    wait_title: str
    wait_who: str
    wait_since: date


def _today(user: User, at: datetime) -> date:
    site = user.person.site
    return site_today(site, at) if site else at.date()


SOURCES: tuple[Source, ...] = (
    Source(
        "decision", _("Decide"), _("Decide: %(title)s"), "objectives:objective-decide",
        lambda user, _at: objective_decision.waiting_for(user), key="objective_id", title="objective__title",
        who="asked_because", since="asked_on", note="%(who)s", icon="help", is_urgent=True,
    ),
    Source(
        "resource", _("Decide"), _("%(who)s asks for: %(title)s"), "leadership:resource-request-decide",
        lambda user, _at: resource_request.waiting_for(user), who="owner__name", since="awaited_on", icon="handshake",
        is_urgent=True,
    ),
    Source(
        "policy", _("Approve"), _("Approve the policy: %(title)s"), "leadership:policy-approve",
        lambda user, _at: policy_service.waiting_for(user), who="owner__name", since="awaited_on",
        note=_("handed in for %(who)s"), icon="file", is_urgent=True,
    ),
    Source(
        "resource-question", _("Answer"), _("%(who)s has a question: %(title)s"), "leadership:resource-request-detail",
        lambda user, _at: resource_request.questions_for(user), who="decider__name", since="awaited_on",
    ),
    Source(
        "routine", _("Agree"), _("Standard work to agree to: %(title)s"), "leadership:routine-detail",
        lambda user, _at: Routine.objects.visible_to(user).filter(
            status=Routine.Status.PROPOSED, owner_id=user.person_id
        ),
        icon="calendar",
    ),
    Source(
        "missed", _("Say why"), _("Not done in time: %(title)s"), "leadership:occurrence-explain",
        lambda user, _at: occurrence.missed_unexplained(user), key="uid", is_by_uid=True, title="routine__title",
        since="planned_on", icon="calendar",
    ),
    Source(
        "benefit", _("Confirm"), _("Confirm the benefit: %(title)s"), "objectives:benefit-confirm",
        lambda user, at: finance.waiting_for(user, today=_today(user, at)).filter(kind=ImprovementAction.KIND),
        key="benefit_id", note=_("by %(who)s"), who="owner__name", icon="money",
    ),
    Source(
        "cost", _("Confirm"), _("Confirm the month: %(title)s"), "objectives:quality-cost-confirm",
        lambda user, at: finance.waiting_for(user, today=_today(user, at)).filter(kind=QualityCostStatement.KIND),
        icon="money",
    ),
    Source(
        "corroboration", _("Answer"), _("%(who)s asks: did this happen?"), "leadership:answer-mine",
        lambda user, at: corroboration.open_invitations(at).filter(participant__person_id=user.person_id),
        title="activity__title", who="activity__owner__name", since="created_at", note="%(title)s",
    ),
    Source(
        "acknowledgement", _("Read"), _("Read and acknowledge: %(title)s"), "leadership:acknowledge-mine",
        lambda user, _at: acknowledgement.waiting_for(user), title="campaign__title", who="campaign__owner__name",
        since="joined_at", note=_("asked by %(who)s"), icon="check-circle",
    ),
    Source(
        "role", _("Accept"), _("Do you accept the role “%(title)s”?"), "leadership:role-accept",
        lambda user, _at: role_service.waiting_for(user), who="owner__name", since="offered_on",
        note=_("assigned by %(who)s"), icon="people",
    ),
    Source(
        "question", _("Answer"), _("Somebody asks: %(title)s"), "leadership:communication-answer",
        lambda user, _at: question_service.waiting_for(user), title="text", who="communication__title",
        since="asked_on", note=_("after “%(who)s”"),
    ),
    Source(
        "promise", _("Answer"), _("%(who)s asks: is this promise kept?"), "objectives:promise-mine",
        lambda user, at: promise.questions_for(user, at=at), title="action__title", who="action__owner__name",
        since="asked_at", note="%(title)s",
    ),
    Source(
        "wall", _("Answer"), _("%(who)s thanked you: may it hang on the wall?"), "leadership:recognition-detail",
        lambda user, at: recognition.unasked_for(user, since=(at - timedelta(days=30)).date()), who="owner__name",
        note="%(title)s", icon="star",
    ),
)  # fmt: skip


def waiting_for(user: User, *, at: datetime, most: int) -> list[Thing]:
    """What waits for the user, urgent things first and then the longest waiting; at most ``most``. One query."""
    known = {source.name: source for source in SOURCES}
    parts = [part for source in SOURCES if (part := source.columns(user, at)) is not None]
    if not parts:
        return []
    first, *rest = parts
    urgent = [source.name for source in SOURCES if source.is_urgent]
    rows: Sequence[_Row] = list(first.union(*rest, all=True).order_by("wait_since", "wait_source", "wait_key"))
    ranked = sorted(rows, key=lambda row: row["wait_source"] not in urgent)
    return [_said(known[row["wait_source"]], row) for row in ranked[:most]]


def _said(source: Source, row: _Row) -> Thing:
    key = UUID(row["wait_key"]) if source.is_by_uid else row["wait_key"]
    names = {"title": row["wait_title"], "who": row["wait_who"]}
    return Thing(
        words=str(source.words) % names, note=str(source.note) % names, verb=str(source.verb), icon=source.icon,
        url=reverse(source.url_name, args=[key]), since=row["wait_since"], is_urgent=source.is_urgent,
    )  # fmt: skip
