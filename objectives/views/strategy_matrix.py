"""The strategy as a whole: the X-matrix with the strengths leaders set, and the tree."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.strategy import CorrelationForm, SiteForm
from objectives.models import Correlation
from objectives.services import strategy_matrix as service
from objectives.services.strategy_tree import tree_of
from qms.models import User
from qms.permissions import Permission, requires
from qms.views.record_page import visible_record


@require_GET
@requires(Permission.RECORD_VIEW)
def strategy_matrix(request: HttpRequest) -> HttpResponse:
    """Goals, objectives, improvements and measures, and how strongly each serves the other."""
    user = cast(User, request.user)
    form = SiteForm(request.GET, user=user)
    return render(request, "objectives/strategy_matrix.html", {
        "form": form, "matrix": service.matrix_of(user, site=form.chosen()), "tabs": tabs("matrix"),
        "may_judge": user.can(Permission.OBJECTIVE_APPROVE), "most": service.MOST,
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def strategy_tree(request: HttpRequest) -> HttpResponse:
    """From each goal down to what leaders did for it, and what hangs in the air."""
    user = cast(User, request.user)
    form = SiteForm(request.GET, user=user)
    tree = tree_of(user, site=form.chosen())
    return render(request, "objectives/strategy_tree.html", {"form": form, "tree": tree, "tabs": tabs("tree")})


@require_http_methods(["GET", "POST"])
@requires(Permission.OBJECTIVE_APPROVE)
def strategy_judge(request: HttpRequest, serving: uuid.UUID, served: uuid.UUID, aspect: str) -> HttpResponse:
    """Say how strongly one serves the other; both must be visible to who says it."""
    lower, upper = visible_record(request, serving), visible_record(request, served)
    try:
        service.refuse_strangers(lower, upper, aspect)
    except service.NoCorner as error:
        raise Http404 from error
    form = CorrelationForm(request.POST or None, initial={"strength": service.judged(lower, upper, aspect)})
    if request.method == "POST" and form.is_valid():
        strength = form.cleaned_data["strength"]
        service.judge(lower, upper, aspect=aspect, strength=strength, by=cast(User, request.user), at=timezone.now())
        messages.success(request, _("Kept. What was judged before stays in the timeline."))
        return redirect("objectives:strategy-matrix")
    is_measure = aspect == Correlation.Aspect.MEASURE
    return render(request, "components/form_page.html", {
        "form": form, "title": _("How strongly does it serve?"), "submit_label": _("Keep"),
        "lead": (_("%(lower)s, seen by its measure, for: %(upper)s") if is_measure else _("%(lower)s, for: %(upper)s"))
        % {"lower": lower.title, "upper": upper.title},
        "cancel_url": reverse("objectives:strategy-matrix"),
    })  # fmt: skip


def tabs(active: str) -> list[dict[str, object]]:
    """The two views of the strategy, and the lists behind them."""
    pages = [("matrix", _("Matrix"), "objectives:strategy-matrix"), ("tree", _("Tree"), "objectives:strategy-tree"),
             ("goals", _("Goals"), "objectives:strategic-goal-list"),
             ("objectives", _("Objectives"), "objectives:objective-list")]  # fmt: skip
    return [{"label": label, "url": reverse(name), "active": key == active} for key, label, name in pages]
