"""What an import would do, row by row, worked out from the table and the people as they are now; changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from qms.models import Area, Person, PersonImport, Site, User
from qms.models.person import searchable
from qms.services import trail
from qms.services.person_import_columns import yes_or_no
from qms.services.person_import_managers import Managers
from qms.services.person_import_row import Message, Row

LIMITS = {"name": 160, "email": 254, "job_title": 120, "shift": 20}
PLAIN_FIELDS = ("name", "email", "job_title", "shift", "is_top_management")


@dataclass
class Plan:
    """All rows, and the areas they name that do not exist, by site."""

    rows: list[Row]
    missing_areas: dict[int, dict[str, str]]

    def of(self, *statuses: str) -> list[Row]:
        """The rows of these statuses, in the order of the table."""
        return [row for row in self.rows if row.status in statuses]

    @property
    def digest(self) -> str:
        """A fingerprint of what the plan would do, to notice that something changed since it was shown."""
        told = [[row.line, row.status, row.changes, row.new_area] for row in self.rows]
        return sha256(trail.canonical(told).encode()).hexdigest()


def plan(
    person_import: PersonImport, *, by: User, create_areas: bool = False, only: Iterable[int] | None = None
) -> Plan:
    """Work out what importing would do for a user's own reach. ``only``: the chosen lines; others are skipped.

    Seven queries, whatever the number of rows. Rows that cannot be imported say why and what to do.
    """
    book = _Book(by, person_import)
    chosen = None if only is None else set(only)
    rows = [book.row(line, cells) for line, cells in person_import.rows]
    _read_all(rows, book, create_areas=create_areas)
    for row in rows:
        if chosen is not None and row.is_alive and row.line not in chosen:
            row.status = "skipped"
    Managers(rows, book.by_email, book.by_name, book.managers).resolve()
    for row in rows:
        if row.is_alive and row.person is not None:
            _compare(row)
    return Plan(rows, book.missing_areas)


def _read_all(rows: list[Row], book: _Book, *, create_areas: bool) -> None:
    """Check every row by itself, against the lines above it, and find the person it is about."""
    seen_emails: dict[str, Row] = {}
    seen_names: dict[tuple[str, int, str], list[Row]] = defaultdict(list)
    claimed: dict[int, Row] = {}
    for row in rows:
        _read(row, book, create_areas=create_areas)
        if row.status != "problem":
            _refuse_repeated(row, seen_emails, seen_names)
        if row.status != "problem":
            book.match(row)
        if row.is_alive and row.person is not None:
            first = claimed.setdefault(row.person.pk, row)
            if first is not row:
                row.refuse(
                    _("Line %d already tells of this person, with other facts.") % first.line,
                    _("Keep only one of the two lines."),
                )


class _Book:
    """Everything that rows are looked up in, loaded once."""

    def __init__(self, by: User, person_import: PersonImport) -> None:
        self.mapping: list[str] = list(person_import.mapping)
        self.site = person_import.site
        self.sites = list(Site.objects.visible_to(by).active().order_by("pk"))
        self.areas: dict[tuple[int, str], Area] = {
            (area.site_id, searchable(area.name)): area for area in Area.objects.visible_to(by).order_by("pk")
        }
        joined = Person.objects.visible_to(by).select_related("site", "area", "manager")
        self.people = {person.pk: person for person in joined.order_by("pk")}
        self.by_email = {person.email.lower(): person for person in self.people.values() if person.email}
        self.by_name: dict[str, list[Person]] = defaultdict(list)
        for person in self.people.values():
            self.by_name[person.search_name].append(person)
        self.managers = dict(Person.objects.order_by("pk").values_list("pk", "manager_id"))
        emails = self._emails(person_import)
        found = Person.objects.annotate(lower=Lower("email")).filter(lower__in=emails)
        self.taken = set(found.exclude(pk__in=list(self.people)).values_list("lower", flat=True)) if emails else set()
        self.missing_areas: dict[int, dict[str, str]] = defaultdict(dict)

    def _emails(self, person_import: PersonImport) -> set[str]:
        if "email" not in self.mapping:
            return set()
        column = self.mapping.index("email")
        cells = (cells[column].lower() for _line, cells in person_import.rows if len(cells) > column)
        return {cell for cell in cells if cell and cell not in self.by_email}

    def row(self, line: int, cells: list[str]) -> Row:
        given = {name: " ".join(cell.split()) for name, cell in zip(self.mapping, cells, strict=False) if name and cell}
        row = Row(line=line, cells=cells, given=given)
        extra = [cell for cell in cells[len(self.mapping) :] if cell]
        if extra:
            row.notes.append(Message(_("To the right of the last heading, not imported: %s.") % ", ".join(extra)))
        return row

    def match(self, row: Row) -> None:
        """Find whom the row is about: by e-mail, otherwise by name, area and site."""
        email, name, site = row.values.get("email", ""), searchable(row.given["name"]), row.values["site"]
        if email in self.taken:
            return row.refuse(
                _("The e-mail belongs to somebody outside the sites you reach."),
                _("Ask an administrator of all sites to import this line."),
            )
        row.person = self.by_email.get(email) or self._by_place(row, name, site, email)
        elsewhere = (
            row.person.site if row.person and "site" not in row.given and row.person.site_id != site.pk else None
        )
        if row.person is not None and elsewhere is not None:
            row.refuse(
                _("%(name)s belongs to %(site)s.") % {"name": row.person.name, "site": elsewhere.name},
                _("Add a column with the site, or import the people of each site by themselves."),
            )
        elif row.person is not None and not row.person.is_active:
            row.refuse(
                _("%s is deactivated.") % row.person.name,
                _("Reactivate the person on his or her page first, or take the line out."),
            )
        return None

    def _by_place(self, row: Row, name: str, site: Site, email: str) -> Person | None:
        here = [person for person in self.by_name.get(name, []) if person.site_id == site.pk]
        area = searchable(row.given.get("area", ""))
        nowhere = [p for p in here if p.area is None]
        if area:
            same = [p for p in here if p.area and searchable(p.area.name) == area] or nowhere
        else:
            same = nowhere if nowhere and len(here) > 1 else here
        open_ones = [p for p in same if not p.email] if email else same
        if len(open_ones) == 1:
            return open_ones[0]
        if len(open_ones) > 1:
            row.refuse(
                _("%d people of this name work there.") % len(open_ones),
                _("Give each an e-mail, or change the one you mean on his or her page."),
            )
        elif same:
            row.refuse(
                _("%(name)s works there with the e-mail %(email)s.") % {"name": same[0].name, "email": same[0].email},
                _("The same person? Change the e-mail on that page first. Another? Enter the person by hand."),
            )
        elif here:
            place = here[0].area.name if here[0].area else _("no area")
            row.notes.append(
                Message(_("Somebody of this name stands under %s and stays; this is another person.") % place)
            )
        return None


def _read(row: Row, book: _Book, *, create_areas: bool) -> None:
    """Check the cells by themselves and fill ``values``."""
    given = row.given
    if not given.get("name"):
        row.refuse(_("There is no name."), _("Write the name into the file, or take the line out."))
    for name, limit in LIMITS.items():
        if len(given.get(name, "")) > limit:
            row.refuse(
                _("“%(start)s…” is longer than %(n)d characters.") % {"start": given[name][:20], "n": limit},
                _("Shorten it in the file."),
            )
    if given.get("email"):
        try:
            validate_email(given["email"])
        except ValidationError:
            row.refuse(_("“%s” is not an e-mail address.") % given["email"], _("Correct it, or leave the cell empty."))
    row.values = {name: given[name] for name in ("name", "job_title", "shift") if given.get(name)}
    if given.get("email"):
        row.values["email"] = given["email"].lower()
    if given.get("is_top_management"):
        answer = yes_or_no(given["is_top_management"])
        if answer is None:
            row.refuse(
                _("“%s” says neither yes nor no about top management.") % given["is_top_management"],
                _("Write yes or no."),
            )
        row.values["is_top_management"] = bool(answer)
    _read_place(row, book, create_areas=create_areas)


def _read_place(row: Row, book: _Book, *, create_areas: bool) -> None:
    text = searchable(row.given.get("site", ""))
    site = (
        next((s for s in book.sites if text in {searchable(s.code), searchable(s.name)}), None) if text else book.site
    )
    if site is None:
        row.refuse(
            _("There is no site “%s” among those you reach.") % row.given["site"],
            _("Write its name or code as under Admin, Sites."),
        )
        return
    row.values["site"] = site
    wanted = row.given.get("area", "")
    area = book.areas.get((site.pk, searchable(wanted))) if wanted else None
    if area is not None and not area.is_active:
        row.refuse(_("The area “%s” is not in use.") % area.name, _("Take it into use again, or correct the file."))
    elif area is not None:
        row.values["area"] = area
    elif wanted:
        book.missing_areas[site.pk].setdefault(searchable(wanted), wanted[:120])
        row.new_area = book.missing_areas[site.pk][searchable(wanted)]
        if create_areas:
            row.notes.append(Message(_("The area “%s” will be added.") % row.new_area))
        else:
            row.refuse(
                _("There is no area “%(area)s” at %(site)s.") % {"area": wanted, "site": site.name},
                _("Let the import add it (see above the table), or correct the spelling."),
            )


def _refuse_repeated(
    row: Row, seen_emails: dict[str, Row], seen_names: dict[tuple[str, int, str], list[Row]]
) -> None:  # fmt: skip
    email = row.values.get("email", "")
    place = (searchable(row.given["name"]), row.values["site"].pk, searchable(row.given.get("area", "")))
    namesakes = (r for r in seen_names[place] if not (email and r.values.get("email", "") not in {"", email}))
    first = seen_emails.get(email) if email else None
    first = first or next(namesakes, None)
    if first is None:
        seen_names[place].append(row)
        if email:
            seen_emails[email] = row
    elif first.given == row.given:
        row.refuse(_("It repeats line %d.") % first.line, _("Nothing to do: line %d is used.") % first.line)
    else:
        row.refuse(
            _("Line %d already tells of this person, with other facts.") % first.line,
            _("Keep only one of the two lines."),
        )


def _compare(row: Row) -> None:
    """Old and new of what differs; a row without differences is unchanged."""
    person = row.person
    assert person is not None  # noqa: S101  called for matched rows only
    for name in PLAIN_FIELDS:
        if name in row.values and getattr(person, name) != row.values[name]:
            row.changes.append((name, _shown(getattr(person, name)), _shown(row.values[name])))
    if person.site_id != row.values["site"].pk and ("site" in row.given or person.site_id is None):
        row.changes.append(("site", person.site.name if person.site else "", row.values["site"].name))
    old_area = person.area.name if person.area else ""
    new_area = row.new_area or (row.values["area"].name if "area" in row.values else "")
    if new_area and (new_area != old_area or ("area" in row.values and row.values["area"].pk != person.area_id)):
        row.changes.append(("area", old_area, new_area))
    if row.manager is not None:
        boss_pk = row.manager.pk if isinstance(row.manager, Person) else None
        if boss_pk is None or boss_pk != person.manager_id:
            row.changes.append(("manager", person.manager.name if person.manager else "", row.manager.name))
    row.status = "changed" if row.changes else "unchanged"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return str(value)
