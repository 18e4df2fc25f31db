"""The organization chart with roles: who stands in it, and where each box stands on the drawing.

Boxes hang below their manager in rows that wrap at the drawing's width; people who lead nobody stand in a column. So
the chart grows downwards only: a phone scrolls it, paper takes it, and it is as wide for 120 people as for 20.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from leadership.models import Role
from qms.models import Area, Person, Site, User
from qms.services.person import OrgNode, org_tree

MOST_PEOPLE = 300
BOX, GAP, INDENT, DROP, LINE = 176, 14, 22, 22, 14
SHORT, SHORT_ROLE = 25, 27
"""Letters that fit a box, in a name and in a smaller line."""
ROLES_SHOWN = 4


@dataclass(frozen=True)
class RoleMark:
    """A role in a box; ``is_accepted`` says whether its holder has said yes."""

    title: str
    is_accepted: bool


@dataclass
class Member:
    """Somebody in the chart, with the roles held and those who report to him or her."""

    name: str
    job_title: str
    roles: list[RoleMark] = field(default_factory=list)
    reports: list[Member] = field(default_factory=list)

    def count(self) -> int:
        """How many people this branch has."""
        return 1 + sum(member.count() for member in self.reports)


@dataclass(frozen=True)
class Chart:
    """The trees of a chart, the roles nobody holds, and whether people were left out because there are too many."""

    roots: list[Member]
    vacant: list[str] = field(default_factory=list)
    is_cut: bool = False

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> Chart:
        """The chart that ``dataclasses.asdict`` made plain values of."""

        def member(one: dict[str, Any]) -> Member:
            marks = [RoleMark(**mark) for mark in one["roles"]]
            return Member(one["name"], one["job_title"], marks, [member(report) for report in one["reports"]])

        return cls([member(root) for root in facts["roots"]], facts["vacant"], facts["is_cut"])


@dataclass
class Box:
    """A box on the drawing: its place, its height, and its lines as (text, kind) from the top."""

    x: float
    y: float
    height: float
    lines: list[tuple[str, str]]
    full: str
    is_vacant: bool = False


@dataclass
class Drawing:
    """Boxes and lines (x1, y1, x2, y2) with the size of the whole, in SVG units."""

    width: float = 0
    height: float = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)

    def put(self, other: Drawing, x: float, y: float) -> None:
        """Take in another drawing at a place."""
        for box in other.boxes:
            self.boxes.append(Box(box.x + x, box.y + y, box.height, box.lines, box.full, box.is_vacant))
        self.lines += [(a + x, b + y, c + x, d + y) for a, b, c, d in other.lines]
        self.width, self.height = max(self.width, x + other.width), max(self.height, y + other.height)


def chart(user: User, *, site: Site | None = None, area: Area | None = None, has_everybody: bool = False) -> Chart:
    """The chart of what the user may see; leaders and holders of roles alone unless ``has_everybody``. Two queries."""
    people = Person.objects.visible_to(user).active().order_by("search_name", "pk")
    roles = Role.objects.visible_to(user).in_force().order_by("title", "pk")
    if site is not None:
        people, roles = people.filter(site=site) | people.filter(is_top_management=True), roles.reaching(site)
    if area is not None:
        people = people.filter(area=area)
    return chart_of(list(people), list(roles), has_everybody=has_everybody)


def chart_of(people: Sequence[Person], roles: Iterable[Role], *, has_everybody: bool) -> Chart:
    """The chart of these people; nobody is lost, even where the data held a circle of managers."""
    held: dict[int, list[RoleMark]] = {}
    vacant = []
    for role in roles:
        if role.holder_id is None:
            vacant.append(role.title)
        else:
            mark = RoleMark(role.title, role.status == Role.Status.ACCEPTED)
            held.setdefault(role.holder_id, []).append(mark)
    bosses = {person.manager_id for person in people}
    shown = [p for p in people if has_everybody or p.pk in bosses or p.pk in held]
    roots = without_circles(shown[:MOST_PEOPLE])
    return Chart([_member(node, held) for node in roots], vacant, is_cut=len(shown) > MOST_PEOPLE)


def without_circles(people: Sequence[Person]) -> list[OrgNode]:
    """The people as trees. Should somebody be reached from no top, a circle is cut at its first person."""
    while True:
        roots = org_tree(people)
        reached = {pk for root in roots for pk in _below(root)}
        lost = [person for person in people if person.pk not in reached]
        if not lost:
            return roots
        lost[0].manager_id = None


def draw(chart: Chart, width: int) -> Drawing:
    """The whole chart at most ``width`` wide (one box at least)."""
    whole = Drawing()
    rows = [_branch(member, width) for member in chart.roots]
    vacant = [_box([(_short(title, SHORT_ROLE), "role"), (_("vacant"), "job")], title, is_vacant=True)
              for title in chart.vacant]  # fmt: skip
    _flow(whole, rows, width, 0)
    if vacant:
        _flow(whole, vacant, width, whole.height + DROP if whole.boxes else 0)
    return whole


def _member(node: OrgNode, held: dict[int, list[RoleMark]]) -> Member:
    person = node.person
    reports = [_member(report, held) for report in node.reports]
    return Member(person.name, person.job_title, held.get(person.pk, []), reports)


def _below(node: OrgNode) -> Iterator[int]:
    yield node.person.pk
    for report in node.reports:
        yield from _below(report)


def _branch(member: Member, width: float) -> Drawing:
    lines = [(_short(member.name, SHORT), "name")]
    if member.job_title:
        lines.append((_short(member.job_title, SHORT_ROLE), "job"))
    lines += [
        (f"{'◆' if role.is_accepted else '◇'} {_short(role.title, SHORT_ROLE - 2)}", "role")
        for role in member.roles[:ROLES_SHOWN]
    ]
    if len(member.roles) > ROLES_SHOWN:
        lines.append((_("and %d more") % (len(member.roles) - ROLES_SHOWN), "job"))
    roles = ", ".join(role.title for role in member.roles)
    drawing = _box(lines, ": ".join(filter(None, [f"{member.name}, {member.job_title}".strip(", "), roles])))
    if member.reports:
        children = [_branch(report, max(width - INDENT, BOX)) for report in member.reports]
        is_column = not any(report.reports for report in member.reports)
        _hang(drawing, children, 0 if is_column else max(width - INDENT, BOX))
    return drawing


def _box(lines: list[tuple[str, str]], full: str, *, is_vacant: bool = False) -> Drawing:
    height = 12 + len(lines) * LINE
    return Drawing(BOX, height, [Box(0, 0, height, lines, full, is_vacant)])


def _hang(drawing: Drawing, children: list[Drawing], width: float) -> None:
    """Put the children below the box, in one column or in rows, and join them to it by lines."""
    trunk, head = INDENT / 2, drawing.height
    if not width:
        y = head + GAP - 4
        for child in children:
            drawing.put(child, INDENT, y)
            middle = y + child.boxes[0].height / 2
            drawing.lines.append((trunk, middle, INDENT, middle))
            y += child.height + GAP - 6
        drawing.lines.append((trunk, head, trunk, middle))
        return
    y = head + DROP
    for row in _rows(children, width):
        x, bus = float(INDENT), y - DROP / 2
        for child in row:
            drawing.put(child, x, y)
            drawing.lines.append((x + BOX / 2, bus, x + BOX / 2, y))
            last, x = x + BOX / 2, x + child.width + GAP
        drawing.lines.append((trunk, bus, last, bus))
        y += max(child.height for child in row) + DROP
    drawing.lines.append((trunk, head, trunk, bus))


def _flow(whole: Drawing, blocks: list[Drawing], width: float, y: float) -> None:
    for row in _rows(blocks, width):
        x = 0.0
        for block in row:
            whole.put(block, x, y)
            x += block.width + GAP
        y += max(block.height for block in row) + DROP


def _rows(blocks: Iterable[Drawing], width: float) -> Iterator[list[Drawing]]:
    row: list[Drawing] = []
    taken = 0.0
    for block in blocks:
        if row and taken + block.width > width:
            yield row
            row, taken = [], 0.0
        row.append(block)
        taken += block.width + GAP
    if row:
        yield row


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
