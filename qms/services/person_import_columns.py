"""What the columns of an uploaded table of people mean: guessed from their headings, decided by the user."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qms.models.person import searchable

FIELDS: dict[str, Promise] = {
    "name": _("Name"),
    "email": _("E-mail"),
    "job_title": _("Job title"),
    "site": _("Site"),
    "area": _("Area"),
    "shift": _("Shift"),
    "manager": _("Reports to"),
    "is_top_management": _("Top management"),
}
HEADINGS: dict[str, frozenset[str]] = {
    "name": frozenset({"name", "full name", "employee", "employee name", "person", "worker", "nombre",
                       "nombre completo", "empleado", "mitarbeiter", "nom"}),
    "email": frozenset({"email", "e mail", "mail", "email address", "e mail address", "correo",
                        "correo electronico", "e mail adresse"}),
    "job_title": frozenset({"job title", "job", "title", "position", "function", "puesto", "cargo", "funktion",
                            "stelle", "poste"}),
    "site": frozenset({"site", "plant", "location", "planta", "sitio", "werk", "standort", "usine"}),
    "area": frozenset({"area", "department", "line", "work area", "cost center", "zona", "departamento", "bereich",
                       "abteilung", "service"}),
    "shift": frozenset({"shift", "crew", "turno", "schicht", "equipe"}),
    "manager": frozenset({"reports to", "manager", "supervisor", "boss", "line manager", "reporta a", "jefe",
                          "vorgesetzter", "responsable"}),
    "is_top_management": frozenset({"top management", "top manager", "alta direccion", "oberste leitung"}),
}  # fmt: skip
YES = frozenset({"yes", "y", "true", "1", "x", "si", "ja", "oui"})
NO = frozenset({"no", "n", "false", "0", "nein", "non"})


def plain(heading: str) -> str:
    """A heading without case, accents and punctuation."""
    return " ".join(re.sub(r"[^\w]+", " ", searchable(heading)).replace("_", " ").split())


def guess(header: Sequence[str]) -> list[str]:
    """One field name per column, "" where the heading says nothing known; no field is given twice."""
    taken: set[str] = set()
    mapping = []
    for heading in header:
        words = plain(heading)
        field = next((name for name, known in HEADINGS.items() if words in known and name not in taken), "")
        taken.add(field)
        mapping.append(field)
    return mapping


def yes_or_no(text: str) -> bool | None:
    """What a cell answers; None when it answers neither yes nor no."""
    words = plain(text)
    return True if words in YES else False if words in NO else None
