"""The pages that need to know the whole: cover, contents, reading key, clause matrix; and the closing page."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from typing import Any

import segno
from django.db.models import Count
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audits.models import PackItem
from audits.services import manifest
from audits.services.pack_data import FrozenPack
from audits.services.pack_pages import COUNTS, cutoff_words, day, filter_words
from qms.records import kind_of

STATUS_ORDER = ("current", "due_soon", "stale", "missing", "not_applicable")
CLAUSES_ON_COVER = 160


def verify_url(frozen: FrozenPack) -> str:
    """Where anybody can check the pack."""
    return f"{frozen.data['public_url']}/verify/"


def qr_svg(url: str) -> SafeString:
    """A QR code as SVG with presentation attributes, in the ink of the page."""
    out = io.BytesIO()
    segno.make(url, error="m").save(
        out,
        kind="svg",
        scale=2.6,
        border=0,
        dark="#1b1f21",
        xmldecl=False,
        svgclass=None,
        lineclass=None,
        omitsize=False,
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308  made here, from our own address


def front(frozen: FrozenPack, contents: list[dict[str, Any]], root_hash: str) -> dict[str, Any]:
    """Cover, contents (entries with depth, name, label, title, page), reading key, clause matrix, mappings."""
    requested_by = frozen.person(frozen.data["requested_by"])
    return {
        "edition_name": frozen.edition_name, "clause_words": clause_words(frozen), "contents": contents,
        "cover_facts": list(_cover_facts(frozen, requested_by)), "root_hash": root_hash,
        "verify_url": verify_url(frozen), "qr": qr_svg(f"{verify_url(frozen)}?sha256={root_hash}"),
        "statuses": _status_words(), "words": _words(), "filter_words": filter_words(frozen),
        "requested_by": requested_by, "to_on": day(frozen.pack.to_on),
        "matrix": list(_matrix(frozen)), "status_counts": _status_counts(frozen), "mappings": list(_mappings(frozen)),
    }  # fmt: skip


def clause_words(frozen: FrozenPack) -> str:
    """The chosen clauses with their titles, or only their numbers where that would be too long."""
    chosen = [clause for clause in frozen.clauses if clause["is_chosen"]]
    full = " · ".join(f"{clause['label']} {clause['title']}" for clause in chosen)
    numbers = ", ".join(clause["label"] for clause in chosen)
    return full if len(full) <= CLAUSES_ON_COVER else ngettext("Clause %s", "Clauses %s", len(chosen)) % numbers


def _cover_facts(frozen: FrozenPack, requested_by: str) -> Iterator[tuple[str, str]]:
    pack, data = frozen.pack, frozen.data
    edition = data["edition"]
    yield _("Pack"), pack.reference
    yield _("Sites"), ", ".join(site["name"] for site in data["sites"])
    if data["organization"]["scope_statement"]:
        yield _("Scope"), data["organization"]["scope_statement"]
    catalogue = _("clause catalogue %s") % edition["catalogue_version"] if edition["catalogue_version"] else ""
    yield _("Standard"), " · ".join(filter(None, [f"{edition['standard']} {edition['edition']}", catalogue]))
    yield _("Period"), f"{day(pack.from_on)} – {day(pack.to_on)} ({_('by event date')})"
    yield _("State of the data"), cutoff_words(frozen)
    if pack.purpose:
        yield _("Purpose"), frozen.text(pack.purpose)
    yield _("Asked for by"), requested_by
    yield _("Made with"), f"{data['software']['name']} {data['software']['version']}"
    if pack.supersedes:
        yield _("Replaces"), pack.supersedes.reference


def _matrix(frozen: FrozenPack) -> Iterator[dict[str, Any]]:
    counting = frozen.items(standing=COUNTS)
    counts: dict[int, list[int]] = {}
    by_mapping = counting.order_by("clause_id").values_list("clause_id", "mapping_id_frozen").annotate(n=Count("pk"))
    for clause_id, mapping_id, n in by_mapping:
        known = counts.setdefault(clause_id, [0, 0])
        known[0] += n
        known[1] += n if frozen.mapping_by_id[mapping_id]["strength"] == "mandatory" else 0
    documented = {
        "maintain": _("document kept current"),
        "retain": _("record kept as evidence"),
    }
    for clause in frozen.clauses:
        total, mandatory = counts.get(clause["id"], [0, 0])
        yield {
            **clause, "count": total, "mandatory": mandatory,
            "newest": _newest(frozen, clause["id"]) if total else None,
            "documented_words": documented.get(clause["documented"], ""),
        }  # fmt: skip


def _newest(frozen: FrozenPack, clause_id: int) -> dict[str, Any] | None:
    item = (
        frozen.items(clause_id=clause_id, standing=COUNTS)
        .order_by("-occurred_on", "-position")
        .values_list("position", "occurred_on", "record__reference")
        .first()
    )
    return {"position": item[0], "date": day(item[1]), "reference": item[2]} if item else None


def _status_counts(frozen: FrozenPack) -> list[dict[str, Any]]:
    parents = {clause["parent"] for clause in frozen.clauses}
    found = [c["coverage"]["status"] for c in frozen.clauses if c["coverage"] and c["id"] not in parents]
    return [{"status": status, "n": found.count(status)} for status in STATUS_ORDER]


def _mappings(frozen: FrozenPack) -> Iterator[dict[str, Any]]:
    for row in frozen.data["mappings"]:
        kind = str(kind_of(row["kind"]).label)
        subtype = row["subtype"].replace("-", " ").capitalize()
        fresh = _("at most %d days old") % row["max_age_days"] if row["max_age_days"] else ""
        count = ngettext("%d record", "%d records", row["min_count"]) % row["min_count"]
        people = ngettext("%d leader", "%d leaders", row["min_people"]) % row["min_people"]
        until = day(date.fromisoformat(row["effective_to"])) if row["effective_to"] else ""
        yield {
            "clause": _clause_label(frozen, row["clause"]), "kind": f"{kind}: {subtype}" if subtype else kind,
            "strength": _("mandatory") if row["strength"] == "mandatory" else _("supporting"),
            "enough": ", ".join(filter(None, [count, people, fresh])),
            "force": f"{_('since')} {day(date.fromisoformat(row['effective_from']))}"
            + (f" {_('until')} {until}" if until else ""),
        }  # fmt: skip


def _clause_label(frozen: FrozenPack, slug: str) -> str:
    return next((clause["label"] for clause in frozen.clauses if clause["slug"] == slug), slug)


def _status_words() -> list[tuple[str, str]]:
    return [
        ("current", _("Enough records, by enough leaders, within the time that the mapping or the clause allows.")),
        ("due_soon", _("Still current, but in the last fifth of that time (at least the last 14 days).")),
        ("stale", _("There was enough evidence once; the newest is older than that time allows.")),
        ("missing", _("There is no record, or never enough of them.")),
        ("not_applicable", _("The site has decided, with reason and approver, that the clause does not apply.")),
    ]


def _words() -> list[tuple[str, str]]:
    return [
        (_("Counts"), _("Approved or completed records only, dated by their event date. Drafts and plans never do.")),
        (_("Event date, recorded"), _("When it happened, and when the server took it in. The second can never be "
           "changed. What was entered after the day that follows the event is marked ◆ as entered late.")),
        (_("Mandatory"), _("A kind of record that the organization's mapping asks for at this clause.")),
        (_("Supporting"), _("A kind of record that helps to show it, and is not enough by its own rule alone.")),
        (_("Version, SHA-256"), _("Each change makes a new version; the old ones are kept. The hash is the fingerprint "
           "of the printed version's content and stands in the embedded data and in the trail.")),
        (_("Trail"), _("All that happened to a record, in order. Each entry holds the hash of the one before.")),
        (_("Withdrawn"), _("Records are never deleted. A withdrawn one no longer counts; the trail extract shows it.")),
    ]  # fmt: skip


def closing(frozen: FrozenPack, files: list[dict[str, Any]], root_hash: str) -> dict[str, Any]:
    """The last page: embedded files with their hashes, the checkpoint, how to check."""
    words = {
        manifest.MANIFEST: _("what the pack claims, and all other hashes"),
        manifest.RECORDS: _("the frozen content of each record"),
        manifest.RECORDS_CSV: _("the records as a table"),
        manifest.TRAIL: _("each record's whole trail"),
        manifest.MAPPINGS: _("which kind of record counts for which clause"),
        manifest.PEOPLE: _("the people named in the pack"),
    }
    at = frozen.local(frozen.data["checkpoint"]["at"])
    return {
        "files": [{**file, "words": words[file["name"]], "kb": max(1, round(file["size"] / 1000))} for file in files],
        "root_hash": root_hash, "verify_url": verify_url(frozen),
        "qr": qr_svg(f"{verify_url(frozen)}?sha256={root_hash}"),
        "item_count": PackItem.objects.filter(pack=frozen.pack, is_home=True).count(),
        "checkpoint_at": f"{day(at)}, {at:%H:%M:%S %Z}",
    }  # fmt: skip
