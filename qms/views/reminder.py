"""Rules of reminding: table, one rule with its history, editing with a preview, pausing, resuming, ending."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from qms.forms.reminder import NewReminderRuleForm, ReminderReasonForm, ReminderRuleForm
from qms.models import Record, Reminder, ReminderRule, User
from qms.permissions import Permission, requires
from qms.services import reminder_page, reminder_rule
from qms.services.reminder_forecast import forecast
from qms.services.reminder_rule import RuleRefused
from qms.services.timeline import timeline_of

LAST = 20
ACTS = {
    "pause": (_l("Pause: %s"), _l("Pause"), _l("Nothing is sent under it until you resume it.")),
    "resume": (_l("Resume: %s"), _l("Resume"), _l("What has come due meanwhile is told once.")),
    "end": (_l("End: %s"), _l("End the rule"), _l("From today on nothing is sent under it.")),
}


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages of reminders."""
    pages = [
        ("qms:reminder-list", _("Rules")), ("qms:reminder-watch", _("Sent and waiting")),
        ("qms:reminder-forecast", _("Next 7 days")),
    ]  # fmt: skip
    return [{"label": label, "url": reverse(name), "active": name == current, "count": None} for name, label in pages]


@require_GET
@requires(Permission.REMINDER_EDIT)
def reminder_list(request: HttpRequest) -> HttpResponse:
    """The rules with what came of them."""
    at = timezone.now()
    return render(request, "qms/reminder_list.html", {
        "lines": reminder_page.rule_lines(at=at), "tabs": tabs("qms:reminder-list"),
        "standstill": reminder_page.standstill(at=at),
    })  # fmt: skip


@require_GET
@requires(Permission.REMINDER_EDIT)
def reminder_forecast(request: HttpRequest) -> HttpResponse:
    """What the coming week will bring, by rule and day."""
    at = timezone.now()
    return render(request, "qms/reminder_forecast.html", {
        "forecast": forecast(cast(User, request.user), at=at), "tabs": tabs("qms:reminder-forecast"),
        "standstill": reminder_page.standstill(at=at),
    })  # fmt: skip


@require_GET
@requires(Permission.REMINDER_EDIT)
def reminder_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One rule: what it says, its versions, who was told lately."""
    versions = versions_of(slug)
    counts = reminder_rule.counts_by_rule(timezone.now() - reminder_page.FIGURES_OF)
    told = Reminder.objects.filter(rule_slug=slug, record__in=visible_records(request))
    return render(request, "qms/reminder_detail.html", {
        "line": reminder_page.RuleLine.of(versions[0], counts.get(slug, {})), "versions": versions,
        "told": list(told.select_related("record", "person", "instead_of").order_by("-planned_at", "-pk")[:LAST]),
        "entries": timeline_of(versions[0]),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.REMINDER_EDIT)
def reminder_new(request: HttpRequest) -> HttpResponse:
    """A rule for an event; its consequences are shown before it is kept."""
    form = NewReminderRuleForm(request.POST or None, today=timezone.localdate())
    page: dict[str, Any] = {
        "form": form,
        "title": _("New rule of reminding"),
        "cancel_url": reverse("qms:reminder-list"),
    }
    if request.method != "POST" or not form.is_valid():
        return render(request, "components/preview_form.html", page)
    kind, event = form.target()
    try:
        if request.POST.get("confirmed"):
            rule = reminder_rule.add(
                form.definition(), kind=kind, event=event, from_on=form.cleaned_data["from_on"],
                reason=form.cleaned_data["reason"], by=cast(User, request.user), at=timezone.now(),
            )  # fmt: skip
            return redirect("qms:reminder-detail", rule.slug)
        page["preview"] = _preview(form, kind=kind, event=event)
    except RuleRefused as error:
        form.add_error(None, str(error))
    return render(request, "components/preview_form.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.REMINDER_EDIT)
def reminder_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Another version of a rule from a day on; its consequences are shown before it is kept."""
    rule = versions_of(slug)[0]
    form = ReminderRuleForm(request.POST or None, rule=rule, today=timezone.localdate())
    back = reverse("qms:reminder-detail", args=[slug])
    page: dict[str, Any] = {"form": form, "title": _("Change: %s") % rule.name, "cancel_url": back}
    if request.method != "POST" or not form.is_valid():
        return render(request, "components/preview_form.html", page)
    try:
        if request.POST.get("confirmed"):
            reminder_rule.change(
                rule, form.definition(), from_on=form.cleaned_data["from_on"], reason=form.cleaned_data["reason"],
                by=cast(User, request.user), at=timezone.now(),
            )  # fmt: skip
            messages.success(request, _("Changed. What was told already is not told again."))
            return redirect("qms:reminder-detail", slug)
        page["preview"] = _preview(form, kind=rule.kind, event=rule.event, slug=slug)
    except RuleRefused as error:
        form.add_error(None, str(error))
    return render(request, "components/preview_form.html", page)


@require_http_methods(["GET", "POST"])
@requires(Permission.REMINDER_EDIT)
def reminder_act(request: HttpRequest, slug: str, act: str) -> HttpResponse:
    """Pause, resume or end a rule, with a reason."""
    rule, form = versions_of(slug)[0], ReminderReasonForm(request.POST or None)
    title, label, lead = ACTS[act]
    if request.method == "POST" and form.is_valid():
        who = {"reason": form.cleaned_data["reason"], "by": cast(User, request.user), "at": timezone.now()}
        days = {"to_on": timezone.localdate()} if act == "end" else {}
        try:
            getattr(reminder_rule, act)(rule, **who, **days)
        except RuleRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("qms:reminder-detail", slug)
    return render(request, "components/form_page.html", {
        "form": form, "title": title % rule.name, "lead": lead, "submit_label": label,
        "cancel_url": reverse("qms:reminder-detail", args=[slug]),
    })  # fmt: skip


def versions_of(slug: str) -> list[ReminderRule]:
    """All versions of a rule, newest first; 404 when there is none."""
    rows = ReminderRule.objects.filter(slug=slug).select_related("created_by__person", "paused_by__person")
    versions = list(rows.order_by("-version"))
    if not versions:
        raise Http404
    return versions


def visible_records(request: HttpRequest) -> Any:
    """Records the user may see, as a subquery."""
    return Record.objects.visible_to(cast(User, request.user)).values("pk")


def _preview(form: ReminderRuleForm, *, kind: str, event: str, slug: str = "") -> dict[str, Any]:
    seen = reminder_rule.preview(form.definition(), event=event, kind=kind, slug=slug, at=timezone.now())
    sentences = [
        ngettext("%(n)d thing would be told right away.", "%(n)d things would be told right away.", seen.now)
        % {"n": seen.now},
        ngettext("%(n)d person would be told.", "%(n)d people would be told.", seen.people) % {"n": seen.people},
    ] + [
        _("%(day)s: %(n)d") % {"day": date_format(day, "D j M"), "n": number} for day, number in seen.by_day if number
    ]  # fmt: skip
    note = _("Counted as of now, as if the rule were in force. Nothing has been saved.")
    return {"sentences": sentences, "note": note}
