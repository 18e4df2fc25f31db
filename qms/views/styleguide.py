"""Every component on one page, for the people who build pages. Served in DEBUG only."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from qms.models import Job
from qms.permissions import Permission, requires
from qms.status_words import STATUS_WORDS
from qms.templatetags.components import sprite

LOGGED_AT = datetime(2026, 11, 20, 6, 42, tzinfo=UTC)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov")
COMPLAINTS = (7, 6, None, 5, 6, 4, 5, 3, 4, 2, 3)
TIMELINE = [
    {"at": LOGGED_AT, "by": "Marta Kowalska", "label": "Corrected", "reason": "The walk started on line 2",
     "changes": [{"label": "Area", "before": "Line 3", "after": "Line 2"}], "hash": "9f2c4be1a07d55e0", "seq": 2},
    {"at": LOGGED_AT, "by": "Marta Kowalska", "label": "Entered late", "reason": "Phone was broken on Friday",
     "tone": "late", "hash": "31aa90c2e4b1d7f3", "seq": 1},
    {"at": LOGGED_AT, "by": "", "label": "Follow-up reminded", "hash": "77de1200aa31b9c4", "seq": 0},
]  # fmt: skip
FACTS = [
    ("Event date", LOGGED_AT.date()), ("Area", "Assembly, line 3"), ("Leader", "Marta Kowalska"),
    ("Duration", "20 minutes"), ("People met", "4"), ("Notes", ""),
]  # fmt: skip


class SampleForm(forms.Form):
    """The kinds of field a form may hold."""

    summary = forms.CharField(label="What happened, in one sentence", help_text="Write it as you would say it.")
    site = forms.ChoiceField(label="Site", choices=[("", "Any"), ("gdn", "Gdańsk"), ("leo", "León")], required=False)
    on = forms.DateField(label="When", widget=forms.DateInput(attrs={"type": "date"}), required=False)
    notes = forms.CharField(label="Notes", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    confidential = forms.BooleanField(
        label="Confidential", help_text="Only quality and auditors see it.", required=False
    )
    photos = forms.FileField(label="Add photos", required=False)


class SampleFilter(forms.Form):
    """A filter bar's fields."""

    q = forms.CharField(label="Search activities", required=False)
    site = SampleForm.base_fields["site"]
    on = SampleForm.base_fields["on"]


@require_GET
@requires(Permission.SIGNED_IN)
def styleguide(request: HttpRequest) -> HttpResponse:
    """All components with sample content."""
    running = Job(pk=1, label="Pack for clause 5.1", status="running", total=120, done=47, message="clause 5.1.1")
    if request.headers.get("HX-Request"):
        return render(request, "components/progress.html", {"job": running, "url": request.path})
    broken = SampleForm({"summary": "", "on": ""})
    broken.is_valid()
    return render(request, "qms/styleguide.html", {
        "icons": sprite(), "statuses": STATUS_WORDS, "entries": TIMELINE, "facts_rows": FACTS, "form": SampleForm(),
        "broken": broken, "filter_form": SampleFilter(request.GET, auto_id="filter_%s"),
        "months": list(zip(MONTHS, COMPLAINTS, strict=True)),
        "clauses": [("5.1 Leadership", 46), ("5.2 Policy", 12), ("5.3 Roles, responsibilities", 8), ("6.1 Risks", 0)],
        "spark": COMPLAINTS, "parts": [("current", 11), ("due_soon", 3), ("stale", 2), ("missing", 1)],
        "running": running,
        "ready": Job(pk=2, label="Pack for clause 5.2", status="done", result_url="/"),
        "moment": LOGGED_AT, "meta": ["20 Nov 2026", "Assembly, line 3", "20 minutes"],
        "crumbs": [("Activities", "/"), ("Walks", "/")],
        "tabs": [{"label": "Open", "url": "?", "active": True, "count": 4},
                 {"label": "All", "url": "?a", "active": False}],
    })  # fmt: skip
