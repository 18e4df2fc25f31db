"""What changed between two versions of the policy, paragraph by paragraph and in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadership.models import Policy

ALIKE = 0.5
"""From this likeness on two paragraphs are one that was changed, rather than one taken out and one added."""


@dataclass(frozen=True)
class Piece:
    """A stretch of a paragraph: ``what`` is same, added or removed."""

    what: str
    words: str


@dataclass(frozen=True)
class Change:
    """A paragraph that is new, gone or changed."""

    what: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Difference:
    """All changes of the text, and what else differs, as sentences."""

    changes: list[Change]
    sentences: list[str]


def paragraphs(text: str) -> list[str]:
    """The text's paragraphs, and each item of its lists, without empty ones."""
    parts = re.split(r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)", text.replace("\r\n", "\n"))
    return [" ".join(part.split()) for part in parts if part.strip()]


def difference(old: Policy, new: Policy) -> Difference:
    """What ``new`` says differently from ``old``. No query but the goals of both."""
    changes = text_changes(old.text, new.text)
    return Difference(changes, [*_counted(changes), *_others(old, new)])


def text_changes(old: str, new: str) -> list[Change]:
    """The changed paragraphs in the order of the new text."""
    before, after = paragraphs(old), paragraphs(new)
    found: list[Change] = []
    for what, i, k, j, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what != "equal":
            found += _paired(before[i:k], after[j:m])
    return found


def _paired(gone: list[str], come: list[str]) -> list[Change]:
    """Paragraphs that stand in each other's place: alike ones are changed, the others removed and added."""
    found, rest = [], list(gone)
    for new in come:
        alike = max(rest, key=lambda old: SequenceMatcher(a=old, b=new).ratio(), default="")
        if alike and SequenceMatcher(a=alike, b=new).ratio() >= ALIKE:
            rest.remove(alike)
            found.append(Change("changed", _pieces(alike, new)))
        else:
            found.append(Change("added", [Piece("added", new)]))
    return found + [Change("removed", [Piece("removed", old)]) for old in rest]


def _pieces(old: str, new: str) -> list[Piece]:
    before, after = old.split(), new.split()
    pieces: list[Piece] = []
    for what, i, k, j, m in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", " ".join(before[i:k])))
            continue
        if i < k:
            pieces.append(Piece("removed", " ".join(before[i:k])))
        if j < m:
            pieces.append(Piece("added", " ".join(after[j:m])))
    return pieces


def _counted(changes: list[Change]) -> list[str]:
    n = {what: sum(change.what == what for change in changes) for what in ("added", "changed", "removed")}
    words = [
        ngettext("%(n)d paragraph is new.", "%(n)d paragraphs are new.", n["added"]) % {"n": n["added"]},
        ngettext("%(n)d paragraph is changed.", "%(n)d paragraphs are changed.", n["changed"]) % {"n": n["changed"]},
        ngettext("%(n)d paragraph is gone.", "%(n)d paragraphs are gone.", n["removed"]) % {"n": n["removed"]},
    ]
    told = [text for text, count in zip(words, n.values(), strict=True) if count]
    return told or [_("The text is the same, word for word.")]


def _others(old: Policy, new: Policy) -> list[str]:
    told = []
    if old.title != new.title:
        told.append(_("Title: “%(old)s” became “%(new)s”.") % {"old": old.title, "new": new.title})
    before, after = ({goal.title for goal in policy.goals.all()} for policy in (old, new))
    told += [_("Goal no longer linked: %s.") % title for title in sorted(before - after)]
    told += [_("Goal newly linked: %s.") % title for title in sorted(after - before)]
    was, now = ({row["language"] for row in policy.translations} for policy in (old, new))
    told += [_("Translation gone: %s.") % code for code in sorted(was - now)]
    told += [_("Translation added: %s.") % code for code in sorted(now - was)]
    return told
