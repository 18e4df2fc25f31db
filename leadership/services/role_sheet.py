"""What a pack prints of roles beside the frozen version: who held them and what was accepted, as of the cut-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from leadership.models import Role
from leadership.services.role import Assignment, assignments


def sheet_facts(
    contents: Mapping[int, dict[str, Any]], *, at: datetime, name: Callable[[str], str],
    text: Callable[[str], str],  # noqa: ARG001  all of these functions alike
) -> dict[int, dict[str, Any]]:  # fmt: skip
    """The holders of roles with their acceptances as they stood ``at``; rows are never changed, only followed.

    ``contents``: the frozen content that is printed, by record id; ``name`` takes names out where the pack shows
    initials (``text`` is not needed: nothing here is free text). Two queries.
    """
    held = assignments(contents, at=at)
    zones = dict(Role.objects.filter(pk__in=contents).values_list("pk", "site__time_zone"))
    return {pk: {"assignments": [_told(one, ZoneInfo(zones[pk]), name) for one in held[pk]]} for pk in contents}


def _told(assignment: Assignment, zone: ZoneInfo, name: Callable[[str], str]) -> dict[str, Any]:
    return {
        "person": name(assignment.name), "starts_on": assignment.starts_on, "until": assignment.until,
        "acceptances": [
            {
                "version": given.version, "at": given.at.astimezone(zone), "way": given.way,
                "witness": name(given.witness) if given.witness else "",
            }
            for given in assignment.acceptances
        ],
    }  # fmt: skip
