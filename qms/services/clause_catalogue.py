"""Reading a clause catalogue file: everything is checked before anything is written, and a complaint names its entry.

The format, by example: ``qms/data/clauses.yaml``. A file holds standards, each with its clauses as printed (a parent
before its children), and rows that say how clauses of one edition continue in the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from qms.models import DocumentedInformation

SCHEMA_VERSION = 1
OWN_LABEL = "(own label) "


class CatalogueRefused(ValueError):
    """The file cannot be loaded; the message names the entry and what is wrong with it. Nothing was written."""


@dataclass(frozen=True)
class ClauseEntry:
    """One clause or item as the file has it; ``values`` are the model's fields that the file decides."""

    number: str
    letter: str
    commitment: str
    parent: tuple[str, str, str] | None
    wording: dict[str, Any]
    structure: dict[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        """Unique within an edition: number, letter, commitment."""
        return self.number, self.letter, self.commitment


@dataclass(frozen=True)
class EditionEntry:
    """One standard's edition as the file has it."""

    slug: str
    standard: str
    title: str
    edition: str
    status: str
    published_on: date | None
    valid_until: date | None
    is_default: bool
    withdrawn_by: str
    clauses: list[ClauseEntry] = field(default_factory=list)


@dataclass(frozen=True)
class CrosswalkEntry:
    """From a clause or item of the older edition (None: new) to one of the newer."""

    from_key: tuple[str, str, str] | None
    to_key: tuple[str, str, str] | None
    change_type: str
    change: str


@dataclass(frozen=True)
class Catalogue:
    """A whole file, checked."""

    version: str
    editions: list[EditionEntry]
    commitments: dict[str, str]
    older: str
    newer: str
    crosswalk: list[CrosswalkEntry]


def read_yaml(path: Path) -> dict[str, Any]:
    """The file as a mapping. Raises CatalogueRefused for what is not YAML, or not of a known schema version."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CatalogueRefused(_("%(file)s cannot be read: %(why)s") % {"file": path, "why": error.strerror}) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueRefused(_("%(file)s is not valid YAML: %(why)s") % {"file": path.name, "why": error}) from error
    if not isinstance(data, dict) or data.get("schema_version") != SCHEMA_VERSION:
        raise CatalogueRefused(
            _("%(file)s: “schema_version” must be %(n)d.") % {"file": path.name, "n": SCHEMA_VERSION}
        )
    return data


def read_catalogue(path: Path) -> Catalogue:
    """The file, checked as a whole. Raises CatalogueRefused naming the first entry that is wrong."""
    data = read_yaml(path)
    labels = {str(k): str(v) for k, v in (data.get("commitments") or {}).items()}
    editions = [_edition(entry, position) for position, entry in enumerate(_listed(data, "standards", path.name), 1)]
    if not editions:
        raise CatalogueRefused(_("%(file)s holds no standards.") % {"file": path.name})
    _refuse_twice([e.slug for e in editions], _("standards"))
    for edition in editions:
        for clause in edition.clauses:
            if clause.commitment:
                labels.setdefault(clause.commitment, clause.commitment.replace("_", " ").capitalize())
    slugs = {e.slug: e for e in editions}
    pair = next(((e, slugs[e.withdrawn_by]) for e in editions if e.withdrawn_by in slugs), None)
    rows = _crosswalk(data, *pair) if pair else []
    older, newer = (pair[0].slug, pair[1].slug) if pair else ("", "")
    return Catalogue(str(data.get("version", SCHEMA_VERSION)), editions, labels, older, newer, rows)


def _edition(entry: Any, position: int) -> EditionEntry:
    where = _("standard %(n)d") % {"n": position}
    slug = _text(entry, "id", where)
    where = _("standard %(slug)s") % {"slug": slug}
    edition = EditionEntry(
        slug=slug,
        standard=str(entry.get("standard") or slug.rsplit("-", 1)[0].replace("-", " ").upper()),
        title=_text(entry, "title", where),
        edition=_text(entry, "edition", where),
        status=str(entry.get("status") or ""),
        published_on=_date(entry, "published", where),
        valid_until=_date(entry, "transition_end", where),
        is_default=bool(entry.get("default")),
        withdrawn_by=str(entry.get("withdrawn_by") or ""),
    )
    numbers: set[str] = set()
    for at, clause in enumerate(_listed(entry, "clauses", where), 1):
        edition.clauses.extend(_clause(clause, f"{where}, " + _("clause %(n)d") % {"n": at}, where, numbers))
    _refuse_twice([c.key for c in edition.clauses], where)
    return edition


def _clause(entry: Any, place: str, edition: str, numbers: set[str]) -> list[ClauseEntry]:
    number = _text(entry, "number", place)
    where = _("%(edition)s, clause %(number)s") % {"edition": edition, "number": number}
    parent = str(entry["parent"]) if entry.get("parent") is not None else ""
    if parent and parent not in numbers:
        raise CatalogueRefused(
            _("%(where)s: its parent %(parent)s does not stand before it.") % {"where": where, "parent": parent}
        )
    numbers.add(number)
    title = _text(entry, "title", where)
    documented = str(entry.get("documented_information") or "none")
    if documented not in DocumentedInformation.values:
        raise CatalogueRefused(
            _("%(where)s: “documented_information” cannot be “%(value)s”.") % {"where": where, "value": documented}
        )
    node = ClauseEntry(
        number, "", "", (parent, "", "") if parent else None,
        wording={
            "title": title.removeprefix(OWN_LABEL), "intent": str(entry.get("own_words_intent") or ""),
            "note": str(entry.get("note") or ""), "max_age_days": _days(entry, where),
            "evidence_hints": _words(entry, where),
        },
        structure={
            "sort_key": _sort_key(number, where), "has_own_label": entry.get("title_source") == "own_label",
            "documented_information": documented,
            "also_retain": "retain" in (entry.get("documented_information_also") or []),
            "relevance": str(entry.get("leadership_relevance") or ""),
        },
    )  # fmt: skip
    items = entry.get("items") or []
    return [node, *(item for n, raw in enumerate(items, 1) for item in _item(raw, node, n, where))]


def _item(entry: Any, node: ClauseEntry, position: int, where: str) -> list[ClauseEntry]:
    letter = _text(entry, "key", _("%(where)s, item %(n)d") % {"where": where, "n": position})
    where = _("%(where)s, item %(letter)s") % {"where": where, "letter": letter}
    words = _text(entry, "own_words", where)
    raw = entry.get("commitment") or ""
    commitments = [str(slug) for slug in raw] if isinstance(raw, list) else [str(raw)]
    days = _days(entry, where)
    return [
        ClauseEntry(
            node.number, letter, slug, node.key,
            wording={
                "title": words.rstrip(".")[:200], "intent": words if slug else "", "note": str(entry.get("note") or ""),
                "max_age_days": days if days is not None else node.wording["max_age_days"],
                "evidence_hints": _words(entry, where),
            },
            structure={
                "sort_key": f"{node.structure['sort_key']}.000.{position:03d}.{n:03d}", "has_own_label": True,
                "documented_information": "none", "also_retain": False, "relevance": node.structure["relevance"],
            },
        )
        for n, slug in enumerate(commitments)
    ]  # fmt: skip


def _crosswalk(data: dict[str, Any], older: EditionEntry, newer: EditionEntry) -> list[CrosswalkEntry]:
    rows = [
        CrosswalkEntry(
            _known(older, row.get("from"), "", f"crosswalk {n}"), _known(newer, row.get("to"), "", f"crosswalk {n}"),
            str(row.get("type") or "unchanged"), str(row.get("change") or ""),
        )
        for n, row in enumerate(data.get("crosswalk") or [], 1)
    ]  # fmt: skip
    for n, row in enumerate(data.get("item_crosswalk") or [], 1):
        where = f"item_crosswalk {n}"
        number, change = _text(row, "clause", where), str(row.get("change") or "")
        to_key = _known(newer, number, row.get("to"), where)
        from_key = None
        if row.get("from"):
            from_key = _known(older, number, row["from"], where)
            same = (number, str(row["from"]), to_key[2] if to_key else "")
            from_key = same if same in {c.key for c in older.clauses} else from_key
        rows.append(
            CrosswalkEntry(
                from_key, to_key, change.split(":", maxsplit=1)[0].split(";", maxsplit=1)[0][:40] or "moved", change
            )
        )
    _refuse_twice([(r.from_key, r.to_key) for r in rows], "crosswalk")
    return rows


def _known(edition: EditionEntry, number: Any, letter: Any, where: str) -> tuple[str, str, str] | None:
    if number is None:
        return None
    for clause in edition.clauses:
        if clause.number == str(number) and clause.letter == str(letter or ""):
            return clause.key
    raise CatalogueRefused(
        _("%(where)s: %(edition)s has no clause %(number)s %(letter)s.")
        % {"where": where, "edition": edition.slug, "number": number, "letter": letter or ""}
    )


def _listed(entry: Any, name: str, where: str) -> list[Any]:
    value = entry.get(name)
    if not isinstance(value, list):
        raise CatalogueRefused(_("%(where)s: “%(name)s” must be a list.") % {"where": where, "name": name})
    return value


def _text(entry: Any, name: str, where: str) -> str:
    value = entry.get(name) if isinstance(entry, dict) else None
    if value is None or isinstance(value, dict | list) or not str(value).strip():
        raise CatalogueRefused(_("%(where)s: “%(name)s” is missing.") % {"where": where, "name": name})
    text = str(value).strip()
    limit = {"title": 200, "number": 20, "key": 40, "id": 60, "edition": 100}.get(name)
    if limit and len(text.removeprefix(OWN_LABEL)) > limit:
        raise CatalogueRefused(
            _("%(where)s: “%(name)s” is longer than %(n)d characters.") % {"where": where, "name": name, "n": limit}
        )
    return text


def _date(entry: Any, name: str, where: str) -> date | None:
    value = entry.get(name)
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise CatalogueRefused(
            _("%(where)s: “%(name)s” is not a date such as 2026-09-16.") % {"where": where, "name": name}
        ) from error


def _days(entry: Any, where: str) -> int | None:
    value = entry.get("default_freshness_days")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 3660):
        raise CatalogueRefused(_("%(where)s: “default_freshness_days” must be 1 to 3660 or null.") % {"where": where})
    return value


def _words(entry: Any, where: str) -> list[str]:
    value = entry.get("leadership_evidence") or []
    if not isinstance(value, list):
        raise CatalogueRefused(_("%(where)s: “leadership_evidence” must be a list.") % {"where": where})
    return [str(word).replace("_", " ") for word in value]


def _sort_key(number: str, where: str) -> str:
    """Fixed-width parts, so that every database sorts numbers as printed. Letters come after digits."""
    parts = number.split(".")
    if len(number) > 20 or not all(part.isalnum() for part in parts):
        raise CatalogueRefused(_("%(where)s: “number” must look like 5.1.1.") % {"where": where})
    return ".".join(part.zfill(3) for part in parts)


def _refuse_twice(keys: list[Any], where: str) -> None:
    for key in keys:
        if keys.count(key) > 1:
            shown = (
                " ".join(filter(None, key))
                if isinstance(key, tuple) and all(isinstance(k, str) for k in key)
                else str(key)
            )
            raise CatalogueRefused(_("%(where)s: %(key)s stands there twice.") % {"where": where, "key": shown})
