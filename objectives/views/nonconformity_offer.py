"""What may be done to a nonconformity from where it stands, and by whom; the page's steps and forms read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.forms import nonconformity_step as steps
from objectives.models import Nonconformity
from objectives.services import nonconformity as service
from objectives.services import nonconformity_cause, nonconformity_effect
from qms.models import Phase, User
from qms.permissions import Permission
from qms.records import Text
from qms.views.record_page import load

Status = Nonconformity.Status
RELATED = ("source", "cause", "evaluated_by", "used_proof")


@dataclass(frozen=True)
class Step:
    """Something done to a nonconformity: from which statuses, with which form, by which service, in which words."""

    verb: str
    label: Text
    lead: Text
    icon: str
    statuses: frozenset[str]
    form: type[steps.StepForm]
    call: Callable[..., object]
    for_all: bool = False
    """Whether anybody who may work on nonconformities does it, not only who looks after this one."""


OPEN = frozenset({Status.OPEN, Status.CONTAINED, Status.ANALYZED, Status.ACTING, Status.EVALUATED})
AT_WORK = frozenset({Status.ANALYZED, Status.ACTING, Status.EVALUATED})
STEPS = {
    step.verb: step
    for step in (
        Step(
            "contain", _("Contain it"), _("First the customer: what keeps it from doing harm right now?"),
            "shield", OPEN, steps.ContainForm, service.contain,
        ),
        Step(
            "analyze", _("Name the root cause"), _("Where the answers to “why?” end."),
            "search", AT_WORK | {Status.CONTAINED}, steps.AnalyzeForm, nonconformity_cause.analyze,
        ),
        Step(
            "act", _("Decide a corrective action"), _("It becomes an improvement action with an owner and a date."),
            "wrench", AT_WORK, steps.ActForm, service.act,
        ),
        Step(
            "prove", _("Show the new way in use"), _("The proof that it was not only decided, but done once."),
            "camera", frozenset({Status.ACTING, Status.EVALUATED}), steps.ProveForm, nonconformity_effect.prove_use,
        ),
        Step(
            "evaluate", _("Judge the effect"),
            _("Best judged by somebody who does not own it; if the owner does, the record will say so."),
            "eye", frozenset({Status.ACTING}), steps.EvaluateForm, nonconformity_effect.evaluate, for_all=True,
        ),
        Step(
            "close", _("Close"), _("It counts as evidence of corrective action from then on."),
            "check-circle", OPEN, steps.StepForm, service.close,
        ),
        Step(
            "reopen", _("Reopen"), _("It goes back to acting. Effect and use are to be shown anew."),
            "refresh", frozenset({Status.CLOSED}), steps.ReasonForm, service.reopen,
        ),
        Step(
            "withdraw", _("Withdraw"), _("It should never have been raised. It stays readable, marked as withdrawn."),
            "archive", OPEN, steps.ReasonForm, service.withdraw,
        ),
    )
}  # fmt: skip


def may_work_on(user: User, found: Nonconformity) -> bool:
    """Who works on one: its owner, who raised it, and who may correct other people's records."""
    is_own = user.pk == found.recorded_by_id or user.person_id == found.owner_id
    return user.can(Permission.NONCONFORMITY_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def to_work_on(request: HttpRequest, pk: int, *, for_all: bool = False) -> Nonconformity:
    """The record, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    found = load(request, Nonconformity, pk, *RELATED)
    if not (for_all or may_work_on(request.user, found)):  # type: ignore[arg-type]
        raise PermissionDenied(_now("Only the owner, who raised it, or the quality manager may do this."))
    return found


def next_step(found: Nonconformity, actions: list[Any]) -> str:
    """The verb of what comes next; ``why`` while nobody has asked why; empty at the end."""
    if found.status == Status.OPEN:
        return "contain"
    if found.status == Status.CONTAINED:
        return "analyze" if found.causes else "why"
    if found.status == Status.ANALYZED:
        return "act"
    if found.status in (Status.ACTING, Status.EVALUATED) and any(action.phase == Phase.OPEN for action in actions):
        return "act"
    if found.status == Status.ACTING:
        return "evaluate" if found.is_use_proved else "prove"
    if found.status == Status.EVALUATED:
        return "close" if found.is_use_proved else "prove"
    return ""


def urls_of(user: User, found: Nonconformity, *, may_work: bool, kept: str) -> dict[str, str]:
    """The address of everything this user may do with it now, by verb."""
    urls = {
        verb: reverse("objectives:nonconformity-step", args=[found.pk, verb]) + kept
        for verb, step in STEPS.items()
        if found.status in step.statuses and (may_work or (step.for_all and user.can(Permission.NONCONFORMITY_EDIT)))
    }
    if may_work and found.phase == Phase.OPEN:
        urls["why"] = reverse("objectives:nonconformity-why", args=[found.pk]) + kept
        urls["edit"] = reverse("objectives:nonconformity-edit", args=[found.pk]) + kept
    return urls


@dataclass(frozen=True)
class Stage:
    """One line of the way from raised to closed, as the page shows it."""

    number: int
    verb: str
    title: Text
    words: str
    is_done: bool
    is_next: bool
    url: str
    label: Text

    @property
    def long_label(self) -> Text:
        """The label for where the stage itself is not beside it."""
        return STEPS[self.verb].label if self.verb in STEPS else self.label

    @property
    def is_waiting(self) -> bool:
        """Whether what comes next is the end of actions, which happens on their own pages."""
        return self.verb == "act" and self.is_next and bool(self.words)


def stages(found: Nonconformity, actions: list[Any], urls: dict[str, str]) -> list[Stage]:
    """The way it has come and has to go; ``actions``: its corrective actions as far as the user may see them."""
    ended = [action for action in actions if action.phase != Phase.OPEN]
    coming = next_step(found, actions)
    lines: list[tuple[str, Text, str, bool, Text]] = [
        ("contain", _("Contained"), found.containment, bool(found.containment), _("Contain it")),
        ("why", _("Asked why"), _asked(found), bool(found.causes), _("Ask why")),
        ("analyze", _("Root cause"), found.cause.name if found.cause else "", bool(found.cause), _("Name it")),
        ("act", _("Corrective action"), _ended(ended, actions), bool(actions) and ended == actions, _("Add an action")),
        ("prove", _("New way used once"), found.used_note, found.is_use_proved, _("Show it")),
        (
            "evaluate", _("Effect judged"), found.effectiveness_note,
            found.effectiveness == Nonconformity.Effectiveness.EFFECTIVE, _("Judge it"),
        ),
        ("close", _("Closed"), "", found.status == Status.CLOSED, _("Close")),
    ]  # fmt: skip
    return [
        Stage(number, verb, title, words, is_done, verb == coming, urls.get(verb, ""), label)
        for number, (verb, title, words, is_done, label) in enumerate(lines, start=1)
    ]


def _asked(found: Nonconformity) -> str:
    if not found.causes:
        return ""
    words = {"n": len(found.causes), "deep": max(node.depth for node in found.causes)}
    return _now("%(n)d answers, up to %(deep)d times why") % words


def _ended(ended: list[Any], actions: list[Any]) -> str:
    return _now("%(n)d of %(all)d ended") % {"n": len(ended), "all": len(actions)} if actions else ""
