"""Objectives: the board and list, the page of one, setting, changing, approving and ending it."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.objective import ApproveForm, ObjectiveFilter, ObjectiveForm, TargetForm
from objectives.models import Objective
from objectives.records import OBJECTIVE
from objectives.services import contribution
from objectives.services import objective as service
from objectives.services.objective_page import page_of
from objectives.services.objective_rule import RULE_WORDS
from objectives.views.improvement_page import sees
from objectives.views.plan_import import import_url
from qms.models import Phase, User, site_today
from qms.permissions import Permission, requires
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response, moves_offered
from qms.views.record_page import load, page_url, record_response

Status = Objective.Status
STEM = OBJECTIVE.url_stem
RELATED = ("goal", "account")


MOVES = {
    "achieve": Move(
        gettext_lazy("Target reached"), service.achieve, (Status.ACHIEVED,), gettext_lazy("What came of it"), "outcome",
        "flag",
    ),
    "miss": Move(
        gettext_lazy("Target missed"), service.miss, (Status.MISSED,),
        gettext_lazy("What came of it, and what was learned"), "outcome", "x-circle",
    ),
    "drop": Move(
        gettext_lazy("Give it up"), service.drop, (Status.DROPPED,), gettext_lazy("Why it is given up"), "outcome",
        "archive",
    ),
    "reopen": Move(
        gettext_lazy("Reopen"), service.reopen, (Status.APPROVED,), gettext_lazy("Why it is taken up again"),
        icon="refresh", permission=Permission.OBJECTIVE_APPROVE,
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip


def in_view(rows: QuerySet[Any], request: HttpRequest) -> QuerySet[Any]:
    """The rows of the tab that is open: running (the board), mine, drafts, ended, or all."""
    view = request.GET.get("view", "board")
    if view == "mine":
        return rows.filter(owner_id=cast(User, request.user).person_id, phase__in=[Phase.DRAFT, Phase.OPEN])
    if view == "all":
        return rows
    phases = {"drafts": [Phase.DRAFT], "ended": [Phase.CLOSED, Phase.WITHDRAWN]}
    return rows.filter(phase__in=phases.get(view, [Phase.OPEN]))


def with_marks(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each row with its open decision."""
    return cast(Any, rows).with_open_decision()


def standing_words(objective: Objective) -> str:
    """How an objective that runs stands; nothing for the others."""
    return str(objective.get_standing_display()) if objective.phase == Phase.OPEN else ""


LISTING = RecordListing(
    declared=OBJECTIVE,
    filters=ObjectiveFilter,
    headings=[
        Heading(gettext_lazy("Objective")), Heading(gettext_lazy("How it stands"), "standing"),
        Heading(gettext_lazy("Target"), is_number=True), Heading(gettext_lazy("Forecast"), is_number=True),
        Heading(gettext_lazy("Actual"), is_number=True), Heading(gettext_lazy("By"), "due"),
        Heading(gettext_lazy("Owner")),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda o: o.reference, in_print=True),
        Column(gettext_lazy("Objective"), lambda o: o.title, in_print=True),
        Column(gettext_lazy("How it stands"), standing_words, in_print=True),
        Column(gettext_lazy("Why"), lambda o: o.standing_reason),
        Column(gettext_lazy("Measure"), lambda o: o.measure),
        Column(gettext_lazy("Unit"), lambda o: o.unit, in_print=True),
        Column(gettext_lazy("Baseline"), lambda o: o.baseline_value),
        Column(gettext_lazy("Target"), lambda o: o.target_value, in_print=True),
        Column(gettext_lazy("Forecast"), lambda o: o.forecast_value, in_print=True),
        Column(gettext_lazy("Actual"), lambda o: o.actual_value, in_print=True),
        Column(gettext_lazy("Measured"), lambda o: o.actual_on, in_print=True),
        Column(gettext_lazy("Approved"), lambda o: o.approved_on),
        Column(gettext_lazy("By"), lambda o: o.due_on, in_print=True),
        Column(gettext_lazy("Owner"), lambda o: o.owner.name, in_print=True),
        Column(gettext_lazy("Status"), lambda o: o.get_status_display(), in_print=True),
        Column(gettext_lazy("Strategic goal"), lambda o: o.goal.reference if o.goal else ""),
        Column(gettext_lazy("Quality-cost account"), lambda o: o.account.name if o.account else ""),
        Column(gettext_lazy("Money effect per year"), lambda o: o.money_effect),
        Column(gettext_lazy("Effect for customers"), lambda o: o.customer_effect),
        Column(gettext_lazy("Unconnected"), lambda o: "; ".join(service.unconnected_because(o))),
        Column(gettext_lazy("Communicated to"), lambda o: o.communicated_to),
        Column(gettext_lazy("Means"), lambda o: o.means),
        Column(gettext_lazy("How it is judged"), lambda o: o.judged_how),
        Column(gettext_lazy("Outcome"), lambda o: o.outcome),
        Column(gettext_lazy("Site"), lambda o: o.site.name),
        Column(gettext_lazy("Area"), lambda o: o.area.name if o.area else ""),
    ],
    sorts={"standing": "standing_rank", "due": "due_on", "event": "occurred_on", "reference": "reference"},
    default_sort="standing_rank",
    related=("site", "area", "owner", *RELATED),
    with_marks=with_marks,
    row_template="objectives/objective_row.html",
    template="objectives/objective_list.html",
    start=in_view,
)  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def objective_list(request: HttpRequest) -> HttpResponse:
    """The board: what runs, red first; or another tab."""
    view = request.GET.get("view", "board")
    words = [("board", _("Running, red first")), ("mine", _("Mine")), ("drafts", _("Drafts")), ("ended", _("Ended")),
             ("all", _("All"))]  # fmt: skip
    tabs = [{"label": label, "url": f"?view={name}", "active": view == name} for name, label in words]
    may_set = cast(User, request.user).can(Permission.OBJECTIVE_EDIT)
    return list_response(
        request, LISTING, list_tabs=tabs, rule=RULE_WORDS,
        import_url=import_url(cast(User, request.user), "objectives"),
        new_url=reverse(f"{STEM}-new") if may_set else "", new_label=_("New objective"),
        empty_title=_("No objective runs yet"),
        empty_why=_("An auditor asks for each objective: what, by how much, by when, who, and how it stands today."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def objective_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def objective_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def objective_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an objective."""
    objective = load(request, Objective, pk, *RELATED, rows=Objective.objects.with_open_decision())
    return record_response(request, objective, **page_context(request, objective))


@require_GET
@requires(Permission.RECORD_VIEW)
def objective_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of an objective on paper."""
    objective = load(request, Objective, pk, *RELATED)
    return record_response(request, objective, is_print=True, **page_context(request, objective))


def page_context(request: HttpRequest, objective: Objective) -> dict[str, Any]:
    """Target, forecast and actual, the chart, and what this user is offered."""
    user = cast(User, request.user)
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    today = site_today(objective.site)
    may = may_work_on(user, objective)
    addresses = {
        "edit_url": ("edit", may and objective.phase in (Phase.DRAFT, Phase.OPEN)),
        "approve_url": ("approve", may_approve(user, objective) and objective.status == Status.DRAFT),
        "target_url": ("target", may_approve(user, objective) and objective.status == Status.APPROVED),
        "measure_url": ("measure", may and objective.phase in (Phase.DRAFT, Phase.OPEN)),
        "token_url": ("token", may and user.can(Permission.API_USE) and objective.phase in (Phase.DRAFT, Phase.OPEN)),
        "import_url": ("import", may and objective.phase in (Phase.DRAFT, Phase.OPEN)),
    }
    offered = moves_offered(request, objective, MOVES, lambda verb: is_offered(user, objective, verb))
    urls = {
        name: reverse(f"{STEM}-{to}", args=[objective.pk]) + kept if is_it else ""
        for name, (to, is_it) in addresses.items()
    }
    return {
        **urls, "moves": offered, "today": today, "rule": RULE_WORDS, "may_decide": may,
        "goal": objective.goal if sees(user, objective.goal) else None,
        "more": lambda page: page_of(objective, page, today=today),
        "acts": contribution.acts_for([objective.pk], user).get(objective.pk, []),
    }  # fmt: skip


def may_work_on(user: User, objective: Objective) -> bool:
    """Who works on an objective: its owner, who entered it, and who may correct other people's records."""
    is_own = user.pk == objective.recorded_by_id or user.person_id == objective.owner_id
    return user.can(Permission.OBJECTIVE_EDIT) and (is_own or user.can(Permission.ACTIVITY_CORRECT))


def may_approve(user: User, objective: Objective) -> bool:
    """Whoever may approve objectives and sees this one; only somebody with both rights sees another's draft."""
    return user.can(Permission.OBJECTIVE_APPROVE) and objective.phase != Phase.WITHDRAWN


def is_offered(user: User, objective: Objective, verb: str) -> bool:
    """Whether a move that leads on is this user's: who approves also reopens; a draft is approved, not reopened."""
    return objective.status != Status.DRAFT if verb == "reopen" else may_work_on(user, objective)


def to_work_on(request: HttpRequest, pk: int) -> Objective:
    """The objective, for somebody who may work on it: 404 when not visible, 403 when only visible."""
    objective = load(request, Objective, pk, *RELATED)
    if not may_work_on(cast(User, request.user), objective):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this objective."))
    return objective


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_new(request: HttpRequest) -> HttpResponse:
    """Write an objective down as a draft."""
    form = ObjectiveForm(request.POST or None, user=cast(User, request.user))
    if objective := created(request, form, service.set_objective):
        messages.success(request, _("%s is a draft. Somebody approves it next.") % objective.reference)
        return redirect(f"{STEM}-detail", objective.pk)
    return render(request, "components/form_page.html", {
        "form": form, "title": _("New objective"), "submit_label": _("Save the draft"),
        "lead": _("What, by how much, by when, by whom. It becomes evidence when it is approved."),
        "cancel_url": reverse(f"{STEM}-list"),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an objective with a reason; after a clash both versions stand side by side."""
    objective = to_work_on(request, pk)
    form = ObjectiveForm(request.POST or None, user=cast(User, request.user), record=objective)
    return change_response(request, form, objective, service.change)


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_APPROVE)
def objective_approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve the objective and lock its target, with a signature."""
    objective = load(request, Objective, pk, *RELATED)
    user = cast(User, request.user)
    form = ApproveForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            service.approve(objective, by=user, at=timezone.now(), method=form.method)
        except (IllegalTransition, ValidationError) as error:
            form.add_error(None, " ".join(error.messages) if isinstance(error, ValidationError) else str(error))
        else:
            messages.success(request, _("Approved and signed. The target is locked now."))
            return redirect(page_url(request, objective))
    return render(request, "objectives/objective_sign.html", {
        "form": form, "objective": objective, "title": _("Approve %s") % objective.reference,
        "missing": service.missing_for_approval(objective).values(), "submit_label": _("Approve and sign"),
        "lead": objective.title, "cancel_url": page_url(request, objective),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_APPROVE)
def objective_target(request: HttpRequest, pk: int) -> HttpResponse:
    """Change the target with a reason and a signature; the old one stays visible."""
    objective = load(request, Objective, pk, *RELATED)
    user = cast(User, request.user)
    form = TargetForm(request.POST or None, user=user, objective=objective)
    if request.method == "POST" and form.is_valid():
        sent = {"version": form.cleaned_data["version"], "reason": form.cleaned_data["reason"]}
        try:
            service.change_target(objective, by=user, at=timezone.now(), method=form.method, **sent, **form.facts())
        except (StaleRecord, CannotChange) as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("The target is changed and signed. The old one stays visible."))
            return redirect(page_url(request, objective))
    return render(request, "objectives/objective_sign.html", {
        "form": form, "objective": objective, "title": _("Change the target of %s") % objective.reference,
        "submit_label": _("Change and sign"), "lead": objective.title, "cancel_url": page_url(request, objective),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_EDIT)
def objective_move(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """End, reopen or withdraw an objective, with the words each needs."""
    move = MOVES.get(verb)
    if move is None:
        raise Http404
    user = cast(User, request.user)
    objective = load(request, Objective, pk, *RELATED)
    if not (user.can(Permission.OBJECTIVE_APPROVE) if verb == "reopen" else may_work_on(user, objective)):
        raise PermissionDenied(_("Only the owner, who entered it, or the quality manager may change this objective."))
    return move_response(request, objective, move)
