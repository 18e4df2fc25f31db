"""The clause catalogue: loading, wording, dates, exclusions."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.urls import reverse

from qms.models import Applicability, Clause, ClauseMapping, CrosswalkRow, StandardEdition, TrailEntry
from qms.services import clause as service
from qms.services.clause_catalogue import CatalogueRefused
from qms.services.mapping import load_default_mappings
from tests.factories import NOW, ClauseFactory, PersonFactory, SiteFactory, hiro, omar, yusuf

pytestmark = pytest.mark.django_db


def load() -> service.Loaded:
    return service.load_catalogue(by=None, at=NOW)


def small_file(tmp_path: Path, **changes: object) -> Path:
    clause = {"number": "4", "title": "Context", "parent": None, "own_words_intent": "Know the world."} | changes
    standard = {"id": "iso-14001-2026", "title": "Environmental management", "edition": "2026", "clauses": [clause]}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({"schema_version": 1, "standards": [standard]}))
    return path


def test_shipped_catalogue_holds_both_editions_with_2026_as_default() -> None:
    load()
    assert {e.slug: (e.is_default, e.clauses.filter(letter="").count()) for e in StandardEdition.objects.all()} == {
        "iso-9001-2015": (False, 85),
        "iso-9001-2026": (True, 85),
    }
    letters = Clause.objects.filter(edition__is_default=True, number="5.1.1").exclude(letter="").order_by("sort_key")
    assert "".join(letters.values_list("letter", flat=True)) == "abcdefghijkl"


def test_commitment_keeps_its_slug_while_its_letter_moves() -> None:
    load()
    rows = Clause.objects.filter(commitment__slug="accountability").order_by("edition__slug")
    assert [(row.edition.slug, row.label, row.slug) for row in rows] == [
        ("iso-9001-2015", "5.1.1 a)", "5.1.1/accountability"),
        ("iso-9001-2026", "5.1.1 l)", "5.1.1/accountability"),
    ]


def test_item_with_two_commitments_goes_on_as_two_items() -> None:
    load()
    rows = CrosswalkRow.objects.filter(from_clause__letter="d").order_by("to_clause__letter")
    assert [(r.from_clause.slug, r.to_clause.slug, r.to_clause.letter) for r in rows] == [  # type: ignore[union-attr]
        ("5.1.1/process_approach", "5.1.1/process_approach", "j"),
        ("5.1.1/risk_opportunity_thinking", "5.1.1/risk_opportunity_thinking", "k"),
    ]


def test_crosswalk_leads_from_10_3_to_10_1() -> None:
    load()
    rows = CrosswalkRow.objects.filter(to_clause__number="10.1").order_by("from_clause__number")
    assert [(r.from_clause.number, r.change_type) for r in rows] == [("10.1", "merged"), ("10.3", "merged")]  # type: ignore[union-attr]


def test_second_load_changes_nothing() -> None:
    first, second = load(), load()
    assert first.created > 300
    assert (second.created, second.updated) == (0, 0)


def test_load_keeps_the_wording_an_administrator_gave() -> None:
    load()
    user = hiro()
    clause = Clause.objects.get(edition__is_default=True, number="5.1.2")
    service.edit_clause(
        clause, {"intent": "Our customers first.", "max_age_days": 60}, by=user, at=NOW, reason="Clearer"
    )
    assert load().kept == 1
    clause.refresh_from_db()
    assert (clause.intent, clause.max_age_days) == ("Our customers first.", 60)
    entry = TrailEntry.objects.get(verb="clause.edited")
    assert (entry.chain, entry.reason) == (clause.trail_key, "Clearer")


def test_load_keeps_the_dates_an_administrator_gave() -> None:
    load()
    edition = StandardEdition.objects.get(slug="iso-9001-2015")
    service.edit_edition(edition, {"valid_until": date(2030, 3, 31)}, by=hiro(), at=NOW)
    load()
    edition.refresh_from_db()
    assert edition.valid_until == date(2030, 3, 31)


def test_another_edition_can_become_the_default() -> None:
    load()
    service.edit_edition(StandardEdition.objects.get(slug="iso-9001-2015"), {"is_default": True}, by=hiro(), at=NOW)
    load()
    assert StandardEdition.objects.get(is_default=True).slug == "iso-9001-2015"


def test_further_standard_loads_from_the_same_format(tmp_path: Path) -> None:
    load()
    service.load_catalogue(small_file(tmp_path), by=None, at=NOW)
    edition = StandardEdition.objects.get(slug="iso-14001-2026")
    assert (edition.standard, edition.is_default, edition.clauses.get().title) == ("ISO 14001", False, "Context")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"title": ""}, "clause 4: “title” is missing."),
        ({"parent": "3"}, "clause 4: its parent 3 does not stand before it."),
        ({"default_freshness_days": "long"}, "clause 4: “default_freshness_days” must be 1 to 3660 or null."),
        ({"documented_information": "maybe"}, "clause 4: “documented_information” cannot be “maybe”."),
    ],
)  # fmt: skip
def test_malformed_entry_is_named_and_nothing_is_loaded(
    tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    with pytest.raises(CatalogueRefused) as error:
        service.load_catalogue(small_file(tmp_path, **changes), by=None, at=NOW)
    assert str(error.value) == f"standard iso-14001-2026, {complaint}"
    assert StandardEdition.objects.count() == 0


def test_command_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("standards: [")
    with pytest.raises(CommandError, match=r"Nothing was loaded\. broken\.yaml is not valid YAML"):
        call_command("load_clauses", path)


def test_default_mappings_are_opened_once_and_an_ended_one_stays_ended() -> None:
    load()
    there = {(clause.edition.slug, clause.slug) for clause in Clause.objects.select_related("edition", "commitment")}
    editions = {edition for edition, _slug in there}
    lines = yaml.safe_load((Path(settings.BASE_DIR) / "qms/data/mappings.yaml").read_text())["mappings"]
    meant = [
        line for line in lines for edition in ({line["edition"]} if "edition" in line else editions)
        if (edition, line["clause"]) in there
    ]  # fmt: skip
    assert load_default_mappings(by=None, at=NOW) == len(meant) > 60
    ended = ClauseMapping.objects.filter(subtype="floor-walk").first()
    assert ended is not None
    ended.effective_to = NOW.date()
    ended.save()
    assert load_default_mappings(by=None, at=NOW) == 0


def test_exclusion_needs_top_management_and_a_reason() -> None:
    clause, site, user = ClauseFactory(), SiteFactory(), hiro()
    boss = PersonFactory(name="Ximena Vega", is_top_management=True)
    facts = {"effective_from": NOW.date(), "by": user, "at": NOW}
    with pytest.raises(service.CannotExclude, match="Say why"):
        service.exclude(clause, site, reason=" ", approved_by=boss, **facts)
    with pytest.raises(service.CannotExclude, match="top management"):
        service.exclude(clause, site, reason="We have no design.", approved_by=PersonFactory(), **facts)
    service.exclude(clause, site, reason="We have no design.", approved_by=boss, **facts)
    with pytest.raises(service.CannotExclude, match="already marked"):
        service.exclude(clause, site, reason="Again", approved_by=boss, **facts)
    assert TrailEntry.objects.filter(chain=clause.trail_key).values_list("verb", "reason").get() == (
        "clause.excluded", "We have no design.",
    )  # fmt: skip


def test_exclusion_is_made_and_ended_in_the_browser(client) -> None:  # type: ignore[no-untyped-def]
    clause, user = ClauseFactory(), hiro()
    boss = PersonFactory(name="Ximena Vega", is_top_management=True)
    client.force_login(user)
    data = {
        "site": user.person.site.pk,
        "reason": "No design here",
        "approved_by": boss.pk,
        "effective_from": "2026-11-01",
    }
    client.post(reverse("qms:clause-exclude", args=[clause.pk]), data)
    row = Applicability.objects.get()
    assert "No design here" in client.get(reverse("qms:clause-detail", args=[clause.pk])).content.decode()
    client.post(reverse("qms:clause-include", args=[row.pk]), {"effective_to": "2026-11-20", "reason": "We design now"})
    row.refresh_from_db()
    assert row.effective_to == date(2026, 11, 20)


def test_exclusion_of_another_site_is_not_there(client) -> None:  # type: ignore[no-untyped-def]
    clause, boss = ClauseFactory(), PersonFactory(is_top_management=True)
    row = service.exclude(
        clause, SiteFactory(), reason="No design", approved_by=boss, effective_from=NOW.date(), by=hiro(), at=NOW
    )
    client.force_login(omar())
    assert client.get(reverse("qms:clause-include", args=[row.pk])).status_code == 404
    assert "No design" not in client.get(reverse("qms:clause-detail", args=[clause.pk])).content.decode()


def test_leader_reads_clauses_but_may_not_edit(client) -> None:  # type: ignore[no-untyped-def]
    clause = ClauseFactory()
    client.force_login(yusuf())
    assert client.get(reverse("qms:clause-list")).status_code == 200
    assert client.get(reverse("qms:clause-edit", args=[clause.pk])).status_code == 403


def test_clause_is_worded_in_the_browser(client) -> None:  # type: ignore[no-untyped-def]
    clause, user = ClauseFactory(intent="Old"), hiro()
    client.force_login(user)
    client.post(
        reverse("qms:clause-edit", args=[clause.pk]),
        {"title": "Customer focus", "intent": "New words", "note": "", "max_age_days": "",
         "hints": "visits\n\nscores", "reason": ""},
    )  # fmt: skip
    clause.refresh_from_db()
    assert (clause.intent, clause.max_age_days, clause.evidence_hints, clause.edited_by) == (
        "New words", None, ["visits", "scores"], user,
    )  # fmt: skip


def test_edition_dates_are_edited_in_the_browser(client) -> None:  # type: ignore[no-untyped-def]
    load()
    client.force_login(hiro())
    address = reverse("qms:edition-edit", args=["iso-9001-2015"])
    client.post(address, {"status": "old", "published_on": "2015-09-15", "valid_until": "2030-01-31"})
    assert StandardEdition.objects.get(slug="iso-9001-2015").valid_until == date(2030, 1, 31)
    response = client.post(
        address, {"status": "old", "published_on": "2015-09-15", "valid_until": "2030-01-31", "is_default": "on"}
    )
    assert response.status_code == 302, response.context["form"].errors
    assert StandardEdition.objects.get(is_default=True).slug == "iso-9001-2015"
