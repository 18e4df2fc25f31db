"""People: list, page, changes, PIN, organization chart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from qms.forms.person import PersonFilter, PersonForm, ReasonForm, choice_label
from qms.models import Person, Site, User
from qms.permissions import Permission, requires
from qms.services import person as service
from qms.services import record_list, sheet
from qms.services.timeline import timeline_of

SORTS = {"name": "search_name", "job": "job_title"}
ORG_CAP = 3_000
SUGGESTIONS = 12
COLUMNS = ("Name", "E-mail", "Job title", "Site", "Area", "Shift", "Reports to", "Top management", "Active", "Log-in")


def filtered(request: HttpRequest) -> PersonFilter:
    """The filters as the address has them, over the people the user may see."""
    rows = Person.objects.visible_to(cast(User, request.user)).select_related("site", "area", "manager", "user")
    return PersonFilter(request.GET, queryset=rows, request=request)


def counted(rows: QuerySet[Any]) -> str:
    """“1 person”, “128 people” or “1,000+ people”."""
    number = rows.order_by().values("pk")[: record_list.COUNT_CAP + 1].count()
    shown = f"{min(number, record_list.COUNT_CAP):,}" + ("+" if number > record_list.COUNT_CAP else "")
    return ngettext("%(n)s person", "%(n)s people", number) % {"n": shown}


@require_GET
@requires(Permission.PERSON_VIEW)
def person_list(request: HttpRequest) -> HttpResponse:
    """The people one may see, active ones unless asked otherwise."""
    filters = filtered(request)
    page = record_list.page_of(
        filters.qs, sort=record_list.chosen_sort(request.GET.get("sort", ""), SORTS, "search_name"),
        after=request.GET.get("after", ""), before=request.GET.get("before", ""),
    )  # fmt: skip
    can_edit = cast(User, request.user).can(Permission.PERSON_EDIT)
    context = {"filters": filters, "page": page, "count": counted(filters.qs), "can_edit": can_edit}
    return render(request, "qms/person_list.html", context)


@require_GET
@requires(Permission.PERSON_EDIT)
def person_export(request: HttpRequest) -> HttpResponseBase:
    """The people the list shows, whole, as CSV (default) or XLSX; noted in the user's own trail."""
    sort = record_list.chosen_sort(request.GET.get("sort", ""), SORTS, "search_name")
    rows = record_list.in_order(filtered(request).qs, sort)
    user = cast(User, request.user)
    record_list.note_export(user, "people", at=timezone.now(), filters=request.GET.urlencode())
    send = sheet.xlsx_response if request.GET.get("format") == "xlsx" else sheet.csv_response
    return send("people", COLUMNS, _export_rows(rows))


def _export_rows(rows: QuerySet[Person]) -> Iterator[list[object]]:
    for person in rows.iterator(chunk_size=1000):
        login = getattr(person, "user", None)
        boss = person.manager
        yield [
            person.name, person.email, person.job_title, person.site.name if person.site else "",
            person.area.name if person.area else "", person.shift, (boss.email or boss.name) if boss else "",
            _("Yes") if person.is_top_management else "", _("Yes") if person.is_active else _("No"),
            login.get_profile_display() if login and login.is_active else "",
        ]  # fmt: skip


@require_GET
@requires(Permission.PERSON_VIEW)
def person_options(request: HttpRequest) -> HttpResponse:
    """Suggestions for a field in which a person is typed (htmx): <option>s of visible, active people."""
    typed = request.GET.get("q", "").strip()
    people = Person.objects.visible_to(cast(User, request.user)).active().select_related("area")
    if request.GET.get("only") == "without-access":
        people = people.filter(user=None)
    found = people.matching(typed.partition(" · ")[0]).order_by("search_name", "pk")[:SUGGESTIONS]
    return render(request, "qms/person_options.html", {"labels": [choice_label(p) for p in found]})


def visible_person(request: HttpRequest, uid: uuid.UUID) -> Person:
    """The person, if the user may see it; 404 otherwise."""
    people = Person.objects.visible_to(cast(User, request.user))
    joined = people.select_related("site", "area", "user", "manager__manager__manager__manager__manager")
    return get_object_or_404(joined, uid=uid)


@require_GET
@requires(Permission.PERSON_VIEW)
def person_detail(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """One person: facts, place in the organization, and the trail for those who may read it."""
    person = visible_person(request, uid)
    return render(request, "qms/person_detail.html", _detail(request, person))


def _detail(request: HttpRequest, person: Person, **more: object) -> dict[str, object]:
    user = cast(User, request.user)
    reports = Person.objects.visible_to(user).active().filter(manager=person).order_by("search_name", "pk")
    may_read_trail = user.can(Permission.TRAIL_VIEW) or user.person_id == person.pk
    login = getattr(person, "user", None)
    chain = service.manager_chain(person)
    return {
        "person": person, "chain": list(reversed(chain)), "reports": list(reports[:100]),
        "entries": timeline_of(person) if may_read_trail else None, "may_read_trail": may_read_trail,
        "can_edit": user.can(Permission.PERSON_EDIT), "can_give_access": user.can(Permission.USER_EDIT),
        "login": login, "is_self": user.person_id == person.pk, **more,
        "may_see_absences": user.person_id == person.pk or user.can(Permission.PERSON_EDIT) or user.person in chain,
    }  # fmt: skip


@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def person_new(request: HttpRequest) -> HttpResponse:
    """Enter a person."""
    form = PersonForm(request.POST or None, user=cast(User, request.user))
    if request.method == "POST" and form.is_valid():
        try:
            person = service.create(by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%s is entered.") % person.name)
            return redirect("qms:person-detail", person.uid)
    context = {"form": form, "title": _("Enter a person"), "cancel_url": reverse("qms:person-list")}
    return render(request, "qms/person_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@requires(Permission.PERSON_EDIT)
def person_edit(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Change a person's facts."""
    person = visible_person(request, uid)
    form = PersonForm(request.POST or None, user=cast(User, request.user), person=person)
    if request.method == "POST" and form.is_valid():
        try:
            service.edit(person, by=cast(User, request.user), at=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("qms:person-detail", person.uid)
    context = {
        "form": form, "person": person, "title": _("Change %s") % person.name,
        "cancel_url": reverse("qms:person-detail", args=[person.uid]),
    }  # fmt: skip
    return render(request, "qms/person_form.html", context, status=422 if form.errors else 200)


@require_POST
@requires(Permission.PERSON_EDIT)
def person_deactivate(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a person out of every choice."""
    person = visible_person(request, uid)
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        service.deactivate(person, by=cast(User, request.user), at=timezone.now(), reason=reason)
    except service.CannotDeactivate as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%s is deactivated. All records stay.") % person.name)
    return redirect("qms:person-detail", person.uid)


@require_POST
@requires(Permission.PERSON_EDIT)
def person_reactivate(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a person back."""
    person = visible_person(request, uid)
    try:
        service.reactivate(person, by=cast(User, request.user), at=timezone.now())
    except service.CannotReactivate as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%s is active again. A log-in stays disabled until it is enabled.") % person.name)
    return redirect("qms:person-detail", person.uid)


@never_cache
@require_POST
@requires(Permission.PERSON_EDIT)
def person_pin(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Give a person a new PIN and show it this once."""
    person = visible_person(request, uid)
    if not person.is_active:
        raise PermissionDenied(_("A deactivated person gets no PIN."))
    pin = service.set_pin(person, by=cast(User, request.user), at=timezone.now())
    return render(request, "qms/person_pin.html", {"person": person, "pin": pin})


@require_POST
@requires(Permission.PERSON_EDIT)
def person_pin_remove(request: HttpRequest, uid: uuid.UUID) -> HttpResponse:
    """Take a person's PIN away."""
    person = visible_person(request, uid)
    service.remove_pin(person, by=cast(User, request.user), at=timezone.now())
    messages.success(request, _("The PIN of %s no longer works.") % person.name)
    return redirect("qms:person-detail", person.uid)


@require_GET
@requires(Permission.PERSON_VIEW)
def organization_chart(request: HttpRequest) -> HttpResponse:
    """Who reports to whom, as nested lists; at most ORG_CAP people on one page."""
    user = cast(User, request.user)
    people = Person.objects.visible_to(user).active().select_related("site").order_by("search_name", "pk")
    sites = list(Site.objects.visible_to(user).active().order_by("name", "pk"))
    chosen = next((site for site in sites if site.code == request.GET.get("site")), None)
    if chosen:
        people = people.filter(Q(site=chosen) | Q(is_top_management=True))
    shown = list(people[: ORG_CAP + 1])
    context = {
        "roots": service.org_tree(shown[:ORG_CAP]), "is_cut": len(shown) > ORG_CAP, "cap": ORG_CAP,
        "sites": sites, "chosen": chosen,
    }  # fmt: skip
    return render(request, "qms/person_tree.html", context)
