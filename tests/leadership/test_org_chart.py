"""The organization chart: everybody in it once, no wider than asked, roles on the boxes, circles survived."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from leadership.services import org_chart as service
from leadership.services.org_chart import Member
from qms.models import Person
from tests.factories import PersonFactory
from tests.leadership.test_role import accepted, drafted, hiro, offered, yusuf

pytestmark = pytest.mark.django_db


def plant(leaders: int, each: int) -> list[Person]:
    """A chief, those who report to her, and those who report to them."""
    chief = PersonFactory(name="Maria Chief", is_top_management=True)
    people = [chief]
    for n in range(leaders):
        lead = PersonFactory(name=f"Lead {n:02}", manager=chief)
        people += [lead, *(PersonFactory(name=f"Worker {n:02} {m:02}", manager=lead) for m in range(each))]
    return people


def names(members: list[Member]) -> list[str]:
    return [name for member in members for name in (member.name, *names(member.reports))]


def test_120_people_stand_in_the_drawing_once_and_within_its_width() -> None:
    people = plant(11, 10)
    chart = service.chart_of(people, [], has_everybody=True)
    drawing = service.draw(chart, 780)
    assert sorted(box.lines[0][0] for box in drawing.boxes) == sorted(person.name for person in people)
    assert drawing.width <= 780
    places = [(box.x, box.y, box.x + service.BOX, box.y + box.height) for box in drawing.boxes]
    over = [(a, b) for i, a in enumerate(places) for b in places[:i]
            if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]]  # fmt: skip
    assert over == []
    assert max(place[3] for place in places) <= drawing.height


def test_leaders_and_holders_only_by_default() -> None:
    people = plant(2, 2)
    role = accepted(yusuf())
    chart = service.chart_of([*people, yusuf().person], [role], has_everybody=False)
    assert names(chart.roots) == ["Maria Chief", "Lead 00", "Lead 01", "Yusuf Chen"]


def test_boxes_carry_roles_and_whether_they_are_accepted() -> None:
    role, waiting = accepted(yusuf(), title="Release"), offered(yusuf().person, title="Audit")
    vacant = drafted(hiro(), title="Fire watch")
    chart = service.chart_of([yusuf().person], [role, waiting, vacant], has_everybody=True)
    drawing = service.draw(chart, 780)
    assert [[text for text, kind in box.lines if kind == "role"] for box in drawing.boxes] == [
        ["◆ Release", "◇ Audit"], ["Fire watch"]
    ]  # fmt: skip
    assert [box.is_vacant for box in drawing.boxes] == [False, True]


def test_circle_of_managers_loses_nobody_and_ends() -> None:
    one = PersonFactory(name="One")
    two = PersonFactory(name="Two", manager=one)
    three = PersonFactory(name="Three", manager=two)
    Person.objects.filter(pk=one.pk).update(manager=two)
    people = list(Person.objects.filter(pk__in=[one.pk, two.pk, three.pk]).order_by("pk"))
    assert names(service.chart_of(people, [], has_everybody=True).roots) == ["One", "Two", "Three"]


def test_drawing_has_no_style_and_a_list_beside() -> None:
    chart = service.chart_of(plant(2, 1), [], has_everybody=True)
    template = Template("{% load org_chart %}{% org_chart chart 'Chart' %}")
    page = template.render(Context({"chart": chart}))
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert "style" not in svg
    assert "<title>Chart: 5 people</title>" in svg
    assert "<desc>" in svg
    assert re.findall(r"<li>([^<]+)", page) == ["Maria Chief", "Lead 00", "Worker 00 00", "Lead 01", "Worker 01 00"]
    assert template.render(Context({"chart": chart})) == page


def test_page_shows_people_of_own_sites_only(client: Client) -> None:
    PersonFactory(name="Ada Denver", site=yusuf().person.site)
    client.force_login(yusuf())
    assert "Ada Denver" in client.get(reverse("leadership:org-chart") + "?who=all").content.decode()
    assert "Ada Denver" not in client.get(reverse("leadership:org-chart")).content.decode()
