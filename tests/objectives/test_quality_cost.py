"""Statements of the cost of quality: postings known by their key, confirmed by finance, reopened with a reason."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.models.quality_cost import postings_digest
from objectives.services import quality_cost as service
from objectives.services import quality_cost_account as account_service
from objectives.services.quality_cost import Entry, MonthConfirmed
from objectives.services.quality_cost_sheet import sheet_facts
from qms.models import ClauseLink, RecordVersion, TrailEntry, User
from qms.permissions import AccessProfile
from qms.services.record import IllegalTransition, StaleRecord
from qms.services.wording import ReasonMissing
from tests.factories import NOW, PASSWORD, ClauseFactory, MappingFactory, cast_member, hiro, omar, yusuf
from tests.objectives.quality_costs import account, booked, confirmed, posted, sian

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(statement: QualityCostStatement, what: str = "detail", *more: Any) -> str:
    return reverse(f"objectives:quality-cost-{what}", args=[statement.pk, *more])


def rows() -> list[tuple[Decimal, bool]]:
    return [(row.amount, row.replaced_at is None) for row in QualityCostPosting.objects.order_by("pk")]


# --- postings ---------------------------------------------------------------------------------------------------------


def test_first_posting_opens_the_statement_of_its_month() -> None:
    finance = sian()
    (statement,) = posted(finance, "15887.45").statements
    assert (statement.title, statement.begins_on, statement.currency) == (
        "Cost of quality, October 2026", OCTOBER, "USD",
    )  # fmt: skip
    assert statement.reference.startswith("COQ-DEN-2026-")
    assert (statement.due_on, statement.status, statement.version) == (date(2026, 11, 15), "open", 1)
    content = json.loads(RecordVersion.objects.get(record=statement).content)["facts"]
    assert content["accounts"] == [
        {"category": "Internal failure", "account": "Scrap", "amount": "15,887.45", "postings": 1}
    ]
    assert content["postings_sha256"] == postings_digest(list(statement.postings.select_related("account")))
    entry = TrailEntry.objects.get(record=statement)
    assert (entry.verb, json.loads(entry.changes)["posted"]) == ("quality_cost.opened", ["Scrap: 15,887.45"])


def test_same_key_and_amount_changes_nothing_and_another_amount_replaces() -> None:
    finance = sian()
    posted(finance, "100", key="INV-1")
    before = TrailEntry.objects.count()
    again = posted(finance, "100.00", key="INV-1")
    assert (again.new, again.changed, again.unchanged) == (0, 0, 1)
    assert TrailEntry.objects.count() == before
    changed = posted(finance, "120", key="INV-1")
    assert (changed.new, changed.changed, changed.statements[0].version) == (0, 1, 2)
    assert rows() == [(Decimal(100), False), (Decimal(120), True)]
    assert json.loads(TrailEntry.objects.latest("pk").changes)["posted"] == ["Scrap: 100.00 → 120.00"]
    assert posted(finance, "5", key="INV-2").new == 1, "another key adds"


def test_account_total_has_one_key_whichever_way_it_comes_and_survives_a_rename() -> None:
    finance = sian()
    scrap = account(finance)
    posted(finance, "100")
    renamed = account_service.change(scrap, name="Scrapped parts", by=finance, at=NOW)
    assert posted(finance, "100", account=renamed, source="sheet").unchanged == 1
    other = account(finance, "Rework")
    assert posted(finance, "7", account=other, key=service.total_key(scrap)).changed == 1, "the key decides"


def test_many_postings_make_one_version_per_statement() -> None:
    finance = sian()
    scrap = account(finance)
    entries = [Entry(month, scrap, Decimal(n), f"D{n}") for month in (OCTOBER, NOVEMBER) for n in range(1, 51)]
    done = service.post_many(site=finance.person.site, entries=entries, source="api", by=finance, at=NOW)
    assert (done.new, [one.version for one in done.statements]) == (100, [1, 1])
    assert TrailEntry.objects.filter(verb="quality_cost.opened").count() == 2
    assert json.loads(TrailEntry.objects.filter(verb="quality_cost.opened")[0].changes)["more"] == 20


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"month": date(2026, 12, 1)}, "still to come"),
        ({"amount": Decimal("NaN")}, "no amount"),
        ({"amount": Decimal("1e15")}, "no amount"),
        ({"key": "x" * 121}, "120"),
    ],
)
def test_what_cannot_be_posted_says_why(fields: dict[str, Any], word: str) -> None:
    finance = sian()
    with pytest.raises(ValidationError, match=word):
        posted(finance, **fields)
    assert not QualityCostStatement.objects.exists()


def test_account_of_another_site_or_out_of_use_is_refused() -> None:
    finance = sian()
    elsewhere = account(cast_member("Lyo Finance", AccessProfile.FINANCE, site="LYO"))
    with pytest.raises(ValidationError, match="another site"):
        posted(finance, account=elsewhere)
    off = account_service.set_use(account(finance), is_active=False, by=finance, at=NOW)
    with pytest.raises(ValidationError, match="out of use"):
        posted(finance, account=off)


def test_same_key_twice_in_one_go_is_refused() -> None:
    finance = sian()
    scrap = account(finance)
    with pytest.raises(ValidationError, match="twice"):
        service.post_many(
            site=finance.person.site, entries=[Entry(OCTOBER, scrap, Decimal(1)), Entry(OCTOBER, scrap, Decimal(2))],
            source="hand", by=finance, at=NOW,
        )  # fmt: skip


def test_stale_version_is_refused() -> None:
    finance = sian()
    posted(finance, "1")
    posted(finance, "2")
    with pytest.raises(StaleRecord):
        service.post_many(
            site=finance.person.site, entries=[Entry(OCTOBER, account(finance), Decimal(3))], source="hand",
            versions={OCTOBER: 1}, by=finance, at=NOW,
        )  # fmt: skip


# --- confirming and reopening -----------------------------------------------------------------------------------------


def test_confirmed_month_is_evidence_and_open_or_reopened_one_is_not() -> None:
    finance = sian()
    MappingFactory(kind="quality_cost", subtype="", clause=ClauseFactory(number="9.1.3"))
    statement = booked(finance, OCTOBER, internal="100", sales="1000")
    link = ClauseLink.objects.get(record=statement)
    assert not link.counts
    confirmed(finance, statement)
    link = ClauseLink.objects.get(record=statement)
    assert (link.counts, link.occurred_on) == (True, NOW.date()), "the day finance confirmed it"
    signature = statement.signatures.get()
    assert (signature.name, signature.meaning) == (
        "Siân Weber", "I confirm as finance: the cost of quality of 2026-10 as stated",
    )  # fmt: skip
    with pytest.raises(ReasonMissing):
        service.reopen(statement, reason=" ", by=finance, at=NOW)
    service.reopen(statement, reason="A credit note came in", by=finance, at=NOW)
    assert not ClauseLink.objects.get(record=statement).counts


def test_posting_to_a_confirmed_month_names_the_way_out_and_the_same_again_is_let_through() -> None:
    finance = sian()
    confirmed(finance, posted(finance, "100").statements[0])
    with pytest.raises(MonthConfirmed, match=r"October 2026 at Denver plant is confirmed.*reopens it with a reason"):
        posted(finance, "101")
    with pytest.raises(MonthConfirmed):
        posted(finance, "5", key="NEW")
    assert posted(finance, "100").unchanged == 1
    assert rows() == [(Decimal(100), True)]


def test_month_that_runs_or_holds_nothing_cannot_be_confirmed() -> None:
    finance = sian()
    with pytest.raises(service.CannotConfirm, match="November 2026 has not ended"):
        confirmed(finance, posted(finance, month=NOVEMBER).statements[0])
    empty = service.post_many(
        site=finance.person.site, entries=[], sales={OCTOBER: Decimal(1)}, source="hand", by=finance, at=NOW
    ).statements[0]
    with pytest.raises(service.CannotConfirm, match="Nothing is booked"):
        confirmed(finance, empty)


def test_withdrawn_month_can_be_booked_anew_and_a_confirmed_one_is_not_withdrawn() -> None:
    finance = sian()
    first = posted(finance).statements[0]
    service.withdraw(first, reason="Of another plant", by=finance, at=NOW)
    second = posted(finance, "3").statements[0]
    assert second.pk != first.pk
    with pytest.raises(IllegalTransition):
        service.withdraw(confirmed(finance, second), reason="No", by=finance, at=NOW)


# --- accounts ---------------------------------------------------------------------------------------------------------


def test_account_is_renamed_with_its_trail_and_confirmed_months_keep_the_name() -> None:
    finance = sian()
    scrap = account(finance)
    statement = confirmed(finance, posted(finance).statements[0])
    account_service.change(scrap, name=" Scrapped  parts ", description="Metal", by=finance, at=NOW)
    entry = TrailEntry.objects.filter(chain=scrap.trail_key).latest("seq")
    assert json.loads(entry.changes) == {"name": ["Scrap", "Scrapped parts"], "description": ["", "Metal"]}
    frozen = RecordVersion.objects.filter(record=statement).latest("version").content
    assert '"account":"Scrap"' in frozen
    with pytest.raises(ValidationError, match="figures of past months would move"):
        account_service.change(scrap, category="appraisal", by=finance, at=NOW)


@pytest.mark.parametrize("name", ["scrap", "SCRAP ", "Scráp"])
def test_account_name_is_taken_whatever_its_capitals(name: str) -> None:
    finance = sian()
    account(finance)
    with pytest.raises(ValidationError, match="of this name already"):
        account_service.add(site=finance.person.site, name=name, category="appraisal", by=finance, at=NOW)


# --- pages ------------------------------------------------------------------------------------------------------------


def test_month_is_booked_by_hand_on_one_page_and_changed_there() -> None:
    finance = sian()
    scrap, training = account(finance), account(finance, "Training", "prevention")
    client = as_user(finance)
    start = client.post(reverse("objectives:quality-cost-new"), {"site": finance.person.site_id, "month": "2026-10"})
    page = start["Location"]
    values = {f"account_{scrap.pk}": "100.50", f"account_{training.pk}": "", "net_sales": "2000", "version": "0"}
    done = client.post(page, values)
    statement = QualityCostStatement.objects.get()
    assert done["Location"] == url(statement)
    assert (statement.net_sales, rows()) == (Decimal(2000), [(Decimal("100.5"), True)])
    text = client.get(url(statement)).content.decode()
    for words in ("By both conventions", "100.50", "Failures only", "100.0 %", "5.03 %", "Siân Weber"):
        assert words in text, words
    left_out = client.post(page, values | {f"account_{scrap.pk}": "", "version": "1"})
    assert "Enter 0 to take it out" in left_out.content.decode()
    stale = client.post(page, values | {f"account_{training.pk}": "9", "version": "7"})
    assert "Somebody else has booked this month" in stale.content.decode()
    assert client.post(page, values | {f"account_{training.pk}": "9", "version": "1"}).status_code == 302
    assert rows() == [(Decimal("100.5"), True), (Decimal(9), True)]


def test_finance_confirms_on_the_page_with_a_fresh_proof() -> None:
    finance = sian()
    statement = booked(finance, OCTOBER, internal="100")
    client = as_user(finance)
    page = client.get(url(statement, "confirm")).content.decode()
    assert "Net sales are missing" in page
    assert client.post(url(statement, "confirm"), {"password": "wrong", "version": "1"}).status_code == 200
    client.post(url(statement, "confirm"), {"password": PASSWORD})
    assert QualityCostStatement.objects.get().status == "open", "one signs what one was shown"
    stale = client.post(url(statement, "confirm"), {"password": PASSWORD, "version": "0"}).content.decode()
    assert "Somebody else has changed this record" in stale
    assert client.post(url(statement, "confirm"), {"password": PASSWORD, "version": "1"}).status_code == 302
    assert QualityCostStatement.objects.get().status == "confirmed"
    book = reverse("objectives:quality-cost-book", args=[statement.site_id, "2026-10"])
    refused = client.get(book, follow=True).content.decode()
    assert "reopens it with a reason" in refused
    assert client.post(url(statement, "move", "reopen"), {"words": "A credit"}).status_code == 302
    assert QualityCostStatement.objects.get().status == "open"


def test_who_may_what() -> None:
    finance = sian()
    statement = booked(finance, OCTOBER, internal="100")
    manager, leader, stranger = as_user(hiro()), as_user(yusuf()), as_user(omar())
    assert manager.get(url(statement, "confirm")).status_code == 403, "the quality manager keeps, finance confirms"
    assert leader.get(url(statement)).status_code == 200
    assert leader.get(reverse("objectives:quality-cost-new")).status_code == 403
    assert stranger.get(url(statement)).status_code == 404
    assert stranger.get(reverse("objectives:quality-cost-book", args=[statement.site_id, "2026-10"])).status_code == 404
    confirmed(finance, statement)
    assert manager.post(url(statement, "move", "reopen"), {"words": "x"}).status_code == 403
    assert manager.get(reverse("objectives:quality-cost-book", args=[statement.site_id, "2999-10"])).status_code == 404


def test_account_pages_open_rename_and_take_out_of_use() -> None:
    finance = sian()
    client = as_user(finance)
    facts = {"site": finance.person.site_id, "name": "Scrap", "category": "internal_failure", "description": ""}
    assert client.post(reverse("objectives:quality-cost-account-new"), facts).status_code == 302
    scrap = QualityCostAccount.objects.get()
    again = client.post(reverse("objectives:quality-cost-account-new"), facts).content.decode()
    assert "There is an account of this name already." in again
    edit = reverse("objectives:quality-cost-account-edit", args=[scrap.pk])
    assert client.post(edit, {"name": "Scrapped parts", "category": "appraisal"}).status_code == 302
    client.post(reverse("objectives:quality-cost-account-use", args=[scrap.pk]), {"is_active": "0"})
    scrap.refresh_from_db()
    assert (scrap.name, scrap.category, scrap.is_active) == ("Scrapped parts", "appraisal", False)
    page = client.get(reverse("objectives:quality-cost-account-detail", args=[scrap.pk])).content.decode()
    for words in ("Account opened", "Account changed", "Taken out of use", "No objective names this account yet"):
        assert words in page, words
    assert as_user(omar()).get(edit).status_code == 404


def test_sheet_of_a_pack_shows_the_postings_of_the_cut_off() -> None:
    finance = sian()
    statement = booked(finance, OCTOBER, internal="100", prevention="50", sales="3000")
    content = json.loads(RecordVersion.objects.get(record=statement).content)
    service.post(
        site=statement.site, month=OCTOBER, account=account(finance), amount=Decimal(999), by=finance,
        at=NOW.replace(hour=20),
    )  # fmt: skip
    sheet = sheet_facts({statement.pk: content}, at=NOW, name=str, text=str)[statement.pk]
    assert [(line.label, str(line.amount)) for line in sheet["lines"][-2:]] == [
        ("Failures only", "100.00"), ("All four categories", "150.00"),
    ]  # fmt: skip
    assert (sheet["count"], sheet["is_as_frozen"], sheet["lines"][-1].of_sales) == (2, True, Decimal(5))
    later = sheet_facts({statement.pk: content}, at=NOW.replace(hour=21), name=str, text=str)[statement.pk]
    assert not later["is_as_frozen"]
