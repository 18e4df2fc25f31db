"""Who reports to whom after an import: managers found by e-mail or name, also further down the file; no circles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from qms.models import Person
from qms.models.person import searchable
from qms.services.person_import_row import Row


class Managers:
    """Finds every row's manager, also further down the file, and refuses circles."""

    def __init__(
        self, rows: list[Row], people_by_email: dict[str, Person], people_by_name: Mapping[str, list[Person]],
        managers: Mapping[int, int | None],
    ) -> None:  # fmt: skip
        self.rows, self.people_by_email, self.people_by_name = rows, people_by_email, people_by_name
        self.managers = managers
        self.names = {person.pk: person.name for same in people_by_name.values() for person in same}
        self.by_email = {row.values["email"]: row for row in reversed(rows) if row.values.get("email")}
        self.by_name: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            if row.person is None and row.given.get("name"):
                self.by_name[searchable(row.given["name"])].append(row)

    def resolve(self) -> None:
        """Set ``manager`` on the living rows; repeat until refusing one row makes no other impossible."""
        for row in self.rows:
            if row.is_alive and row.given.get("manager"):
                self._find(row, row.given["manager"])
        while self._refuse_orphans() or self._refuse_circles():
            pass

    def _find(self, row: Row, text: str) -> None:
        found: list[Person | Row]
        if "@" in text:
            address = text.lower()
            hit: Person | Row | None = self.people_by_email.get(address) or self.by_email.get(address)
            if isinstance(hit, Row) and hit.person is not None and hit.is_alive:
                hit = hit.person
            found = [hit] if hit else []
        else:
            name = searchable(text)
            rows = self.by_name.get(name, [])
            living = [r for r in rows if r.status != "problem"] or rows
            found = [*self.people_by_name.get(name, []), *living]
        active = [one for one in found if not (isinstance(one, Person) and not one.is_active)]
        if len(active) == 1:
            row.manager = active[0]
            if row.manager is row or (
                row.person and isinstance(row.manager, Person) and row.manager.pk == row.person.pk
            ):
                row.manager = None
                row.refuse(_("The person would report to himself or herself."), _("Write the right manager, or none."))
        elif active:
            row.refuse(
                _("%(n)d people are called “%(text)s”.") % {"n": len(active), "text": text},
                _("Write the manager's e-mail."),
            )
        elif found:
            row.refuse(
                _("The manager “%s” is deactivated.") % text, _("Write another manager, or leave the cell empty.")
            )
        else:
            row.refuse(
                _("The manager “%s” is not known.") % text, _("Correct the spelling, or add the manager to the file.")
            )

    def _refuse_orphans(self) -> bool:
        """Rows whose manager is a line that is not imported."""
        again = False
        for row in self.rows:
            boss = row.manager
            if row.is_alive and isinstance(boss, Row) and not boss.is_alive:
                again = True
                what = _("Mend line %d first.") if boss.status == "problem" else _("Choose line %d as well.")
                row.refuse(_("The manager stands on line %d, which is not imported.") % boss.line, what % boss.line)
        return again

    def _refuse_circles(self) -> bool:
        up: dict[tuple[str, int], tuple[str, int]] = {
            ("person", pk): ("person", boss) for pk, boss in self.managers.items() if boss
        }
        planned = {row.key: row for row in self.rows if row.is_alive and row.manager is not None}
        for key, row in planned.items():
            boss = row.manager
            up[key] = boss.key if isinstance(boss, Row) else ("person", boss.pk)  # type: ignore[union-attr]
        for key in planned:
            circle = list(_circle(key, up))
            if circle:
                names = " → ".join(self._name(one) for one in [*circle, key])
                for one in circle:
                    if one in planned:
                        planned[one].refuse(
                            _("It would close a circle of managers: %s.") % names, _("Correct one of these managers.")
                        )
                return True
        return False

    def _name(self, key: tuple[str, int]) -> str:
        if key[0] == "person":
            return self.names.get(key[1], "…")
        return next((row.name for row in self.rows if row.key == key), "…")


def _circle(start: tuple[str, int], up: dict[tuple[str, int], tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """The keys from ``start`` upwards when they lead back to it; nothing otherwise."""
    path, now, seen = [start], up.get(start), {start}
    while now is not None and now not in seen:
        path.append(now)
        seen.add(now)
        now = up.get(now)
    return iter(path if now == start else [])
