"""Pages of risks: the list, the heat map, the register of a past day, the acts."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from objectives.models import Risk, RiskCell
from objectives.services import risk as service
from objectives.services import risk_map
from qms.permissions import AccessProfile
from tests.factories import NOW, TODAY, AreaFactory, cast_member, hiro, omar, yusuf
from tests.objectives.risks import accepted, as_user, identified, judged, rated, treated, url

pytestmark = pytest.mark.django_db
LIST, MAP, REGISTER = (reverse(f"objectives:risk-{name}") for name in ("list", "map", "register"))


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_risk_is_entered_and_rated_through_its_pages() -> None:
    boss = yusuf()
    client = as_user(boss)
    form = client.get(reverse("objectives:risk-new")).context["form"]
    sent = {
        "uid": form.initial["uid"], "nature": "risk", "title": "Steel price", "owner": boss.person.name,
        "site": boss.person.site_id, "context_kind": "external", "context": "Market",
    }  # fmt: skip
    made = client.post(reverse("objectives:risk-new"), sent)
    risk = Risk.objects.get()
    assert made["Location"] == url(risk)
    assert "Not rated yet" in client.get(url(risk)).content.decode()
    rating = {"version": 1, "likelihood": 4, "impact": 3, "reason": "Three rises this year"}
    assert client.post(url(risk, "act", "rate"), rating).status_code == 302
    page = text(client.get(url(risk)).content.decode())
    assert "12 High" in page
    assert "Three rises this year" in page
    assert "4 · Likely" in page


def test_acts_keep_the_version_they_were_opened_with() -> None:
    boss = yusuf()
    risk = rated(boss)
    client = as_user(boss)
    stale = {"version": 1, "likelihood": 1, "impact": 1, "reason": "x"}
    answer = client.post(url(risk, "act", "rate"), stale)
    assert "Somebody changed this record while you were writing" in answer.content.decode()
    assert Risk.objects.get().rating == 16
    assert client.post(url(risk, "act", "rate"), stale | {"version": 2}).status_code == 302


def test_act_that_does_not_fit_leads_back_with_a_word() -> None:
    boss = yusuf()
    risk = identified(boss)
    answer = as_user(boss).get(url(risk, "act", "judge"), follow=True)
    assert "cannot be done from there" in answer.content.decode()
    assert as_user(boss).get(url(risk, "act", "fly")).status_code == 404


def test_somebody_else_may_judge_but_not_treat() -> None:
    risk = treated(yusuf())
    other = cast_member("Ximena Vega")
    client = as_user(other)
    assert client.get(url(risk, "act", "treat")).status_code == 403
    sent = {"version": risk.version, "likelihood": 1, "impact": 4, "effectiveness": "effective", "note": "Seen it"}
    assert client.post(url(risk, "act", "judge"), sent).status_code == 302
    assert Risk.objects.get().is_judged_by_treater is False


def test_page_says_when_who_treats_judged() -> None:
    boss = yusuf()
    assert "both treats it and judged" in as_user(boss).get(url(judged(boss))).content.decode()


def test_closing_page_says_what_stands_against_it() -> None:
    boss = yusuf()
    risk = judged(boss, judge=hiro(), effectiveness="not_effective")
    client = as_user(boss)
    assert "Neither has happened yet" in client.get(url(risk, "act", "close")).content.decode()
    answer = client.post(url(risk, "act", "close"), {"version": risk.version, "reason": "x"})
    assert answer.status_code == 422


def test_list_opens_with_open_ones_gravest_first() -> None:
    boss = yusuf()
    rated(boss, 1, 1, title="Small thing")
    rated(boss, 5, 5, title="Grave thing")
    service.withdraw(rated(boss, title="Gone thing"), reason="x", by=boss, at=NOW)
    page = text(as_user(boss).get(LIST).content.decode())
    assert page.index("Grave thing") < page.index("Small thing")
    assert "Gone thing" not in page
    assert "Gone thing" in as_user(boss).get(LIST + "?view=all").content.decode()


def cells(page: str) -> dict[tuple[str, str], tuple[int, str]]:
    """(likelihood, consequence) -> (count, address) from the links of the map."""
    found = {}
    for address, count in re.findall(r'<a href="([^"]*likelihood=[^"]*)"><strong>(\d+)</strong>', page):
        likelihood, impact = re.search(r"likelihood=(\d)", address), re.search(r"impact=(\d)", address)
        assert likelihood
        assert impact
        found[likelihood[1], impact[1]] = (int(count), address.replace("&amp;", "&"))
    return found


def test_heat_map_counts_and_each_cell_leads_to_what_is_behind_it() -> None:
    boss = yusuf()
    rated(boss, 4, 4, title="One")
    rated(boss, 4, 4, title="Two")
    judged(boss, judge=hiro())  # 2 x 4 after treatment
    rated(boss, 4, 4, nature="opportunity", title="Chance")
    service.close(accepted(boss, rated(boss, 4, 4, title="Closed")).risk, reason="x", by=boss, at=NOW)
    identified(boss, title="Unrated")
    client = as_user(boss)
    page = client.get(MAP).content.decode()
    found = cells(page)
    assert {key: count for key, (count, _url) in found.items()} == {("4", "4"): 2, ("2", "4"): 1}
    behind = text(client.get(found["4", "4"][1]).content.decode())
    assert "One" in behind
    assert "Two" in behind
    assert "2 records" in behind
    assert "High" in text(page)
    assert cells(client.get(MAP + "?nature=opportunity").content.decode())["4", "4"][0] == 1


def test_heat_map_of_an_area_or_a_period_counts_as_its_list_does() -> None:
    boss = yusuf()
    here = AreaFactory(name="CNC line 3", site=boss.person.site)
    rated(boss, 4, 4, title="Here", area=here)
    rated(boss, 4, 4, title="Elsewhere")
    rated(boss, 4, 4, title="Hidden", area=here, is_confidential=True, owner=hiro().person)
    day = TODAY.isoformat()
    client, other = as_user(boss), as_user(cast_member("Ximena Vega"))
    for query, count in ((f"area={here.pk}", 2), (f"since={day}", 3), ("until=2020-01-01", 0)):
        found = cells(client.get(f"{MAP}?{query}").content.decode())
        assert found.get(("4", "4"), (0, ""))[0] == count, query
        if count:
            assert f"{count} records" in text(client.get(found["4", "4"][1]).content.decode())
    assert cells(other.get(f"{MAP}?area={here.pk}").content.decode())["4", "4"][0] == 1


def test_heat_map_shows_nobody_what_the_list_would_not() -> None:
    boss = yusuf()
    rated(boss, 4, 4, title="Secret", is_confidential=True)
    leader = cast_member("Ximena Vega")
    assert cells(as_user(leader).get(MAP).content.decode()) == {}
    assert cells(as_user(boss).get(MAP).content.decode())["4", "4"][0] == 1, "who looks after it counts it"
    assert cells(as_user(hiro()).get(MAP).content.decode())["4", "4"][0] == 1, "who may see confidential ones does"
    assert cells(as_user(omar()).get(MAP).content.decode()) == {}


def test_sums_of_the_map_are_those_of_the_risks_whatever_happened() -> None:
    boss, quality = yusuf(), hiro()
    risk = rated(boss, 4, 4)
    service.change(risk, version=2, reason="x", is_confidential=True, nature="opportunity", by=boss, at=NOW)
    service.rate(rated(boss, 5, 5, title="b"), likelihood=1, impact=2, reason="x", by=boss, at=NOW)
    service.reopen(service.close(judged(boss, judge=quality), reason="x", by=boss, at=NOW), reason="y", by=boss, at=NOW)
    service.withdraw(rated(boss, title="d"), reason="x", by=boss, at=NOW)
    service.close(accepted(boss, rated(boss, title="e")).risk, reason="x", by=boss, at=NOW)

    def sums() -> set[Any]:
        kept = RiskCell.objects.filter(count__gt=0)
        return set(kept.values_list("nature", "on_map", "likelihood", "impact", "count"))

    kept = sums()
    assert kept == {
        ("opportunity", "confidential", 4, 4, 1), ("risk", "open", 1, 2, 1), ("risk", "open", 2, 4, 1),
    }  # fmt: skip
    assert not RiskCell.objects.filter(count__lt=0).exists()
    risk_map.rebuild()
    assert sums() == kept


def test_heat_map_names_risks_on_an_earlier_scale() -> None:
    from objectives.services import risk_scale
    from tests.objectives.test_risk_scale import THREE

    boss = yusuf()
    rated(boss, 4, 4)
    risk_scale.replace(THREE, site=None, reason="Ours", is_carried=False, by=boss, at=NOW)
    page = as_user(boss).get(MAP).content.decode()
    assert cells(page) == {}
    assert "Rated on another scale" in page
    address = re.search(r'href="(\?[^"]*scale=\d+[^"]*)"', page)
    assert address
    earlier = as_user(boss).get(MAP + address[1].replace("&amp;", "&")).content.decode()
    assert cells(earlier)["4", "4"][0] == 1


def register(user: Any, **query: Any) -> str:
    return text(as_user(user).get(REGISTER, query).content.decode())


def test_register_of_a_past_day_shows_what_stood_then_and_nothing_of_today() -> None:
    boss = yusuf()
    march = NOW - timedelta(days=200)
    risk = rated(boss, 5, 5, title="Furnace 2 may stop", at=march)
    risk = service.change(
        risk, version=2, reason="x", title="Furnace 2 has a spare", by=boss, at=NOW - timedelta(days=50)
    )
    service.rate(risk, likelihood=1, impact=3, reason="Spare bought", by=boss, at=NOW - timedelta(days=50))
    then = register(boss, on=(march + timedelta(days=3)).date().isoformat())
    assert "Furnace 2 may stop" in then
    assert "25 · High" in then
    assert "spare" not in then
    now = register(boss, on=TODAY.isoformat())
    assert "Furnace 2 has a spare" in now
    assert "3 · Low" in now
    before = register(boss, on=(march - timedelta(days=2)).date().isoformat())
    assert "Nothing stood in the register that day" in before


def test_register_filters_closed_ones_and_kinds() -> None:
    boss = yusuf()
    then = NOW - timedelta(days=30)
    rated(boss, title="Chance of the year", nature="opportunity", at=then)
    service.close(
        accepted(boss, rated(boss, title="Closed thing", at=then), at=then).risk, reason="x", by=boss, at=then
    )
    assert "Closed thing" not in register(boss)
    assert "Closed thing" in register(boss, closed="on")
    assert "Chance of the year" not in register(boss, nature="risk")
    assert "Chance" not in register(omar())


def test_register_exports_the_same_rows() -> None:
    boss = yusuf()
    rated(boss, 5, 5, title="=Furnace")
    path = reverse("objectives:risk-register-export")
    answer = as_user(boss).get(path, {"format": "csv"})
    rows = list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert rows[1][2] == "'=Furnace"
    assert rows[1][7] == "25"
    book = load_workbook(io.BytesIO(b"".join(as_user(boss).get(path, {"format": "xlsx"}))))
    assert book.worksheets[0]["H2"].value == 25
    assert "Furnace" in as_user(boss).get(reverse("objectives:risk-register-print")).content.decode()
    guest = cast_member("Ingrid Solberg", AccessProfile.GUEST_AUDITOR)
    assert as_user(guest).get(path).status_code == 403


@pytest.mark.parametrize("path", [MAP, REGISTER])
def test_map_and_register_cost_the_same_for_one_and_three(path: str) -> None:
    boss = yusuf()
    client = as_user(boss)
    counts = []
    for number in range(3):
        rated(boss, 3, 3, title=f"Risk {number}")
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        counts.append(len(queries))
    assert counts[0] == counts[2]
    assert counts[0] <= 12


def test_pages_survive_nonsense_in_the_address() -> None:
    client = as_user(yusuf())
    for address in (
        MAP + "?scale=x&site=99&nature=fly", REGISTER + "?on=yesterday&site=x", REGISTER + "?on=2999-01-01",
        LIST + "?likelihood=x&impact=99999999999999999999",
    ):  # fmt: skip
        assert client.get(address).status_code == 200, address
