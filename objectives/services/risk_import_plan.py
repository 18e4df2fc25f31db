"""What an import of a register would do, row by row, from the table and the records as they are; changes nothing."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from objectives.models import Risk, RiskImport, RiskScale
from objectives.services import risk_import_columns as meaning
from objectives.services import risk_scale
from qms.models import Person, User
from qms.models.person import searchable
from qms.services import trail
from qms.services.person_import_row import Message

NAMESPACE = uuid.UUID("b5b3a1f0-6b39-4d0f-8a6e-2f6f6e7d6101")
LONGEST_TITLE = 240
ASKED = ("nature", "likelihood", "impact", "owner")
STATUSES = ("new", "unchanged", "problem", "skipped")


@dataclass(eq=False)
class RiskRow:
    """One row and what would become of it: new, unchanged (known already), problem or skipped."""

    line: int
    given: dict[str, str]
    status: str = "new"
    uid: uuid.UUID | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    levels: tuple[int, int] | None = None
    known: Risk | None = None
    problems: list[Message] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.given.get("title", "")

    def refuse(self, why: str, what_to_do: str) -> None:
        """Make it a problem."""
        self.status = "problem"
        self.problems.append(Message(why, what_to_do))

    def note(self, why: str) -> None:
        """Tell something about it that does not stand in its way."""
        self.notes.append(Message(why))


@dataclass
class RiskPlan:
    """All rows, and the scale their levels are of."""

    rows: list[RiskRow]
    scale: RiskScale

    def of(self, *statuses: str) -> list[RiskRow]:
        """The rows of these statuses, in the order of the table."""
        return [row for row in self.rows if row.status in statuses]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows have each status."""
        return {name: len(self.of(name)) for name in STATUSES}

    @property
    def digest(self) -> str:
        """A fingerprint of what the plan would do, to notice that something changed since it was shown."""
        told = [
            [r.line, r.status, r.levels, str(r.facts.get("owner", "")), [m.why for m in r.notes]] for r in self.rows
        ]
        return sha256(trail.canonical(told).encode()).hexdigest()


def scale_of(risk_import: RiskImport) -> RiskScale:
    """The scale the levels are of: the one in force at the site, or the default that the first risk will open."""
    return risk_scale.in_force(risk_import.site) or RiskScale(**risk_scale.default_facts().__dict__)


def given_of(risk_import: RiskImport, cells: list[str]) -> dict[str, str]:
    """The filled cells of a row by field, white space tidied; owner and date taken apart where they share a cell."""
    given = {
        name: " ".join(cell.split()) for name, cell in zip(risk_import.mapping, cells, strict=False) if name and cell
    }
    if "owner_and_due" in given:
        owner, day, text = meaning.split_owner(given["owner_and_due"])
        due = day.isoformat() if day else text
        given |= ({"owner": owner} if owner else {}) | ({"due_on": due} if due else {})
    return given


def questions(risk_import: RiskImport, *, by: User) -> dict[str, list[tuple[str, int, str]]]:
    """Words that need a meaning, by field: (word, rows, guess). Plain numbers and known names ask nothing."""
    scale = scale_of(risk_import)
    counted: dict[str, Counter[str]] = {name: Counter() for name in ASKED}
    for _line, cells in risk_import.rows:
        given = given_of(risk_import, cells)
        for name in ASKED:
            if given.get(name):
                counted[name][given[name]] += 1
    names = people_by_name(by)
    mosts = {"likelihood": len(scale.likelihood_words), "impact": len(scale.consequence_words)}
    found: dict[str, list[tuple[str, int, str]]] = {}
    for name, words in counted.items():
        for word, number in sorted(words.items()):
            if name in mosts and not meaning.is_plain_level(word, mosts[name]):
                found.setdefault(name, []).append((word, number, meaning.guess_level(word, mosts[name])))
            elif name == "nature" and word not in {"R", "O"}:
                found.setdefault(name, []).append((word, number, meaning.guess_nature(word)))
            elif name == "owner" and len(names.get(searchable(word), [])) != 1:
                found.setdefault(name, []).append((word, number, ""))
    return found


def people_by_name(user: User) -> dict[str, list[Person]]:
    """The active people the user may see, by their name as it is searched for. One query."""
    found: dict[str, list[Person]] = {}
    for person in Person.objects.visible_to(user).active().order_by("pk"):
        found.setdefault(person.search_name, []).append(person)
    return found


def plan(risk_import: RiskImport, *, by: User, only: Iterable[int] | None = None) -> RiskPlan:
    """Work out what importing would do. ``only``: the chosen lines; other new ones are skipped.

    Four queries, whatever the number of rows. A row is known by site and sentence, so the same file twice adds nothing.
    """
    reader = _Reader(risk_import, by)
    rows = [reader.row(line, cells) for line, cells in risk_import.rows]
    known = Risk.objects.in_bulk([row.uid for row in rows if row.uid], field_name="uid")
    visible = set(
        Risk.objects.visible_to(by).filter(pk__in=[r.pk for r in known.values()]).values_list("pk", flat=True)
    )
    chosen = None if only is None else set(only)
    first: dict[uuid.UUID, RiskRow] = {}
    for row in rows:
        if row.uid is None or row.status == "problem":
            continue
        earlier = first.setdefault(row.uid, row)
        if earlier is not row:
            row.refuse(_("It says the same as line %d.") % earlier.line, _("Keep one of the two lines."))
        elif row.uid in known:
            _already_there(row, known[row.uid], is_visible=known[row.uid].pk in visible)
        elif chosen is not None and row.line not in chosen:
            row.status = "skipped"
    return RiskPlan(rows, reader.scale)


def _already_there(row: RiskRow, risk: Risk, *, is_visible: bool) -> None:
    row.status, row.notes = "unchanged", []
    if not is_visible:
        row.note(_("It is in the register already, among what you may not see."))
        return
    row.known = risk
    row.note(_("It is in the register already as %s and stays as it is there.") % risk.reference)
    standing = (risk.now_likelihood, risk.now_impact) if risk.rating else None
    if row.levels != standing:
        row.note(_("The levels in the file are not those of the record. Rate it on its page if the file is right."))


class _Reader:
    """Reads rows one by one, with everything they are looked up in loaded once."""

    def __init__(self, risk_import: RiskImport, by: User) -> None:
        self.source, self.by = risk_import, by
        self.scale = scale_of(risk_import)
        self.people = people_by_name(by)
        self.by_uid = {str(person.uid): person for people in self.people.values() for person in people}
        self.words: dict[str, dict[str, str]] = risk_import.words

    def row(self, line: int, cells: list[str]) -> RiskRow:
        row = RiskRow(line=line, given=given_of(self.source, cells))
        if extra := [cell for cell in cells[len(self.source.mapping) :] if cell]:
            row.note(_("To the right of the last heading, not imported: %s.") % ", ".join(extra))
        if not row.title:
            row.refuse(_("There is no sentence that says what it is."), _("Write it into the file, or leave the line."))
            return row
        if len(row.title) > LONGEST_TITLE:
            row.refuse(_("The sentence is longer than %d characters.") % LONGEST_TITLE, _("Shorten it in the file."))
        row.uid = uuid.uuid5(NAMESPACE, f"{self.source.site.code} {searchable(row.title)}")
        row.facts = {name: row.given[name] for name in ("cause", "consequence") if name in row.given}
        row.facts["context"] = row.given.get("context", "")
        if len(row.facts["context"]) > LONGEST_TITLE:
            row.refuse(_("The issue is longer than %d characters.") % LONGEST_TITLE, _("Shorten it in the file."))
        self._nature(row)
        self._owner(row)
        self._day(row)
        self._plan(row)
        self._levels(row)
        return row

    def _nature(self, row: RiskRow) -> None:
        text = row.given.get("nature", "")
        chosen = self.words.get("nature", {}).get(text, meaning.guess_nature(text))
        if not text:
            row.note(_("Neither risk nor opportunity is said; it is entered as a risk."))
            chosen = Risk.Nature.RISK
        elif not chosen:
            row.refuse(_("“%s” says neither risk nor opportunity.") % text, _("Say what it means in the step before."))
        row.facts["nature"] = chosen

    def _owner(self, row: RiskRow) -> None:
        text = row.given.get("owner", "")
        found = self.people.get(searchable(text), []) if text else []
        chosen = self.by_uid.get(self.words.get("owner", {}).get(text, ""))
        row.facts["owner"] = chosen or (found[0] if len(found) == 1 else self.by.person)
        if text and not chosen and len(found) != 1:
            row.note(
                _("“%s” is not the name of one person here: you become the owner, and the word stays in the plan.")
                % text
            )
        elif not text:
            raw = row.given.get("owner_and_due", "")
            row.note(
                _("“%s” names nobody: you become the owner.") % raw if raw and not row.given.get("due_on")
                else _("No owner is named: you become the owner.")
            )  # fmt: skip

    def _day(self, row: RiskRow) -> None:
        text = row.given.get("due_on", "")
        day = meaning.split_owner(text)[1] if text else None
        if text and day is None:
            row.note(_("“%s” is no day and is left out; set the date on the record's page.") % text)
        if day is not None and day.year < 2000:
            row.refuse(_("The date %s is too long ago.") % date_format(day, "j M Y"), _("Correct it in the file."))
        row.facts["due_on"] = day

    def _plan(self, row: RiskRow) -> None:
        text = row.given.get("treatment_plan", "")
        owner = row.given.get("owner", "")
        if text in meaning.NOTHING and text:
            row.note(_("“%s” is kept as what is done; write there what it means.") % text)
        more = [text] if text else []
        if owner and searchable(owner) != row.facts["owner"].search_name:
            more.append(_("Owner in the file: %s") % owner)
        if row.given.get("number"):
            more.append(_("Number in the file: %s") % row.given["number"])
        row.facts["treatment_plan"] = "\n".join(more)

    def _levels(self, row: RiskRow) -> None:
        most = {"likelihood": len(self.scale.likelihood_words), "impact": len(self.scale.consequence_words)}
        labels = {"likelihood": _("likelihood"), "impact": _("consequence")}
        found = {name: self._level(row, name, labels[name], most[name]) for name in most}
        missing = [labels[name] for name, level in found.items() if not level]
        if not missing:
            row.levels = (found["likelihood"], found["impact"])
        elif row.status != "problem":
            row.note(
                ngettext(
                    "It is entered without a rating, since the %(what)s is missing.",
                    "It is entered without a rating, since %(what)s are missing.", len(missing),
                ) % {"what": _(" and ").join(missing)}
            )  # fmt: skip
            for name, level in found.items():
                if level:
                    told = {"what": labels[name], "text": row.given[name]}
                    row.facts["treatment_plan"] += "\n" + _("In the file, %(what)s: %(text)s") % told
                    row.facts["treatment_plan"] = row.facts["treatment_plan"].strip()

    def _level(self, row: RiskRow, name: str, label: str, most: int) -> int:
        """The level, or 0 for none."""
        text = row.given.get(name, "")
        if meaning.is_plain_level(text, most):
            return int(text)
        chosen = self.words.get(name, {}).get(text, meaning.guess_level(text, most))
        if not chosen:
            row.refuse(
                _("“%(text)s” is no level of the scale (%(what)s, 1 to %(most)d).")
                % {"text": text, "what": label, "most": most},
                _("Say what it means in the step before, or leave it unrated there."),
            )
            return 0
        level = int(chosen)
        if text and level:
            row.note(_("%(what)s “%(text)s” becomes %(n)d.") % {"what": label.capitalize(), "text": text, "n": level})
        return level if 0 <= level <= most else 0
