"""What is printed, read from frozen rows only: versions, trail entries up to the cut-off, the pack's own facts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from audits.models import Pack, PackItem
from audits.services.pack_names import InitialsRedactor, initials
from audits.services.pack_selection import edition_name
from qms.models import RecordVersion, TrailEntry
from qms.records import RecordKind, kind_of

BATCH = 250


@dataclass
class Sheet:
    """One record as it is printed; names are already those that may be shown."""

    item: PackItem
    content: dict[str, Any]
    kind: RecordKind
    type_label: str
    site_name: str
    occurred_on: date
    recorded_at: datetime
    owner: str
    leaders: list[str]
    met: list[str]
    facts: list[tuple[str, Any]] = field(default_factory=list)
    clauses: list[dict[str, Any]] = field(default_factory=list)
    signatures: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    changes: int = 0
    last_reason: str = ""
    more: dict[str, Any] = field(default_factory=dict)
    """What the kind keeps in rows beside the version, as of the cut-off (``sheet_facts`` of its declaration)."""

    @property
    def anchor(self) -> str:
        return f"r{self.item.position}"

    @property
    def photos(self) -> list[dict[str, Any]]:
        return [file for file in self.files if file["is_printed"]]

    @property
    def other_files(self) -> list[dict[str, Any]]:
        return [file for file in self.files if not file["is_printed"]]

    @property
    def is_long(self) -> bool:
        """Too long to be kept on one page."""
        return sum(len(str(value)) for _label, value in self.facts) > 1500

    @property
    def leader_words(self) -> str:
        """The leaders, or the owner where none is named."""
        return ", ".join(self.leaders) or self.owner

    @property
    def days_late(self) -> int:
        """Whole days from the event date to the day of recording, at the site."""
        return (self.recorded_at.date() - self.occurred_on).days


class FrozenPack:
    """A frozen pack and everything that its pages and data files are made of."""

    def __init__(self, pack: Pack) -> None:
        if pack.cutoff_at is None:
            raise ValueError("The pack is not frozen yet.")
        self.pack = pack
        self.cutoff_at: datetime = pack.cutoff_at
        self.data: dict[str, Any] = json.loads(pack.frozen)
        self.clauses: list[dict[str, Any]] = self.data["clauses"]
        self.clause_by_id = {clause["id"]: clause for clause in self.clauses}
        self.mapping_by_id = {mapping["id"]: mapping for mapping in self.data["mappings"]}
        self.sites = {site["code"]: site for site in self.data["sites"]}
        self.zones = {code: ZoneInfo(site["time_zone"]) for code, site in self.sites.items()}
        self.photos: dict[str, tuple[str, bytes]] = {}
        """(media type, bytes as they are stored) of the photos of the sheets made so far, by uid."""

    @cached_property
    def redactor(self) -> InitialsRedactor | None:
        """What takes the names out, in a pack with initials."""
        return InitialsRedactor(self.data["known_names"]) if self.pack.names == Pack.Names.INITIALS else None

    @property
    def edition_name(self) -> str:
        """“ISO 9001:2026”."""
        return edition_name(self.data["edition"]["standard"], self.data["edition"]["edition"])

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the first site, in which the cut-off is printed."""
        return self.zones[self.data["sites"][0]["code"]]

    def person(self, uid: str) -> str:
        """The name to print for a person's uid; the system for none."""
        if not uid:
            return _("the system")
        known = self.data["people"].get(uid)
        return self.name(known["name"]) if known else _("somebody not named in this pack")

    def name(self, name: str) -> str:
        """The name, or its initials."""
        return initials(name) if self.redactor else name

    def text(self, value: str) -> str:
        """Free text, without the names that must not be shown."""
        return self.redactor.text(value) if self.redactor else value

    def local(self, at: str | datetime, site: str = "") -> datetime:
        """A moment in the time of a site (the first one, unless named)."""
        moment = datetime.fromisoformat(at) if isinstance(at, str) else at
        return moment.astimezone(self.zones.get(site, self.zone))

    def items(self, **where: Any) -> Any:
        """Rows of this pack in the order of their numbers."""
        return PackItem.objects.filter(pack=self.pack, **where).order_by("position", "pk")

    def versions(self, items: Iterable[PackItem]) -> dict[int, RecordVersion]:
        """The frozen version of each item, by record."""
        wanted = Q(pk__in=[])
        by_version: dict[int, list[int]] = {}
        for item in items:
            by_version.setdefault(item.version, []).append(item.record_id)
        for version, ids in sorted(by_version.items()):
            wanted |= Q(version=version, record_id__in=ids)
        return {row.record_id: row for row in RecordVersion.objects.filter(wanted)}

    def entries(self, items: list[PackItem]) -> dict[int, list[TrailEntry]]:
        """The trail of each item up to the cut-off, by record."""
        length = {item.record_id: item.chain_length for item in items}
        found: dict[int, list[TrailEntry]] = {record_id: [] for record_id in length}
        for entry in TrailEntry.objects.filter(record_id__in=length).order_by("record_id", "seq"):
            if entry.record_id is not None and entry.seq <= length[entry.record_id]:
                found[entry.record_id].append(entry)
        return found

    def sheets(self, items: Iterable[PackItem]) -> Iterator[Sheet]:
        """The items as they are printed, in the order given; batch by batch, so that memory stays small."""
        for batch in _batched(items):
            versions, entries, clauses = self.versions(batch), self.entries(batch), self._clauses_of(batch)
            sheets = [
                self._sheet(item, versions[item.record_id], entries[item.record_id], clauses[item.position])
                for item in batch
            ]
            self._add_more(sheets)
            yield from sheets

    def _add_more(self, sheets: list[Sheet]) -> None:
        """What each kind keeps in rows beside the version, one call per kind."""
        by_kind: dict[str, list[Sheet]] = {}
        for sheet in sheets:
            if sheet.kind.sheet_facts:
                by_kind.setdefault(sheet.kind.sheet_facts, []).append(sheet)
        for dotted, own in by_kind.items():
            contents = {sheet.item.record_id: sheet.content for sheet in own}
            found = import_string(dotted)(contents, at=self.cutoff_at, name=self.name, text=self.text)
            for sheet in own:
                sheet.more = found.get(sheet.item.record_id, {})

    def _clauses_of(self, batch: list[PackItem]) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {item.position: [] for item in batch}
        rows = PackItem.objects.filter(pack=self.pack, position__in=found).order_by("position", "pk")
        for position, clause_id, mapping_id in rows.values_list("position", "clause_id", "mapping_id_frozen"):
            clause, mapping = self.clause_by_id[clause_id], self.mapping_by_id[mapping_id]
            found[position].append({
                "label": clause["label"], "slug": clause["slug"], "id": clause_id,
                "strength": mapping["strength"], "is_mandatory": mapping["strength"] == "mandatory",
            })  # fmt: skip
        return found

    def _sheet(
        self, item: PackItem, version: RecordVersion, entries: list[TrailEntry], clauses: list[dict[str, Any]]
    ) -> Sheet:
        content = json.loads(version.content)
        if self.redactor:
            content = self.redactor.content(content)
        kind = kind_of(content["kind"])
        people = content["people"]
        reasons = [entry.reason for entry in entries if entry.reason]
        sheet = Sheet(
            item=item, content=content, kind=kind, clauses=clauses,
            type_label=content["subtype"].replace("-", " ").capitalize() or str(kind.label),
            site_name=self.sites.get(content["site"], {}).get("name", content["site"]),
            occurred_on=date.fromisoformat(content["occurred_on"]),
            recorded_at=self.local(content["recorded_at"], content["site"]), owner=content["owner"]["name"],
            leaders=[p["name"] for p in people if p["part"] == "leader"],
            met=[p["name"] for p in people if p["part"] != "leader"],
            changes=max(0, len(entries) - 1), last_reason=self.text(reasons[-1]) if reasons else "",
        )  # fmt: skip
        sheet.facts = list(facts_of(content, kind))
        extra = json.loads(item.extra) if item.extra else {"signatures": [], "attachments": {}}
        sheet.signatures = [
            {**sign, "name": self.name(sign["name"]), "at": self.local(sign["at"], content["site"])}
            for sign in extra["signatures"]
        ]
        sheet.files = [self._file(file, extra["attachments"]) for file in content["attachments"]]
        return sheet

    def _file(self, file: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
        facts = known.get(file["uid"], {"form": "document", "caption": "", "media_type": "", "stored": ""})
        is_printed = self.pack.has_photos and facts["form"] == "photo"
        return {**file, **facts, "caption": self.text(facts["caption"]), "is_printed": is_printed}

    def prepare_photos(self, sheet: Sheet) -> None:
        """Take the sheet's photos into ``photos``; one that is missing or altered says so instead."""
        for photo in sheet.photos:
            body, photo["problem"] = stored_photo(photo["stored"], photo["sha256"])
            if not photo["problem"]:
                self.photos[photo["uid"]] = (photo["media_type"], body)


def stored_photo(stored: str, expected: str) -> tuple[bytes, str]:
    """A stored photo, and why it cannot be printed, in words; empty when it is there and unchanged."""
    try:
        with default_storage.open(stored) as file:
            body = file.read()
    except OSError:
        return b"", _("The file is missing from the storage.")
    if sha256(body).hexdigest() != expected:
        return b"", _("The stored file no longer has the hash of the record and is not shown.")
    return body, ""


def facts_of(content: dict[str, Any], kind: RecordKind) -> Iterator[tuple[str, Any]]:
    """(label, value) of what the record itself says, in reading order, without what is empty or already its title.

    A list of objects (the stops of a walk) comes as a list of lists of (label, value).
    """
    facts = content["facts"]
    for key, label in kind.content_labels.items():
        value = facts.get(key)
        if value in ("", None, [], {}) or value == content["title"] or key == "activity_type":
            continue
        yield str(label), _shown(value)


def _shown(value: Any) -> Any:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        rows = [
            [(_label(k), _shown(v)) for k, v in row.items() if v] if isinstance(row, dict) else row for row in value
        ]
        return rows if any(isinstance(row, list) for row in rows) else ", ".join(str(row) for row in rows)
    if isinstance(value, dict):
        return ", ".join(str(_shown(member)) for key, member in value.items() if member and key != "uid")
    return _moment(value) if isinstance(value, str) else value


def _moment(value: str) -> str:
    if len(value) < 10 or value[4:5] != "-" or value[7:8] != "-":
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return date_format(moment, "j M Y, H:i") if len(value) > 10 else date_format(moment, "j M Y")


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _batched(items: Iterable[PackItem]) -> Iterator[list[PackItem]]:
    batch: list[PackItem] = []
    for item in items:
        batch.append(item)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
