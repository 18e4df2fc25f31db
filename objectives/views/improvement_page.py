"""The page of an improvement action: who may do what with it, and the moves its buttons offer."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.db.models import F, JSONField, OuterRef
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.models import ActionPhoto, Benefit, ImprovementAction, Promise
from objectives.services import improvement_action as service
from objectives.services import improvement_cycle as cycle
from qms.models import Attachment, Phase, Record, User
from qms.models.person import Listed
from qms.permissions import Permission, requires
from qms.records import Text
from qms.services.record_page import RecordPage
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response

Status = ImprovementAction.Status
RELATED = ("source", "promised_to", "serves", "copied_from__owner", "copied_from__area", "raiser", "checker")
CYCLE = ("plan", "done_what", "checked_what", "acted_how", "result", "learning", "checker")
"""Facts that stand in the panel of plan, do, check and act instead of among the others."""


MOVES = {
    "start": Move(gettext_lazy("Start"), service.start, (Status.IN_PROGRESS,), icon="play"),
    "complete": Move(
        gettext_lazy("Mark as done"), service.complete, (Status.DONE,), gettext_lazy("What came of it"), "outcome",
        "check",
    ),
    "close": Move(gettext_lazy("Close"), cycle.close, (Status.CLOSED,), icon="check-circle"),
    "reopen": Move(
        gettext_lazy("Reopen"), service.reopen, (Status.ASSESSED, Status.IN_PROGRESS),
        gettext_lazy("Why it is taken up again"), icon="refresh",
    ),
    "decline": Move(
        gettext_lazy("Decline"), service.decline, (Status.DECLINED,),
        gettext_lazy("Why it will not be done; who raised it reads this"), icon="x",
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="archive",
    ),
}  # fmt: skip
ENDED = (Status.DONE, Status.CHECKED, Status.CLOSED, Status.DECLINED)


def may_work_on(user: User, action: ImprovementAction) -> bool:
    """Who works on an action: its owner, who entered it, and who may correct other people's records."""
    is_own = user.pk == action.recorded_by_id or user.person_id == action.owner_id
    return user.can(Permission.ACTION_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def to_work_on(request: HttpRequest, pk: int) -> ImprovementAction:
    """The action, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    action = load(request, ImprovementAction, pk, *RELATED)
    if not may_work_on(cast(User, request.user), action):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this action."))
    return action


def is_offered(action: ImprovementAction, verb: str) -> bool:
    """Whether a move that leads on makes sense: what has ended is reopened, the rest goes on."""
    return verb in ("withdraw", "close") or (verb == "reopen") == (action.status in ENDED)


def sees(user: User, record: Record | None) -> bool:
    """Whether the user may see a record that is loaded already, without a query but for a draft; not for none."""
    if record is None:
        return False
    if record.phase == Phase.DRAFT:
        return Record.objects.visible_to(user).filter(pk=record.pk).exists()
    is_own = user.pk == record.recorded_by_id or user.person_id == record.owner_id
    if record.is_confidential and not is_own and not user.can(Permission.CONFIDENTIAL_VIEW):
        return False
    return user.has_all_sites or record.site_id in user.visible_site_ids


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an action."""
    action = with_photo_keys(request, pk)
    return record_response(request, action, is_print=False, **page_context(request, action))


@require_GET
@requires(Permission.RECORD_VIEW)
def improvement_action_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an action on paper."""
    action = load(request, ImprovementAction, pk, *RELATED)
    return record_response(request, action, is_print=True)


def with_photo_keys(request: HttpRequest, pk: int) -> ImprovementAction:
    """The action with the keys of its photos before and after; the files themselves come with the page."""

    def keys(moment: str) -> Listed:
        photos = ActionPhoto.objects.filter(action=OuterRef("pk"), moment=moment)
        return Listed(photos.values(value=F("attachment_id")), output_field=JSONField())

    rows = ImprovementAction.objects.annotate(
        before_keys=keys(ActionPhoto.Moment.BEFORE), after_keys=keys(ActionPhoto.Moment.AFTER)
    )
    action = load(request, ImprovementAction, pk, *RELATED, rows=rows)
    action.__dict__["standing_photos"] = []  # the page shows them from its files
    return action


def photos_of(page: RecordPage, keys: list[int] | None) -> list[Attachment]:
    """The page's files with these keys."""
    return [file.attachment for file in page.files if file.attachment.pk in set(keys or [])]


def copies_of(page: RecordPage) -> list[ImprovementAction]:
    """The copies among what came from the action; they stand with the credit and not among the follow-ups."""
    rows = cast("list[ImprovementAction]", page.follow_ups)
    copies = [row for row in rows if row.copied_from_id == page.record.pk]
    page.follow_ups[:] = [row for row in rows if row.copied_from_id != page.record.pk]
    return copies


def page_context(request: HttpRequest, action: ImprovementAction) -> dict[str, Any]:
    """What this user is offered, and the records the action hangs together with as far as the user may see them."""
    user = cast(User, request.user)
    questions = action.asked if action.version > 1 else []
    source = action.source if action.source_id != action.copied_from_id else None
    linked = {"source": source, "serves": action.serves, "copied_from": action.copied_from}
    return {
        "today": timezone.localdate(), "copies": copies_of,
        "before": lambda page: photos_of(page, getattr(action, "before_keys", None)),
        "after": lambda page: photos_of(page, getattr(action, "after_keys", None)),
        "benefits": benefits_for(user, action), "questions": questions,
        "waiting": next((q for q in questions if not q.answer), None), "lapsed": Promise.Answer.LAPSED,
        "shown_facts": lambda page: shown_facts(page.facts, page.declared.content_labels),
        **{name: record if sees(user, record) else None for name, record in linked.items()},
        **addresses(request, user, action),
    }  # fmt: skip


def addresses(request: HttpRequest, user: User, action: ImprovementAction) -> dict[str, Any]:
    """The addresses of what this user may do with the action; empty for what is not offered."""
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    may, ended = may_work_on(user, action), action.phase == Phase.WITHDRAWN

    def url(name: str, is_shown: bool) -> str:
        return reverse(f"objectives:improvement-action-{name}", args=[action.pk]) + kept if is_shown else ""

    return {
        "moves": moves_offered(request, action, MOVES, lambda verb: may and is_offered(action, verb)),
        "edit_url": url("edit", may and action.phase == Phase.OPEN),
        "cycle_url": url("cycle", may and not ended and action.status not in (Status.IDEA, Status.CLOSED)),
        "photo_url": url("photo", may and not ended),
        "assess_url": url("assess", may and action.status == Status.IDEA),
        "check_url": url("check", user.can(Permission.ACTION_EDIT) and action.status == Status.DONE),
        "nonconformity_url": reverse("objectives:nonconformity-new") + f"?source={action.uid}"
        if user.can(Permission.NONCONFORMITY_EDIT) and action.status == Status.IDEA else "",
        "copy_url": url("copy", user.can(Permission.ACTION_EDIT) and action.status in ENDED[:3]),
        "benefit_url": url("benefit", may and not ended and action.status != Status.IDEA),
        "promise_url": url("promise", may and action.status in (Status.DONE, Status.CHECKED)),
    }  # fmt: skip


def benefits_for(user: User, action: ImprovementAction) -> list[dict[str, Any]]:
    """The action's benefits, each with whether this user may change or confirm it."""
    may_confirm = user.can(Permission.BENEFIT_CONFIRM) and action.owner_id != user.person_id
    may_change = may_work_on(user, action) and action.phase != Phase.WITHDRAWN
    rows: list[Benefit] = action.standing_benefits if action.version > 1 else []
    return [
        {
            "benefit": row, "may_change": may_change,
            "may_confirm": may_confirm and row.is_money and row.actual_amount is not None
            and row.confirmed_at is None and action.completed_on is not None,
        }
        for row in rows
    ]  # fmt: skip


def shown_facts(facts: list[tuple[Text, object]], labels: dict[str, Text]) -> list[tuple[Text, object]]:
    """The facts without those of the cycle."""
    elsewhere = {str(labels[name]) for name in CYCLE}
    return [(label, value) for label, value in facts if str(label) not in elsewhere]


@require_http_methods(["GET", "POST"])
@requires(Permission.ACTION_EDIT)
def improvement_action_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Start, complete, close, reopen, decline or withdraw an action, with the words each needs."""
    action = to_work_on(request, pk)
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    return move_response(request, action, move, after=after)


def after(request: HttpRequest, action: ImprovementAction) -> str:
    """Where a move leads: to the link to hand out where somebody without a log-in was just asked, else to the page."""
    asked = next((question for question in action.asked if not question.answer), None)
    if action.status == Status.DONE and asked is not None and getattr(asked.person, "user", None) is None:
        return reverse("objectives:improvement-action-promise", args=[action.pk])
    return page_url(request, action)
