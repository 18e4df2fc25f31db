"""The trail in words: who did what, and what each fact was before and after."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qms.models import Json, Phase, Record, TrailEntry
from qms.records import RecordKind, Text, all_kinds, known_kinds
from qms.services.trail import HasTrail

DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
LONGEST = 200  # entries of one page
UNSHOWN = frozenset({
    "version", "content_hash", "fields", "uid", "texts", "signer",
    "facts.accounts", "facts.postings_sha256",  # a posting tells itself
    "facts.ratings", "measurements",  # each rating tells itself; an import tells how many, and from when to when
    "facts.questions",  # each question and answer tells itself
    "facts.causes", "facts.evaluations",  # each answer to “why?” and each judgement tells itself
})  # fmt: skip

# What is written about everything that is not a kind of record; kinds declare their own verbs in records.py.
VERBS: dict[str, Text] = {
    "activity_type.added": gettext_lazy("Kind of activity added"),
    "activity_type.changed": gettext_lazy("Kind of activity changed"),
    "demo.started": gettext_lazy("Demo plant begun"),
    "demo.loaded": gettext_lazy("Demo plant loaded"),
    "site.added": gettext_lazy("Site added"),
    "person.added": gettext_lazy("Person added"),
    "user.added": gettext_lazy("Log-in added"),
    "clause.edited": gettext_lazy("Clause edited"),
    "edition.edited": gettext_lazy("Edition edited"),
    "clause.excluded": gettext_lazy("Declared not applicable"),
    "clause.included": gettext_lazy("Declared applicable again"),
    "catalogue.loaded": gettext_lazy("Catalogue loaded"),
    "mapping.opened": gettext_lazy("Mapping opened"),
    "mapping.changed": gettext_lazy("Mapping changed"),
    "mapping.ended": gettext_lazy("Mapping ended"),
    "record.signed": gettext_lazy("Signed"),
    "reminder.acknowledged": gettext_lazy("Reminder acknowledged"),
    "reminder_rule.added": gettext_lazy("Rule of reminding added"),
    "reminder_rule.changed": gettext_lazy("Rule of reminding changed"),
    "reminder_rule.ended": gettext_lazy("Rule of reminding ended"),
    "reminder_rule.paused": gettext_lazy("Reminders paused"),
    "reminder_rule.resumed": gettext_lazy("Reminders resumed"),
    "outbox.resent": gettext_lazy("Sent again"),
    "record.acknowledgement_asked": gettext_lazy("People asked to read it"),
    "record.acknowledgement_ended": gettext_lazy("Asking people to read it ended"),
    "trail.check_requested": gettext_lazy("Check of the trail asked for"),
    "trail.checked": gettext_lazy("Trail checked"),
    "records.exported": gettext_lazy("List exported"),
    "attachment.added": gettext_lazy("File added"),
    "attachment.annotated": gettext_lazy("Drawing added"),
    "attachment.withdrawn": gettext_lazy("File withdrawn"),
    "attachment.captioned": gettext_lazy("File described"),
    "person.created": gettext_lazy("Entered"),
    "person.imported": gettext_lazy("Entered by import"),
    "person.changed": gettext_lazy("Changed"),
    "person.deactivated": gettext_lazy("Deactivated"),
    "person.reactivated": gettext_lazy("Reactivated"),
    "person.pin_set": gettext_lazy("PIN set"),
    "person.pin_reset": gettext_lazy("PIN changed"),
    "person.pin_removed": gettext_lazy("PIN taken away"),
    "person.absence_announced": gettext_lazy("Absence announced"),
    "person.absence_entered": gettext_lazy("Absence entered"),
    "person.absence_approved": gettext_lazy("Absence approved"),
    "person.absence_withdrawn": gettext_lazy("Absence withdrawn"),
    "trail.redacted": gettext_lazy("Personal data redacted"),
    "person_import.uploaded": gettext_lazy("List of people uploaded"),
    "person_import.applied": gettext_lazy("People imported"),
    "risk_scale.opened": gettext_lazy("Scale of risks opened"),
    "risk_scale.ended": gettext_lazy("Scale of risks ended"),
    "risk_import.uploaded": gettext_lazy("Risk register uploaded"),
    "risk_import.applied": gettext_lazy("Risk register imported"),
    "quality_cost_account.added": gettext_lazy("Account opened"),
    "quality_cost_account.changed": gettext_lazy("Account changed"),
    "quality_cost_account.deactivated": gettext_lazy("Taken out of use"),
    "quality_cost_account.reactivated": gettext_lazy("Taken into use again"),
    "process.added": gettext_lazy("Process entered"),
    "process.changed": gettext_lazy("Process changed"),
    "process.raci_changed": gettext_lazy("Parts of roles in the process changed"),
    "process.deactivated": gettext_lazy("Taken out of use"),
    "process.reactivated": gettext_lazy("Taken into use again"),
    "site.created": gettext_lazy("Site opened"),
    "site.changed": gettext_lazy("Site changed"),
    "site.deactivated": gettext_lazy("Taken out of use"),
    "site.reactivated": gettext_lazy("Taken into use again"),
    "site.weekdays_changed": gettext_lazy("Working days changed"),
    "site.closure_added": gettext_lazy("Closure added"),
    "site.closure_withdrawn": gettext_lazy("Closure withdrawn"),
    "site.shift_added": gettext_lazy("Shift added"),
    "site.shift_changed": gettext_lazy("Shift changed"),
    "area.created": gettext_lazy("Area added"),
    "area.renamed": gettext_lazy("Area renamed"),
    "area.deactivated": gettext_lazy("Taken out of use"),
    "area.reactivated": gettext_lazy("Taken into use again"),
    "area.code_issued": gettext_lazy("QR code issued"),
    "area.code_revoked": gettext_lazy("QR code revoked"),
    "recognition_value.added": gettext_lazy("Value added"),
    "recognition_value.changed": gettext_lazy("Value changed"),
    "site.screen_made": gettext_lazy("Screen of the wall made"),
    "site.screen_revoked": gettext_lazy("Screen of the wall revoked"),
    "organization.changed": gettext_lazy("Organization changed"),
    "user.invited": gettext_lazy("Access given"),
    "user.invited_again": gettext_lazy("Invitation sent again"),
    "user.access_changed": gettext_lazy("Access changed"),
    "user.sites_changed": gettext_lazy("Sites changed"),
    "user.disabled": gettext_lazy("Log-in disabled"),
    "user.enabled": gettext_lazy("Log-in enabled"),
    "user.logged_in": gettext_lazy("Logged in"),
    "user.logged_out": gettext_lazy("Logged out"),
    "user.login_failed": gettext_lazy("Log-in failed: wrong password"),
    "user.login_refused": gettext_lazy("Log-in refused: access has ended"),
    "user.tokens_revoked": gettext_lazy("Personal tokens ended"),
    "user.password_changed": gettext_lazy("Password changed"),
    "user.password_reset": gettext_lazy("Password set by e-mail link"),
    "user.second_factor_added": gettext_lazy("Two-step log-in turned on"),
    "user.second_factor_removed": gettext_lazy("Two-step log-in removed"),
    "user.recovery_codes_made": gettext_lazy("Recovery codes made"),
    "user.elevation_started": gettext_lazy("Elevated session started"),
    "user.elevation_ended": gettext_lazy("Elevated session ended"),
    "user.elevation_refused": gettext_lazy("Elevated session refused"),
    "user.watched": gettext_lazy("Watches a record"),
    "user.unwatched": gettext_lazy("No longer watches a record"),
    "person.reminders_chosen": gettext_lazy("Chose how to be told"),
    "person.unsubscribed": gettext_lazy("Unsubscribed from mails"),
    "user.calendar_made": gettext_lazy("Calendar address made"),
    "user.calendar_revoked": gettext_lazy("Calendar address revoked"),
    "user.token_issued": gettext_lazy("Token of the interface made"),
    "user.token_agreed": gettext_lazy("Agreed to a token of the interface"),
    "user.token_revoked": gettext_lazy("Token of the interface revoked"),
}
LABELS: dict[str, Text] = {
    "title": gettext_lazy("Title"),
    "site": gettext_lazy("Site"),
    "area": gettext_lazy("Area"),
    "owner": gettext_lazy("Owner"),
    "occurred_on": gettext_lazy("Event date"),
    "phase": gettext_lazy("Phase"),
    "status": gettext_lazy("Status"),
    "due_on": gettext_lazy("Due"),
    "review_on": gettext_lazy("Next review"),
    "is_confidential": gettext_lazy("Confidential"),
    "subtype": gettext_lazy("Type"),
    "people": gettext_lazy("People"),
    "attachments": gettext_lazy("Files"),
    "email": gettext_lazy("E-mail"),
    "sha256": gettext_lazy("SHA-256"),
    "time_zone": gettext_lazy("Time zone"),
    "scope_statement": gettext_lazy("Scope"),
    "access_expires_at": gettext_lazy("Access ends"),
    "is_top_management": gettext_lazy("Top management"),
    "manager": gettext_lazy("Reports to"),
    "job_title": gettext_lazy("Job title"),
    "working_weekdays": gettext_lazy("Working days (1 is Monday)"),
    "is_active": gettext_lazy("In use"),
    "through": gettext_lazy("Through the token"),
}
TONES = {
    "withdrawn": "gone", "declined": "late", "failed": "late", "refused": "late", "signed": "good", "approved": "good",
    "corrected": "soon", "changed": "soon", "redacted": "soon", "deactivated": "gone", "revoked": "gone",
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One fact before and after, in words; ``before`` is empty for what is new."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class TimelineEntry:
    """One trail entry as a page shows it; ``by`` is empty when the system acted."""

    at: datetime
    by: str
    label: str
    seq: int
    hash: str
    reason: str = ""
    tone: str = ""
    verb: str = ""
    changes: list[Change] = field(default_factory=list)


def timeline_of(subject: HasTrail) -> list[TimelineEntry]:
    """The subject's newest trail entries, newest first, at most 200; two queries at most."""
    entries = TrailEntry.objects.filter(chain=subject.trail_key).select_related("by").order_by("-seq")[:LONGEST]
    declared = known_kinds().get(subject.kind) if isinstance(subject, Record) else None
    return [in_words(entry, declared) for entry in entries]


def in_words(entry: TrailEntry, declared: RecordKind | None = None) -> TimelineEntry:
    """One entry in words. ``declared`` is the kind of its record, where it has one; needs ``by`` loaded."""
    return TimelineEntry(
        at=entry.at, by=entry.by.name if entry.by else "", label=verb_words(entry.verb), seq=entry.seq,
        hash=entry.hash, reason=entry.reason, tone=TONES.get(entry.verb.rsplit(".", 1)[-1], ""), verb=entry.verb,
        changes=changes_of(json.loads(entry.changes), declared),
    )  # fmt: skip


def verb_words(verb: str) -> str:
    """A verb in words: as its kind or this file declares it, otherwise made readable (``user.noted``: Noted)."""
    words = verb_vocabulary().get(verb)
    return str(words) if words else verb.rsplit(".", 1)[-1].replace("_", " ").capitalize()


@lru_cache(maxsize=1)
def verb_vocabulary() -> dict[str, Text]:
    """Words for every verb that is declared."""
    return VERBS | {verb: words for kind in all_kinds() for verb, words in kind.verbs.items()}


def changes_of(changes: Mapping[str, Json], declared: RecordKind | None = None) -> list[Change]:
    """What an entry says has changed: [old, new] per field, or plain facts, which have no before."""
    fields = changes.get("fields", {})
    lines = [_difference(name, pair, declared) for name, pair in fields.items() if name not in UNSHOWN]
    for name, value in changes.items():
        if name in UNSHOWN:
            continue
        is_pair = isinstance(value, list) and len(value) == 2
        lines.append(_difference(name, value if is_pair else [None, value], declared))
    return [line for line in lines if line.before != line.after]


def _difference(name: str, pair: list[Json], declared: RecordKind | None) -> Change:
    before, after = (_in_words(name, value, declared) for value in _apart(pair))
    return Change(label=_label(name, declared), before=before, after=after)


def _apart(pair: list[Json]) -> list[Json]:
    """Of two lists of long things, such as translations, only what is not in both; otherwise the pair as it is."""
    before, after = pair
    lists = isinstance(before, list) and isinstance(after, list)
    if not lists or not all(isinstance(row, dict) and "name" not in row for row in [*before, *after]):
        return pair
    less = [[row for row in before if row not in after], [row for row in after if row not in before]]
    return less if any(less) else pair


def _label(name: str, declared: RecordKind | None) -> str:
    own = name.removeprefix("facts.")
    words = (declared.content_labels.get(own) if declared else None) or LABELS.get(own)
    return str(words) if words else own.replace("_", " ").capitalize()


def _in_words(name: str, value: Json, declared: RecordKind | None) -> str:
    if name == "phase" and value in Phase.values:
        return str(Phase(value).label)
    if name == "status" and declared is not None:
        choices = dict(cast("Any", declared.model)._meta.get_field("status").flatchoices)
        return str(choices.get(value, value or ""))
    return value_words(value)


def value_words(value: Json) -> str:
    """A JSON value as people read it: dates as 22 Nov 2026, people and files by name, lists with commas."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(filter(None, map(value_words, value)))
    if isinstance(value, dict):
        if "name" in value:
            return str(value["name"])
        return "; ".join(f"{key.replace('_', ' ')}: {value_words(part)}" for key, part in value.items() if part)
    return _text_words(value) if isinstance(value, str) else str(value)


def _text_words(text: str) -> str:
    try:
        if DAY.match(text):
            return date_format(date.fromisoformat(text), "j M Y")
        if MOMENT.match(text):
            moment = datetime.fromisoformat(text)  # with an offset it is the site's own time, and is shown as such
            return date_format(
                timezone.localtime(moment) if moment.utcoffset() == timedelta() else moment, "j M Y, H:i"
            )
    except ValueError:
        return text
    return text


def readable(entries: Iterable[TrailEntry]) -> Iterator[tuple[TrailEntry, TimelineEntry]]:
    """Entries of any chain with their words, one by one; load ``by`` and ``record`` with them."""
    kinds = known_kinds()
    for entry in entries:
        yield entry, in_words(entry, kinds.get(entry.record.kind) if entry.record else None)
