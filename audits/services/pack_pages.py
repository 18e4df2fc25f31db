"""What stands on the pages between the front and the closing page, except the leadership timeline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from math import ceil, sqrt
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.models import PackItem
from audits.services import pack_plan
from audits.services.pack_data import FrozenPack, Sheet
from qms.models import TrailEntry
from qms.records import kind_of
from qms.services.timeline import verb_words

COUNTS = PackItem.Standing.COUNTS
SAMPLE_LEAST, SAMPLE_MOST = 10, 60
FIELDS_SHOWN = 6
ELSEWHERE_SHOWN = 25


def day(value: Any) -> str:
    """A date as it is printed: 22 Nov 2026."""
    return str(date_format(value, "j M Y"))


def filter_words(frozen: FrozenPack) -> str:
    """The filter that made the selection, in words."""
    pack = frozen.pack
    chosen = ", ".join(clause["label"] for clause in frozen.clauses if clause["is_chosen"])
    sites = ", ".join(site["name"] for site in frozen.data["sites"])
    return _(
        "%(edition)s, clauses %(clauses)s with everything below them; sites: %(sites)s; event date from %(start)s to "
        "%(end)s, both included; state of the data: %(cutoff)s."
    ) % {
        "edition": frozen.edition_name, "clauses": chosen, "sites": sites, "start": day(pack.from_on),
        "end": day(pack.to_on), "cutoff": cutoff_words(frozen),
    }  # fmt: skip


def cutoff_words(frozen: FrozenPack) -> str:
    """The cut-off with its time zone: 22 Nov 2026, 14:05:09 MST (America/Denver, UTC-07:00)."""
    at = frozen.local(frozen.cutoff_at)
    return f"{date_format(at, 'j M Y, H:i:s T')} ({frozen.zone.key}, UTC{at.isoformat(timespec='seconds')[-6:]})"


def clauses(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:
    """Record sheets, clause by clause. Sheets are made while the template runs: only one is in memory at a time."""
    return {"runs": [_run(frozen, *run) for run in spec["runs"]]}


def _run(frozen: FrozenPack, clause_id: int, first: int, last: int, is_first: bool) -> dict[str, Any]:
    clause = frozen.clause_by_id[clause_id]
    counting = frozen.items(clause_id=clause_id, standing=COUNTS)
    home = frozen.items(clause_id=clause_id, standing=COUNTS, is_home=True, position__range=(first, last))
    others = frozen.items(clause_id=clause_id, standing=COUNTS, is_home=False).count() if is_first else 0
    elsewhere = list(_elsewhere(frozen, clause_id)) if others else []
    children = any(other["parent"] == clause_id for other in frozen.clauses)
    total = counting.count()
    return {
        "clause": clause, "coverage": clause["coverage"], "is_first": is_first, "count": total,
        "needs_own": not children and (clause["coverage"] or {}).get("status") != "not_applicable",
        "home": total - others, "elsewhere": elsewhere, "elsewhere_count": others,
        "elsewhere_left": others - len(elsewhere),
        "sheets": _with_photos(frozen, frozen.sheets(home.iterator(chunk_size=250))) if first else (),
    }  # fmt: skip


def _with_photos(frozen: FrozenPack, sheets: Iterator[Sheet]) -> Iterator[Sheet]:
    for sheet in sheets:
        frozen.prepare_photos(sheet)
        yield sheet


def _elsewhere(frozen: FrozenPack, clause_id: int) -> Iterator[dict[str, Any]]:
    """The newest records whose sheet is printed with another clause; all of them stand in the whole populations."""
    rows = frozen.items(clause_id=clause_id, standing=COUNTS, is_home=False)
    items = list(rows.order_by("-occurred_on", "-position")[:ELSEWHERE_SHOWN])
    homes = dict(
        frozen.items(is_home=True, position__in=[item.position for item in items]).values_list("position", "clause_id")
    )
    for sheet in frozen.sheets(items):
        row = _row(sheet)
        yield {**row, "home": frozen.clause_by_id[homes[sheet.item.position]]["label"]}


def _row(sheet: Sheet) -> dict[str, Any]:
    return {
        "position": sheet.item.position, "date": day(sheet.occurred_on), "reference": sheet.content["reference"],
        "title": sheet.content["title"], "leader": sheet.leader_words, "standing": sheet.item.standing,
        "clauses": ", ".join(clause["label"] for clause in sheet.clauses),
    }  # fmt: skip


def population(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:
    """Every record of the scope, counting or not, as a list by kind and event date."""
    items = pack_plan.population(frozen.pack)
    return {
        "is_first": spec["from"] == 0, "filter_words": filter_words(frozen),
        "totals": list(_totals(frozen)) if spec["from"] == 0 else [],
        "rows": [_row(sheet) for sheet in frozen.sheets(items[spec["from"] : spec["to"]])],
    }  # fmt: skip


def _totals(frozen: FrozenPack) -> Iterator[dict[str, Any]]:
    rows = pack_plan.home_items(frozen.pack).order_by("record__kind", "standing")
    counts: dict[str, dict[str, int]] = {}
    for kind, standing, n in rows.values_list("record__kind", "standing").annotate(n=Count("pk")):
        counts.setdefault(kind, {})[standing] = n
    for kind, by_standing in sorted(counts.items()):
        row = {standing: by_standing.get(standing, 0) for standing in PackItem.Standing.values}
        yield {"kind": str(kind_of(kind).label_plural), "all": sum(by_standing.values()), **row}


def trail(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:
    """Late entries, corrections and withdrawals with their whole history up to the cut-off."""
    is_first = spec["from"] == 0
    items = list(pack_plan.noted(frozen.pack)[spec["from"] : spec["to"]])
    entries = frozen.entries(items)
    rows = [_history(frozen, sheet, entries[sheet.item.record_id]) for sheet in frozen.sheets(items)]
    home = pack_plan.home_items(frozen.pack)
    return {
        "is_first": is_first, "rows": rows, "total": home.count(), "late": home.filter(is_late=True).count(),
        "changed": home.filter(version__gt=1).count(),
        "withdrawn": home.filter(standing=PackItem.Standing.WITHDRAWN).count(),
    }  # fmt: skip


def _history(frozen: FrozenPack, sheet: Sheet, entries: list[TrailEntry]) -> dict[str, Any]:
    return {
        **_row(sheet), "occurred_on": sheet.occurred_on, "is_late": sheet.item.is_late,
        "is_withdrawn": sheet.item.standing == PackItem.Standing.WITHDRAWN, "is_printed": sheet.item.standing == COUNTS,
        "content_hash": sheet.item.content_hash,
        "entries": [
            {
                "at": frozen.local(entry.at, sheet.content["site"]), "by": frozen.person(str(entry.by_id or "")),
                "words": verb_words(entry.verb),
                "reason": frozen.text(entry.reason), "changes": _changed(sheet, entry),
            }
            for entry in entries
        ],
    }  # fmt: skip


def _changed(sheet: Sheet, entry: TrailEntry) -> str:
    fields = json.loads(entry.changes).get("fields", {})
    names = [
        str(sheet.kind.content_labels.get(name.removeprefix("facts."), name.removeprefix("facts.").replace("_", " ")))
        for name in sorted(fields)
    ]
    more = len(names) - FIELDS_SHOWN
    shown = ", ".join(name.lower() for name in names[:FIELDS_SHOWN]) + (f" + {more}" if more > 0 else "")
    return _("changed: %s") % shown if shown else ""


def sampling(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  all page builders alike
    """A random sample anybody can draw again: the records with the smallest SHA-256(seed + uid)."""
    seed = frozen.pack.sampling_seed
    items = pack_plan.home_items(frozen.pack).filter(standing=COUNTS)
    ranked = sorted(
        (rank(seed, str(uid)), pk) for pk, uid in items.values_list("pk", "record__uid").iterator(chunk_size=2000)
    )
    size = sample_size(len(ranked))
    drawn = {pk: place for place, (_rank, pk) in enumerate(ranked[:size])}
    sheets = sorted(frozen.sheets(items.filter(pk__in=drawn)), key=lambda sheet: drawn[sheet.item.pk])
    rows = [{**_row(sheet), "rank": ranked[drawn[sheet.item.pk]][0][:12]} for sheet in sheets]
    return {"seed": seed, "rows": rows, "total": len(ranked)}


def rank(seed: str, uid: str) -> str:
    """Where a record stands in the draw: SHA-256 of seed and uid, both as text in UTF-8, in hexadecimal."""
    return sha256((seed + uid).encode()).hexdigest()


def sample_size(total: int) -> int:
    """The square root, rounded up, at least 10 and at most 60, never more than there are."""
    return min(total, max(SAMPLE_LEAST, min(SAMPLE_MOST, ceil(sqrt(total)))))


def attachments(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:
    """Every file of every record of the pack, with its hashes and where it is."""
    items = pack_plan.with_files(frozen.pack)[spec["from"] : spec["to"]]
    rows = [_file_row(frozen, sheet, file) for sheet in frozen.sheets(items) for file in sheet.files]
    return {"is_first": spec["from"] == 0, "rows": rows}


def _file_row(frozen: FrozenPack, sheet: Sheet, file: dict[str, Any]) -> dict[str, Any]:
    is_printed = file["is_printed"] and sheet.item.standing == COUNTS
    where = _("printed with the record") if is_printed else _("not printed; kept in the system")
    captured = file.get("captured_at")
    taken = date_format(frozen.local(captured, sheet.content["site"]), "j M Y, H:i") if captured else ""
    return {**file, "position": sheet.item.position, "where": where, "captured": taken}


def people(frozen: FrozenPack, spec: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001  all page builders alike
    """The directory of the people named in the pack, and the abbreviations it uses."""
    rows = sorted(frozen.data["people"].items(), key=lambda pair: (pair[1]["name"].casefold(), pair[0]))
    shown = [{**person, "shown": frozen.name(person["name"])} for _uid, person in rows]
    if frozen.redactor:
        shown.sort(key=lambda person: (person["shown"], person["job_title"]))
    return {"people": shown, "abbreviations": list(_abbreviations(frozen))}


def _abbreviations(frozen: FrozenPack) -> Iterable[tuple[str, str]]:
    for site in frozen.data["sites"]:
        yield site["code"], f"{site['name']} ({_('time zone')} {site['time_zone']})"
    yield from _prefixes(frozen)
    yield "PACK", _("Evidence pack")
    yield "uid", _("the record's permanent number in the data files")
    yield "SHA-256", _("a fingerprint of 64 characters; a single changed letter gives another one")
    yield "UTC", _("coordinated universal time, the time of the data files")
    yield _("mand."), _("evidence that the mapping calls mandatory")


def _prefixes(frozen: FrozenPack) -> Iterator[tuple[str, str]]:
    """What the letters in front of a reference stand for: the type of the first record that bears them."""
    bearers: dict[str, int] = {}
    references = pack_plan.home_items(frozen.pack).values_list("record__reference", "pk")
    for reference, pk in references.iterator(chunk_size=2000):
        bearers.setdefault(reference.split("-", maxsplit=1)[0], pk)
    sheets = frozen.sheets(frozen.items(pk__in=bearers.values()))
    words = {sheet.content["reference"].split("-", maxsplit=1)[0]: sheet.type_label for sheet in sheets}
    yield from sorted(words.items())
