"""A field for people: chosen ones and free names, one per line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from qms.models import Person, User
from qms.models.person import searchable

Entry = tuple[Person | None, str]
CHOSEN = re.compile(r"^(?P<name>.*?)\s*\[(?P<uid>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\]$", re.IGNORECASE)
MAX_NAME = 160


class PeopleField(forms.CharField):
    """Lines of ``Name`` or ``Name [uid]``; cleans to a list of (person or None, name).

    A uid must be of an active person the ``user`` may see. A bare name that exactly one such person has is that person.
    The form sets ``user``, and in ``standing`` the entries of a record that is corrected: they stay what they are, also
    when the person could not be chosen anew. ``most``: how many people at most. ``is_me_if_empty`` only says so in the
    field.
    """

    user: User

    def __init__(self, *, most: int = 40, is_me_if_empty: bool = False, **options: Any) -> None:
        self.most = most
        self.standing: list[Entry] = []
        options.setdefault("required", False)
        multiple = most > 1
        widget = forms.Textarea(attrs={"rows": 2}) if multiple else forms.TextInput()
        widget.attrs |= {"data-people": str(most), "autocomplete": "off"}
        if is_me_if_empty:
            widget.attrs["data-me"] = ""
        super().__init__(widget=widget, **options)

    def clean(self, value: Any) -> list[Entry]:
        """Parse the lines. Raises ValidationError naming the line that is wrong."""
        lines = [" ".join(line.split()) for line in str(super().clean(value)).splitlines() if line.strip()]
        if len(lines) > self.most:
            raise ValidationError(_("At most %(n)d people here.") % {"n": self.most})
        if too_long := next((line for line in lines if len(_name(line)) > MAX_NAME), ""):
            raise ValidationError(_("“%(name)s…” is too long for a name.") % {"name": too_long[:40]})
        if not lines:
            return []
        by_uid, by_name = self._known(lines)
        return [self._entry(line, by_uid, by_name) for line in lines]

    def _known(self, lines: list[str]) -> tuple[dict[str, Person], dict[str, Person | None]]:
        uids = [match["uid"] for line in lines if (match := CHOSEN.match(line))]
        names = [searchable(line) for line in lines]
        visible = Person.objects.visible_to(self.user).active()
        found = list(visible.filter(Q(uid__in=uids) | Q(search_name__in=names)).order_by("pk"))
        by_name: dict[str, Person | None] = {}
        for person in found:  # two people of one name: a bare name stays a free name
            by_name[person.search_name] = None if person.search_name in by_name else person
        by_name |= {searchable(name): person for person, name in self.standing}
        found += [person for person, _name in self.standing if person]
        return {str(person.uid): person for person in found}, by_name

    @staticmethod
    def _entry(line: str, by_uid: dict[str, Person], by_name: dict[str, Person | None]) -> Entry:
        if match := CHOSEN.match(line):
            person = by_uid.get(match["uid"].lower())
            if person is None:
                raise ValidationError(
                    _("“%(name)s” can no longer be chosen. Remove the entry and write the name instead.")
                    % {"name": match["name"]}
                )
            return person, person.name
        person = by_name.get(searchable(line))
        return (person, person.name) if person else (None, line)


def as_lines(entries: Iterable[Entry]) -> str:
    """Entries as the field shows them."""
    return "\n".join(f"{person.name} [{person.uid}]" if person else name for person, name in entries)


def without_uids(text: str) -> str:
    """Lines of the field as a person reads them."""
    return "\n".join(_name(line) for line in text.splitlines())


def _name(line: str) -> str:
    match = CHOSEN.match(line)
    return match["name"] if match else line
