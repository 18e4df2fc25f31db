"""The scale risks are rated on: what is in force where, and changing it after a look at what that would do."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from objectives.forms.risk_scale import ScaleForm
from objectives.models import Level, RiskScale
from objectives.services import risk_scale as service
from objectives.services.risk_scale import ScaleFacts
from qms.models import Site, User
from qms.permissions import Permission, requires


@require_GET
@requires(Permission.RISK_SCALE_EDIT)
def risk_scale_list(request: HttpRequest) -> HttpResponse:
    """Every scale, those in force first; sites without one of their own use the organization's."""
    user = cast(User, request.user)
    scales = service.scales_of(user)
    own = {scale.site_id for scale in scales if scale.ended_at is None}
    return render(request, "objectives/risk_scale_list.html", {
        "scales": scales, "organization": service.organization_name(), "may_edit_all": reaches_all(user),
        "sites": [s for s in Site.objects.visible_to(user).active().order_by("name", "pk") if s.pk not in own],
        "has_general": None in own,
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.RISK_SCALE_EDIT)
def risk_scale_edit(request: HttpRequest) -> HttpResponse:
    """Propose a scale for the organization or ``?site=``, see what it would do, then put it in force."""
    user, site = cast(User, request.user), site_of(request)
    if site is None and not reaches_all(user):
        messages.info(request, _("The scale of all sites is changed by somebody who reaches all of them."))
        return redirect("objectives:risk-scale-list")
    current = service.in_force(site)
    form = ScaleForm(request.POST or None, current=current)
    context: dict[str, object] = {}
    if request.method == "POST" and form.is_valid():
        try:
            service.check(form.facts())
            if "confirm" in request.POST:
                return put_in_force(request, form, site)
            context = {"consequence": service.preview(form.facts(), site=site), "grid": grid(form.facts())}
        except ValidationError as error:
            form.add_error(None, error)
    return render(request, "objectives/risk_scale_form.html", {
        "form": form, "site": site, "current": current, "organization": service.organization_name(),
        "title": _("Change the scale"), "user": user, "cancel_url": reverse("objectives:risk-scale-list"), **context,
    }, status=422 if form.errors else 200)  # fmt: skip


def site_of(request: HttpRequest) -> Site | None:
    """The site asked for, in the user's reach; none for the organization's scale."""
    user, asked = cast(User, request.user), request.GET.get("site", "")
    if not asked:
        return None
    if not asked.isdecimal():
        raise Http404
    return get_object_or_404(Site.objects.visible_to(user), pk=int(asked))


def reaches_all(user: User) -> bool:
    """Whether no site lies outside the user's reach: what holds for all of them is changed by nobody else."""
    return user.has_all_sites or not Site.objects.active().exclude(pk__in=user.visible_site_ids).exists()


def put_in_force(request: HttpRequest, form: ScaleForm, site: Site | None) -> HttpResponse:
    """End the old scale, open the new one, and go to the carry-over's progress where there is one."""
    _scale, job = service.replace(
        form.facts(), site=site, reason=form.cleaned_data["reason"], is_carried=form.cleaned_data["is_carried"],
        by=cast(User, request.user), at=timezone.now(),
    )  # fmt: skip
    messages.success(request, _("The new scale is in force."))
    return redirect("qms:job", job.uid) if job else redirect("objectives:risk-scale-list")


def grid(facts: ScaleFacts) -> list[tuple[str, list[tuple[int, str, str]]]]:
    """The proposed scale as a table: (consequence, [(rating, level, word)]), gravest first."""
    scale = RiskScale(**facts.__dict__)
    return [
        (word, [(n * m, scale.level(n * m), str(Level(scale.level(n * m)).label))
                for n in range(1, len(facts.likelihood_words) + 1)])
        for m, word in reversed(list(enumerate(facts.consequence_words, start=1)))
    ]  # fmt: skip
