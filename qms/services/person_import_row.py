"""One row of an imported table of people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from qms.models import Person


@dataclass(frozen=True)
class Message:
    """Something to know about a row: ``why``, and for a problem ``what_to_do``."""

    why: str
    what_to_do: str = ""


@dataclass(eq=False)
class Row:
    """One row of the table and what would become of it: new, changed, unchanged, problem or skipped."""

    line: int
    cells: list[str]
    given: dict[str, str]
    status: str = "new"
    person: Person | None = None
    values: dict[str, Any] = field(default_factory=dict)
    new_area: str = ""
    manager: Person | Row | None = None
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[Message] = field(default_factory=list)
    notes: list[Message] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name as written, or the matched person's."""
        return self.given.get("name") or (self.person.name if self.person else "")

    @property
    def facts_line(self) -> str:
        """What the row says besides the name, in one line."""
        return " · ".join(text for name, text in self.given.items() if name != "name")

    @property
    def key(self) -> tuple[str, int]:
        """Who the row is about, in the graph of managers."""
        return ("person", self.person.pk) if self.person else ("line", self.line)

    @property
    def is_alive(self) -> bool:
        """Whether the row would be imported or already is as it says."""
        return self.status in {"new", "changed", "unchanged"}

    def refuse(self, why: str, what_to_do: str) -> None:
        """Make it a problem."""
        self.status = "problem"
        self.problems.append(Message(why, what_to_do))
