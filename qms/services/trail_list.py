"""The whole system's trail as a list: what a reader may see of it, filtered, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from qms.models import Person, Phase, Record, TrailEntry, User
from qms.permissions import Permission
from qms.services.timeline import readable, value_words, verb_vocabulary, verb_words

MOST_MATCHES = 500  # records or people that a filter by words may stand for
EXPORT_BATCH = 2_000
HEADER = ("At (UTC)", "By", "What", "Verb", "About", "Chain", "Entry", "Reason", "Changes", "Previous hash", "Hash")


def visible_to(user: User) -> QuerySet[TrailEntry]:
    """Entries about records the user may see; of everything else, the acts of people the user may see."""
    entries = TrailEntry.objects.all()
    if not user.has_all_sites:
        sites = user.visible_site_ids
        loose = Q(record=None) & Q(by__site_id__in=sites)
        entries = entries.filter(Q(record__site_id__in=sites) | loose)
    open_to_all = ~Q(record__phase=Phase.DRAFT)
    if not user.can(Permission.CONFIDENTIAL_VIEW):
        open_to_all &= Q(record__is_confidential=False)
    return entries.filter(Q(record=None) | open_to_all | Q(record__recorded_by=user))


def filtered(entries: QuerySet[TrailEntry], values: dict[str, Any]) -> QuerySet[TrailEntry]:
    """Narrow the list: ``q`` (reference or chain), ``by`` (name), ``verb``, ``since`` and ``until`` (days, UTC)."""
    if words := values.get("q"):
        records = Record.objects.filter(reference__startswith=words.upper()).order_by("pk")
        ids = list(records.values_list("pk", flat=True)[:MOST_MATCHES])
        entries = entries.filter(Q(record_id__in=ids) | Q(chain=words))
    if name := values.get("by"):
        people = Person.objects.matching(name).order_by("pk").values_list("uid", flat=True)
        entries = entries.filter(by_id__in=list(people[:MOST_MATCHES]))
    if verb := values.get("verb"):
        entries = entries.filter(verb=verb)
    if since := values.get("since"):
        entries = entries.filter(at__gte=_midnight(since))
    if until := values.get("until"):
        entries = entries.filter(at__lt=_midnight(until) + timedelta(days=1))
    return entries


def verb_choices() -> list[tuple[str, str]]:
    """Every verb that is declared, by its words."""
    words = [(verb, f"{verb_words(verb)} ({verb})") for verb in verb_vocabulary()]
    return [("", _("Anything")), *sorted(words, key=lambda pair: pair[1])]


def export_rows(entries: QuerySet[TrailEntry]) -> Iterator[tuple[object, ...]]:
    """The entries, newest first, as cells under HEADER; streamed."""
    ordered = entries.select_related("by", "record").order_by("-pk")
    for entry, line in readable(ordered.iterator(chunk_size=EXPORT_BATCH)):
        changes = "; ".join(
            f"{c.label}: {c.before} → {c.after}" if c.before else f"{c.label}: {c.after}" for c in line.changes
        )
        about = entry.record.reference if entry.record else ""
        yield (
            entry.at.astimezone(UTC).isoformat(timespec="seconds"), line.by, line.label, entry.verb, about, entry.chain,
            entry.seq, entry.reason, changes, entry.previous_hash, entry.hash,
        )  # fmt: skip


def about_words(entries: Iterable[TrailEntry], reader: User) -> list[str]:
    """What each entry is about, for those that are no records: “Log-in of Hiro Weber”, “mapping 6f…”.

    People are named where the reader may see them. At most two queries.
    """
    keys = [entry.chain.partition(":")[::2] for entry in entries]
    people = Person.objects.visible_to(reader)
    persons = people.filter(uid__in=[key for kind, key in keys if kind == "person"]).values_list("uid", "name")
    log_ins = people.filter(user__uid__in=[key for kind, key in keys if kind == "user"]).values_list(
        "user__uid", "name"
    )
    names = {("person", str(uid)): name for uid, name in persons}
    names |= {("user", str(uid)): _("Log-in of %(name)s") % {"name": name} for uid, name in log_ins}
    return [names.get((kind, key)) or value_words(f"{kind.replace('-', ' ')} {key[:8]}".strip()) for kind, key in keys]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)
