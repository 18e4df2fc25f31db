"""The outbox: what waits, what was sent, what failed and was given up; sending again."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from qms.forms.reminder import OutboxFilterForm
from qms.letters import all_letters
from qms.models import OutboxMessage, Person, ReminderRule, User
from qms.permissions import Permission, requires
from qms.services import outbox as service
from qms.services import record_list, reminder_page
from qms.views.reminder import tabs


@require_GET
@requires(Permission.REMINDER_EDIT)
def reminder_watch(request: HttpRequest) -> HttpResponse:
    """Every message to people at one's sites, newest first, with what stands still."""
    at, user = timezone.now(), cast(User, request.user)
    rules = list(ReminderRule.objects.current().order_by("name", "pk").values_list("slug", "name"))
    form = OutboxFilterForm(request.GET, rules=rules)
    mine = reminder_page.messages_for(user)
    page = record_list.page_of(
        filtered(form, user), sort="-created_at", after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )  # fmt: skip
    labels = {letter.name: letter.label for letter in all_letters()}
    return render(request, "qms/reminder_watch.html", {
        "page": page, "form": form, "tabs": tabs("qms:reminder-watch"),
        "counts": reminder_page.status_counts(mine, at=at),
        "rows": [(message, labels.get(message.letter, message.letter)) for message in page.rows],
        "standstill": reminder_page.standstill(at=at), "past_silences": reminder_page.past_silences(),
    })  # fmt: skip


def filtered(form: OutboxFilterForm, user: User) -> QuerySet[OutboxMessage]:
    """The messages the filters leave."""
    rows = reminder_page.messages_for(user)
    for name in ("status", "letter"):
        if form.value(name):
            rows = rows.filter(**{name: form.value(name)})
    if form.value("rule"):
        rows = reminder_page.of_rule(rows, form.value("rule"))
    if form.value("q"):
        rows = rows.filter(person__in=Person.objects.visible_to(user).matching(form.value("q")))
    return rows


@require_POST
@requires(Permission.REMINDER_EDIT)
def outbox_resend(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Send again what was given up."""
    user = cast(User, request.user)
    message = get_object_or_404(reminder_page.messages_for(user), uid=uid)
    try:
        service.resend(message, by=user, at=timezone.now())
    except service.CannotResend as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is in the queue again."))
    return redirect("qms:reminder-watch")
