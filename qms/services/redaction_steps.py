"""What the trail says about redacted texts, and whether a text that does not give its hash is one of them.

A redaction (qms/services/redaction.py) replaces the text of a trail entry's ``changes`` or of a version's ``content``.
The hash of the text as it was stays where it is: in the hash of the entry, in the version's ``content_hash``. An entry
``trail.redacted`` of the same chain names each text that was replaced: ``texts`` is a list of
["entry" or "version", its number in the chain, SHA-256 of the text before, SHA-256 of the text after].
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from qms.models import TrailEntry

REDACTED = "trail.redacted"
ENTRY, VERSION = "entry", "version"

Target = tuple[str, int]
Steps = dict[Target, list[tuple[str, str]]]
"""(hash before, hash after) of each redaction of a text, the oldest first."""


def steps_of(changes: Iterable[str]) -> Steps:
    """The steps that the ``changes`` of one chain's ``trail.redacted`` entries name, in the order given.

    An entry that cannot be read names none; it was altered, and its own hash says so.
    """
    steps: Steps = defaultdict(list)
    for text in changes:
        try:
            named = [((what, number), (before, after)) for what, number, before, after in json.loads(text)["texts"]]
        except (KeyError, TypeError, ValueError):
            continue
        for target, step in named:
            steps[target].append(step)
    return steps


def original(steps: Steps, what: str, number: int, standing: str) -> str:
    """The hash a text had before it was first redacted; ``standing`` is the hash of the text as it is now.

    That is ``standing`` itself for what was never redacted, and for what does not follow from the steps: then it fits
    nothing that was sealed.
    """
    taken = steps.get((what, number), [])
    follows = all(before == after for (_, after), (before, _) in pairwise(taken))
    return taken[0][0] if taken and follows and taken[-1][1] == standing else standing


def steps_of_records(record_ids: Iterable[int]) -> dict[int, Steps]:
    """Steps by record, of those that have any; one query."""
    rows = TrailEntry.objects.filter(record_id__in=list(record_ids), verb=REDACTED).order_by("record_id", "seq")
    texts: dict[int, list[str]] = defaultdict(list)
    for record_id, changes in rows.values_list("record_id", "changes"):
        if record_id is not None:
            texts[record_id].append(changes)
    return {record_id: steps_of(changes) for record_id, changes in texts.items()}
