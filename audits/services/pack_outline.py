"""The tree of bookmarks over all parts, and the contents page made from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from django.utils.translation import gettext as _

FRONT, CLAUSES, CLOSING = "front", "clauses", "closing"
FRONT_ANCHORS = ("contents", "key", "matrix")
CONTENTS_LINES_PER_PAGE = 44
CLAUSES_PER_PAGE = 16
ANCHORS = {
    form: form for form in ("leadership", "boards", "population", "trail", "sampling", "attachments", "people")
} | {CLOSING: "manifest"}


@dataclass
class Node:
    """One bookmark: ``page`` counts from 0 in the whole document, ``x`` and ``y`` are CSS pixels from its top left."""

    title: str
    page: int
    x: float
    y: float
    name: str = ""
    label: str = ""
    children: list[Node] = field(default_factory=list)

    def as_list(self) -> list[Any]:
        """[title, page, x, y, children], as parts give their own outline."""
        return [self.title, self.page, self.x, self.y, [child.as_list() for child in self.children]]


@dataclass(frozen=True)
class Chapter:
    """One rendered part, as the outline needs it: its form, its pages, its own outline (see qms/pdf.py)."""

    form: str
    pages: int
    outline: list[Any]


def build(chapters: Sequence[Chapter], clauses: Iterable[dict[str, Any]]) -> list[Node]:
    """One tree for the document: parts of the same form continue each other, clauses stand below one heading."""
    known = {clause_mark(clause): clause for clause in clauses}
    roots: list[Node] = []
    offset = 0
    form_before = ""
    for chapter in chapters:
        nodes = [_node(entry, offset) for entry in chapter.outline]
        if chapter.form == CLAUSES:
            _add_clauses(roots, nodes, known, is_new=form_before != CLAUSES)
        elif chapter.form == form_before and roots:
            roots[-1].children += nodes
        else:
            names = FRONT_ANCHORS if chapter.form == FRONT else (ANCHORS[chapter.form],)
            for node, name in zip(nodes, names, strict=False):
                node.name = name
            roots += nodes
        offset += chapter.pages
        form_before = chapter.form
    return roots


def clause_mark(clause: dict[str, Any]) -> str:
    """The bookmark of a clause's heading."""
    return f"{clause['label']} {clause['title']}"


def _add_clauses(roots: list[Node], nodes: list[Node], known: dict[str, Any], *, is_new: bool) -> None:
    if is_new and nodes:
        roots.append(Node(_("Evidence by clause"), nodes[0].page, nodes[0].x, nodes[0].y))
    for node in nodes:
        clause = known.get(node.title)
        if clause:
            node.name, node.label = f"c{clause['id']}", clause["label"]
            roots[-1].children.append(node)
            roots[-1].name = roots[-1].name or node.name
        elif roots[-1].children:
            roots[-1].children[-1].children.append(node)


def _node(entry: list[Any], offset: int) -> Node:
    title, page, x, y, children = entry
    return Node(title, offset + page, x, y, children=[_node(child, offset) for child in children])


def expected_front(rest: Sequence[Chapter], clauses: Sequence[dict[str, Any]]) -> Chapter:
    """What the front will be, from the length of its contents: cover, contents, one page of words, the matrix."""
    lines = len(contents(build(rest, clauses))) + len(FRONT_ANCHORS) - 1
    key = 1 + max(1, ceil(lines / CONTENTS_LINES_PER_PAGE))
    titles = (_("Contents"), _("How to read this pack"), _("Clause matrix"))
    places = zip(titles, (1, key, key + 1), strict=True)
    matrix = max(1, ceil(len(clauses) / CLAUSES_PER_PAGE))
    return Chapter(FRONT, key + 1 + matrix, [[title, page, 0.0, 0.0, []] for title, page in places])


def contents(roots: Sequence[Node]) -> list[dict[str, Any]]:
    """The lines of the contents page: sections, and the clauses below theirs; pages count from 1."""
    lines: list[dict[str, Any]] = []
    for root in roots:
        if root.name != FRONT_ANCHORS[0]:
            lines.append({"depth": 0, "name": root.name, "label": "", "title": root.title, "page": root.page + 1})
        for node in root.children:
            if node.label:
                title = node.title.removeprefix(node.label).strip()
                lines.append(
                    {"depth": 1, "name": node.name, "label": node.label, "title": title, "page": node.page + 1}
                )
    return lines
