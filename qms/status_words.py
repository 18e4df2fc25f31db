"""Every status a page or a pack may show: its words, icon and tone. Colour never stands alone.

A tone is one of good, soon, late, missing, neutral, gone, busy; its colours are in static/css/tokens.css.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class StatusWord:
    """How one status value is shown."""

    label: str | Promise
    icon: str
    tone: str


STATUS_WORDS: dict[str, StatusWord] = {
    # where a record stands
    "draft": StatusWord(_("Draft"), "circle-dashed", "neutral"),
    "planned": StatusWord(_("Planned"), "calendar", "neutral"),
    "logged": StatusWord(_("Logged"), "check-circle", "good"),
    "open": StatusWord(_("Open"), "circle", "busy"),
    "idea": StatusWord(_("Idea"), "bulb", "soon"),
    "assessed": StatusWord(_("Planned"), "calendar", "neutral"),
    "checked": StatusWord(_("Effect checked"), "eye", "good"),
    "in_progress": StatusWord(_("In progress"), "circle-half", "busy"),
    "done": StatusWord(_("Done"), "check-circle", "good"),
    "completed": StatusWord(_("Completed"), "check-circle", "good"),
    "in_review": StatusWord(_("In review"), "eye", "soon"),
    "approved": StatusWord(_("Approved"), "check-circle", "good"),
    "identified": StatusWord(_("Identified"), "circle-dashed", "neutral"),
    "rated": StatusWord(_("Rated"), "gauge", "busy"),
    "treating": StatusWord(_("In treatment"), "circle-half", "busy"),
    "judged": StatusWord(_("Effect judged"), "eye", "good"),
    "drafted": StatusWord(_("Draft"), "circle-dashed", "neutral"),
    "vacant": StatusWord(_("Vacant"), "circle-gap", "missing"),
    "offered": StatusWord(_("Waits for a yes"), "hourglass", "soon"),
    "accepted": StatusWord(_("Accepted"), "check-circle", "good"),
    "contained": StatusWord(_("Contained"), "shield", "soon"),
    "analyzed": StatusWord(_("Cause found"), "search", "busy"),
    "acting": StatusWord(_("Acting"), "wrench", "busy"),
    "evaluated": StatusWord(_("Effect judged"), "eye", "good"),
    "effective": StatusWord(_("Effective"), "check-circle", "good"),
    "not_effective": StatusWord(_("Not effective"), "x-circle", "late"),
    "requested": StatusWord(_("Decision awaited"), "hourglass", "soon"),
    "asked": StatusWord(_("Question asked"), "chat", "soon"),
    "provided": StatusWord(_("Provided"), "check-circle", "good"),
    "partly": StatusWord(_("Partly provided"), "circle-half", "late"),
    "declined": StatusWord(_("Declined"), "x-circle", "late"),
    "closed": StatusWord(_("Closed"), "check-circle", "good"),
    "given": StatusWord(_("Given"), "star", "good"),
    "withdrawn": StatusWord(_("Withdrawn"), "archive", "gone"),
    "superseded": StatusWord(_("Superseded"), "archive", "gone"),
    "proposed": StatusWord(_("Proposed"), "circle-dashed", "soon"),
    "agreed": StatusWord(_("Agreed"), "check-circle", "good"),
    "excused": StatusWord(_("Excused"), "minus-circle", "neutral"),
    "cancelled": StatusWord(_("Cancelled"), "archive", "gone"),
    "missed": StatusWord(_("Missed"), "x-circle", "missing"),
    "reached": StatusWord(_("Reached"), "check-circle", "good"),
    "short": StatusWord(_("Ended short"), "x-circle", "late"),
    # objectives and goals
    "adopted": StatusWord(_("Adopted"), "check-circle", "good"),
    "achieved": StatusWord(_("Achieved"), "flag", "good"),
    "dropped": StatusWord(_("Given up"), "archive", "gone"),
    "off_track": StatusWord(_("Off track"), "x-circle", "missing"),
    "at_risk": StatusWord(_("At risk"), "alert", "late"),
    "unmeasured": StatusWord(_("Not measured"), "circle-dashed", "neutral"),
    "on_track": StatusWord(_("On track"), "check-circle", "good"),
    "unconnected": StatusWord(_("Unconnected"), "circle-gap", "soon"),
    # coverage of a clause
    "current": StatusWord(_("Current"), "check-circle", "good"),
    "due_soon": StatusWord(_("Due soon"), "clock", "soon"),
    "stale": StatusWord(_("Stale"), "alert", "late"),
    "missing": StatusWord(_("Missing"), "circle-gap", "missing"),
    "not_applicable": StatusWord(_("Not applicable"), "minus-circle", "neutral"),
    "event_driven": StatusWord(_("Event-driven"), "calendar", "neutral"),
    # time
    "due": StatusWord(_("Due"), "clock", "soon"),
    "overdue": StatusWord(_("Overdue"), "alert", "missing"),
    "late": StatusWord(_("Entered late"), "history", "late"),
    "expired": StatusWord(_("Expired"), "clock", "gone"),
    # background work
    "waiting": StatusWord(_("Waiting"), "hourglass", "neutral"),
    "queued": StatusWord(_("Waiting"), "hourglass", "neutral"),
    "building": StatusWord(_("Building"), "building", "busy"),
    "running": StatusWord(_("Running"), "building", "busy"),
    "ready": StatusWord(_("Ready"), "check-circle", "good"),
    "failed": StatusWord(_("Failed"), "x-circle", "missing"),
    # trust
    "verified": StatusWord(_("Verified"), "evidence", "good"),
    "tampered": StatusWord(_("Altered"), "shield-x", "missing"),
    "unknown": StatusWord(_("Not known here"), "help", "neutral"),
    "signed": StatusWord(_("Signed"), "signature", "good"),
    "confirmed": StatusWord(_("Confirmed"), "check-circle", "good"),
    "disputed": StatusWord(_("Disputed"), "alert-circle", "late"),
    "confidential": StatusWord(_("Confidential"), "lock", "gone"),
    # people and access
    "active": StatusWord(_("Active"), "check-circle", "good"),
    "inactive": StatusWord(_("Inactive"), "minus-circle", "neutral"),
    "disabled": StatusWord(_("Disabled"), "minus-circle", "gone"),
    "invited": StatusWord(_("Invited"), "mail", "busy"),
    "deactivated": StatusWord(_("Deactivated"), "minus-circle", "neutral"),
    "revoked": StatusWord(_("Revoked"), "x-circle", "gone"),
    # importance of evidence
    "mandatory": StatusWord(_("Mandatory"), "flag", "busy"),
    "supporting": StatusWord(_("Supporting"), "link", "neutral"),
    # rows of an import
    "new": StatusWord(_("New"), "plus", "good"),
    "changed": StatusWord(_("Changed"), "edit", "soon"),
    "unchanged": StatusWord(_("Unchanged"), "minus-circle", "neutral"),
    "ended": StatusWord(_("Ended"), "archive", "gone"),
    "problem": StatusWord(_("Problem"), "alert", "missing"),
}


def status_word(value: object) -> StatusWord:
    """The words for ``value``; an unknown value keeps its own words, with a neutral mark."""
    text = str(value or "").strip()
    known = STATUS_WORDS.get(text.lower().replace("-", "_").replace(" ", "_"))
    return known or StatusWord(text.replace("_", " ").capitalize() or _("Unknown"), "circle", "neutral")
