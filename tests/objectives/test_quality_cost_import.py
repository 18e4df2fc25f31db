"""Quality costs from a table: the plant's own two years, messy rows, accounts to open, and a second run."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.services import quality_cost_account
from objectives.services import quality_cost_import as service
from objectives.services.quality_cost import Posted
from objectives.services.quality_cost_import_columns import CannotRead, amount_reader, guess, month
from qms.models import Job, TrailEntry, User
from qms.services.sheet import xlsx_file
from tests.factories import NOW, hiro, yusuf
from tests.objectives.quality_costs import account, confirmed, posted, sian
from tests.objectives.test_quality_cost import as_user

pytestmark = pytest.mark.django_db
SAMPLE = Path(__file__).parents[1] / "data" / "quality_costs.csv"
HEAD = "Month,Account,Category,Amount,Net sales,Key"


def kept(by: User, *lines: str, head: str = HEAD) -> Job:
    source = io.BytesIO("\n".join([head, *lines]).encode())
    return service.keep(by.person.site, source, name="costs.csv", by=by, at=NOW)  # type: ignore[arg-type]


def checked(by: User, *lines: str, head: str = HEAD, mark: str = "") -> service.Check:
    job = kept(by, *lines, head=head)
    mapping = service.Mapping(guess(job.params["header"]), mark)
    return service.check(by.person.site, job, mapping, at=NOW)  # type: ignore[arg-type]


def applied(by: User, *lines: str, only: list[int] | None = None, **more: Any) -> Posted:
    job = kept(by, *lines)
    mapping = service.Mapping(guess(job.params["header"]))
    wanted = [line for line, _cells in job.params["rows"]] if only is None else only
    return service.apply(by.person.site, job, mapping, wanted, by=by, at=NOW, **more)  # type: ignore[arg-type]


def test_two_years_of_the_plant_open_nine_accounts_and_24_statements_and_a_second_run_changes_nothing() -> None:
    finance = sian()
    client = as_user(finance)

    def upload(data: bytes, name: str) -> Any:
        sent = {"file": SimpleUploadedFile(name, data), "site": finance.person.site_id}
        return client.post(reverse("objectives:quality-cost-import"), sent, follow=True)

    page = upload(SAMPLE.read_bytes(), "quality_costs.csv")
    assert dict(page.context["counts"]) == {"new": 216}
    assert [(a.name, a.category, a.rows) for a in page.context["new_accounts"]][:2] == [
        ("Scrap", "internal_failure", 24), ("Rework hours", "internal_failure", 24),
    ]  # fmt: skip
    assert not QualityCostAccount.objects.exists(), "a look writes nothing"
    names = [one.name for one in page.context["new_accounts"]]
    done = client.post(page.request["PATH_INFO"], {"which": "all", "account": names}, follow=True)
    assert "216 postings new, 0 replaced, in 24 months. 9 accounts opened." in done.content.decode()
    assert (QualityCostStatement.objects.count(), QualityCostPosting.objects.count()) == (24, 216)
    assert set(QualityCostStatement.objects.values_list("version", flat=True)) == {1}
    october = QualityCostStatement.objects.get(begins_on=date(2026, 10, 1))
    assert october.net_sales == Decimal(1519946)
    assert QualityCostPosting.objects.get(statement=october, account__name="Scrap").amount == Decimal("15561.35")
    assert TrailEntry.objects.filter(verb="quality_cost.opened").count() == 24
    posted_again = client.post(page.request["PATH_INFO"], {"which": "all", "account": names})
    assert (posted_again.status_code, QualityCostPosting.objects.count()) == (200, 216), "an upload is applied once"

    rows = list(csv.reader(io.StringIO(SAMPLE.read_text())))
    again = upload(xlsx_file(rows[0], [[*r[:3], float(r[3]), int(r[4])] for r in rows[1:]]).getvalue(), "again.xlsx")
    assert dict(again.context["counts"]) == {"unchanged": 216}
    entries = TrailEntry.objects.count()
    client.post(again.request["PATH_INFO"], {"which": "all"})
    assert (QualityCostPosting.objects.count(), TrailEntry.objects.count()) == (216, entries)


def test_messy_rows_say_why_and_can_be_downloaded() -> None:
    finance = sian()
    account(finance)
    off = account(finance, "Old account")
    quality_cost_account.set_use(off, is_active=False, by=finance, at=NOW)
    closed = posted(finance, "5", date(2026, 1, 1)).statements[0]
    confirmed(finance, closed)
    lines = [
        "2026-02,Scrap,,100.50,,", "2026-02,scrap ,,7,,", "sometime,Scrap,,1,,", ",Scrap,,1,,", "2027-02,Scrap,,1,,",
        "2026-03,,,1,,", "2026-03,Unheard of,,1,,", "2026-03,Unheard of,bribes,1,,", "2026-03,Scrap,,many,,",
        "2026-03,Old account,,1,,", "2026-04,Scrap,,1,5000,A", "2026-04,Scrap,,1,6000,B", "2026-04,Scrap,,1,,A",
        "2026-05,Scrap,,,,", "2026-01,Scrap,,6,,", "2026-06,Scrap,,1,-4,", "2026-07,New,prevention,1,,",
        "2026-07,New,appraisal,1,,N2",
    ]  # fmt: skip
    job = kept(finance, *lines)
    found = service.check(finance.person.site, job, service.Mapping(guess(job.params["header"])), at=NOW)  # type: ignore[arg-type]
    told = {row.line: row.message for row in found.of("problem")}
    assert told == {
        3: "Line 2 holds this account and month already. Add the two up, or give every row a key of its own.",
        4: "“sometime” is no month that can be read. Write it like 2026-10.",
        5: "There is no month.",
        6: "This month is still to come.",
        7: "There is no account.",
        8: "This account is not kept here, and the row names no category to open it in.",
        9: "“bribes” is no category: prevention, appraisal, internal failure or external failure.",
        10: "“many” is no amount.",
        11: "The account “Old account” is out of use. Take it into use again, or leave the row.",
        13: "Line 12 gives other net sales for this month: 5,000.00.",
        14: "Line 12 holds the same key in this month already.",
        15: "There is no amount.",
        16: "January 2026 at Denver plant is confirmed by finance (COQ-DEN-2026-0001). Somebody from finance reopens "
        "it with a reason on its page; then post again.",
        17: "Net sales of “-4” cannot be. Leave the cell empty when they are not known.",
        19: "Line 18 names another category for this new account.",
    }
    address = reverse("objectives:quality-cost-import-problems", args=[job.uid])
    text = b"".join(as_user(finance).get(address).streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (len(rows), rows[1]["Month"], rows[1]["Why not posted"]) == (15, "sometime", told[4])
    assert as_user(hiro()).get(address).status_code == 404, "somebody else's upload"


def test_only_chosen_lines_are_posted_and_accounts_not_ticked_stay_out() -> None:
    finance = sian()
    account(finance)
    lines = (
        "2026-02,Scrap,,1,,",
        "2026-03,Scrap,,2,,",
        "2026-03,Audits,appraisal,3,,",
        "2026-03,Courses,prevention,4,,",
    )
    done = applied(finance, *lines, only=[3, 4, 5], opening=["Courses"])
    assert done.new == 2
    assert sorted(QualityCostPosting.objects.values_list("account__name", "amount")) == [
        ("Courses", Decimal(4)), ("Scrap", Decimal(2)),
    ]  # fmt: skip
    assert not QualityCostAccount.objects.filter(name="Audits").exists()


def test_changed_amount_and_sales_are_told_before_they_are_posted() -> None:
    finance = sian()
    applied(finance, "2026-02,Scrap,internal failure,100,5000,")
    (row,) = checked(finance, "2026-02,Scrap,appraisal,100,6000,").rows
    assert (row.outcome, row.message) == (
        "changed", "100.00 stands already. The file says “appraisal”; the account stays with “Internal failure”. "
        "Net sales of the month: 5,000.00 becomes 6,000.00.",
    )  # fmt: skip
    done = applied(finance, "2026-02,Scrap,,110,6000,")
    assert (done.changed, QualityCostStatement.objects.get().net_sales) == (1, Decimal(6000))
    assert QualityCostPosting.objects.count() == 2, "the replaced row stays"


@pytest.mark.parametrize(
    ("cells", "mark", "value"),
    [
        (["15887.45"], "", "15887.45"),
        (["1,411,633"], "", "1411633"),
        (["1.411.633,50"], "", "1411633.50"),
        (["1,234", "5,678.90"], "", "1234"),
        (["1.234", "5.678,90"], "", "1234"),
        (["1,234"], "comma", "1.234"),
        (["1,234"], "point", "1234"),
        (["$ 1 234.50"], "", "1234.50"),
        (["USD 12.50"], "", "12.50"),
        (["(12.50)"], "", "-12.50"),
        (["12.50-"], "", "-12.50"),
        (["1’234.50"], "", "1234.50"),
    ],
)
def test_amounts_are_read_as_the_column_shows_them(cells: list[str], mark: str, value: str) -> None:
    assert amount_reader(cells, mark)(cells[0]) == Decimal(value)


@pytest.mark.parametrize("cell", ["1,234", "12.34.56", "=1+1", "1,23,4", "one", "--5"])
def test_amount_that_may_mean_two_things_or_none_is_refused(cell: str) -> None:
    with pytest.raises(CannotRead):
        amount_reader([cell], "")(cell)


@pytest.mark.parametrize(
    "text", ["2026-10", "2026-10-31", "2026-10-01 00:00:00", "10/2026", "10.2026", "Oct 2026", "October 2026", "Oct-26"]
)
def test_months_are_read_as_people_write_them(text: str) -> None:
    assert month(text) == date(2026, 10, 1)


def test_columns_without_a_meaning_are_asked_for_and_may_be_chosen() -> None:
    finance = sian()
    account(finance)
    job = kept(finance, "2026-02,Scrap,12", head="Wann,Was,Wieviel")
    client = as_user(finance)
    page = reverse("objectives:quality-cost-import-check", args=[job.uid])
    assert "Choose the columns that hold: Month, Account, Amount." in client.get(page).content.decode()
    chosen = {"month": "0", "account": "1", "amount": "2", "category": "", "net_sales": "", "key": "", "mark": ""}
    assert dict(client.get(page, chosen).context["counts"]) == {"new": 1}
    assert "cannot mean two things" in client.get(page, chosen | {"amount": "1"}).content.decode()


def test_who_only_reads_imports_nothing() -> None:
    client = as_user(yusuf())
    assert client.get(reverse("objectives:quality-cost-import")).status_code == 403
