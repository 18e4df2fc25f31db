"""Quality costs from a table: the columns get a meaning, every row says what it would do, the chosen ones are posted.

An upload is kept as a job until it is applied; what the columns mean travels with the request, so that the preview can
be shown again with another meaning, and a second run of the same file finds every key as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import IO

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.services import quality_cost, quality_cost_account
from objectives.services import quality_cost_import_columns as meaning
from objectives.services.quality_cost import Entry, Posted, exact, month_words, total_key
from objectives.services.quality_cost_import_columns import CannotRead
from qms.models import Job, Site, User, site_today
from qms.models.person import searchable
from qms.services import job as job_service
from qms.services.sheet import SheetRefused, read_sheet

JOB_KIND = "quality-cost-import"
MAX_ROWS = 20_000
LONGEST = 120
"""Characters of an account's name, and of a key."""
OUTCOMES = ("problem", "new", "changed", "unchanged")


class MappingRefused(ValueError):
    """The columns cannot mean this; the message says what to do."""


class AlreadyApplied(Exception):
    """This upload was posted before. Upload the file again to post it again."""


@dataclass(frozen=True)
class Mapping:
    """Which column (its index) holds which field, and the decimal mark where the file leaves it open."""

    columns: dict[str, int]
    mark: str = ""


@dataclass(eq=False)
class Row:
    """One line: what it says, and what posting it would do: new, changed, unchanged or problem."""

    line: int
    cells: list[str]
    outcome: str = "problem"
    message: str = ""
    month: date | None = None
    account_name: str = ""
    account: QualityCostAccount | None = None
    category: str = ""
    amount: Decimal | None = None
    sales: Decimal | None = None
    key: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def is_usable(self) -> bool:
        return self.outcome in {"new", "changed"}

    @property
    def month_words(self) -> str:
        return month_words(self.month) if self.month else ""


@dataclass(frozen=True)
class NewAccount:
    """An account the file names and the site does not keep: it is opened with the import if the user wants it."""

    name: str
    category: str
    rows: int

    @property
    def category_words(self) -> str:
        return str(QualityCostAccount.Category(self.category).label)


@dataclass(frozen=True)
class Check:
    """All rows in the order of the file, and the accounts that would be opened."""

    rows: list[Row]
    new_accounts: list[NewAccount]

    def of(self, *outcomes: str) -> list[Row]:
        return [row for row in self.rows if row.outcome in outcomes]


def keep(site: Site, source: IO[bytes], *, name: str, by: User, at: datetime) -> Job:
    """Read the table and keep it with the site it is for. Raises SheetRefused. Writes nothing but the job."""
    table = read_sheet(source)
    if not table.rows:
        raise SheetRefused(_("There is a heading but no row below it. Choose the file that holds the costs."))
    if len(table.rows) > MAX_ROWS:
        raise SheetRefused(_("The table has more than %d rows. Split it and import the parts one by one.") % MAX_ROWS)
    params = {"site": site.pk, "header": table.header, "rows": [[n, cells] for n, cells in table.rows]}
    return job_service.start(JOB_KIND, name, by=by, at=at, total=len(table.rows), params=params)


def check(
    site: Site, job: Job, mapping: Mapping, *, at: datetime, opening: Iterable[str] | None = None
) -> Check:  # fmt: skip
    """What each line would do, without writing; three queries, whatever the number of lines.

    ``opening``: the names of unknown accounts that will be opened (None: all that have a category). Raises
    MappingRefused without a column for month, account and amount.
    """
    if missing := [str(meaning.FIELDS[name]) for name in meaning.NEEDED if name not in mapping.columns]:
        raise MappingRefused(_("Choose the columns that hold: %s.") % ", ".join(missing))
    if len(set(mapping.columns.values())) < len(mapping.columns):
        raise MappingRefused(_("One column cannot mean two things. Leave one of them out."))
    reader = _Reader(site, job, mapping, today=site_today(site, at), opening=opening)
    return Check(reader.rows(), reader.new_accounts())


@transaction.atomic
def apply(
    site: Site, job: Job, mapping: Mapping, lines: Iterable[int], *, by: User, at: datetime,
    opening: Iterable[str] | None = None,
) -> Posted:  # fmt: skip
    """Post the chosen lines that would do something; lines with a problem are left out.

    Side effects, all in one transaction: the accounts to open, postings, one version and trail entry per statement;
    the job ends, and says what it did. Raises MappingRefused, AlreadyApplied, MonthConfirmed, ValidationError.
    """
    locked = Job.objects.select_for_update().get(pk=job.pk)
    if locked.status != Job.Status.QUEUED:
        raise AlreadyApplied
    wanted = set(lines)
    found = check(site, locked, mapping, at=at, opening=opening)
    chosen = [row for row in found.rows if row.is_usable and row.line in wanted]
    opened: dict[str, QualityCostAccount] = {}
    for row in chosen:
        name = searchable(row.account_name)
        if row.account is None and name not in opened:
            facts = {"name": row.account_name, "category": row.category}
            opened[name] = quality_cost_account.add(site=site, **facts, by=by, at=at)
    entries, sales = [], {}
    for row in chosen:
        assert row.month is not None and row.amount is not None  # noqa: S101, PT018  usable rows have both
        account = row.account or opened[searchable(row.account_name)]
        entries.append(Entry(row.month, account, row.amount, row.key))
        if row.sales is not None:
            sales[row.month] = row.sales
    done = quality_cost.post_many(
        site=site, entries=entries, sales=sales, source=QualityCostPosting.Source.SHEET, by=by, at=at,
        facts={"file": locked.label},
    )  # fmt: skip
    locked.status, locked.finished_at, locked.done = Job.Status.DONE, at, len(entries)
    locked.message = outcome_words(done, len(opened))
    locked.save(update_fields=["status", "finished_at", "done", "message"])
    job.status, job.message = locked.status, locked.message
    return done


def outcome_words(done: Posted, opened: int) -> str:
    """What the import did, in one sentence."""
    words = _("%(new)d postings new, %(changed)d replaced, in %(n)d months.") % {
        "new": done.new, "changed": done.changed, "n": len(done.statements),
    }  # fmt: skip
    more = ngettext("%d account opened.", "%d accounts opened.", opened) % opened if opened else ""
    return f"{words} {more}".strip()


class _Reader:
    """Reads rows one by one, with everything they are compared with loaded once."""

    def __init__(
        self, site: Site, job: Job, mapping: Mapping, *, today: date, opening: Iterable[str] | None
    ) -> None:  # fmt: skip
        self.site, self.mapping, self.this_month = site, mapping, quality_cost.month_of(today)
        self.lines: list[Row] = [Row(line, cells) for line, cells in job.params["rows"]]
        self.opening = None if opening is None else {searchable(name) for name in opening}
        self.accounts = quality_cost_account.by_name(site)
        self.unknown: dict[str, list[Row]] = {}
        self.sales: dict[date, tuple[Decimal, int]] = {}
        self.seen: dict[tuple[date, str], int] = {}
        self.amount = self._amounts("amount")
        self.sales_amount = self._amounts("net_sales")

    def rows(self) -> list[Row]:
        """Every line with its outcome."""
        readable = [row for row in self.lines if self._read(row)]
        months = {row.month for row in readable if row.month}
        statements = {
            one.begins_on: one
            for one in QualityCostStatement.objects.filter(site=self.site, begins_on__in=months)
            .exclude(status=QualityCostStatement.Status.WITHDRAWN).select_related("site").order_by("pk")
        }  # fmt: skip
        postings = QualityCostPosting.objects.filter(statement__in=list(statements.values()), replaced_at=None)
        month_by_pk = {one.pk: month for month, one in statements.items()}
        current = {(month_by_pk[p.statement_id], p.key): p for p in postings}
        for row in readable:
            assert row.month is not None  # noqa: S101  readable rows have a month
            key = row.key or (total_key(row.account) if row.account else "")
            self._judge(row, statements.get(row.month), current.get((row.month, key)))
        return self.lines

    def new_accounts(self) -> list[NewAccount]:
        """The unknown accounts with a category, in the order of the file; after ``rows``."""
        return [NewAccount(rows[0].account_name, rows[0].category, len(rows)) for rows in self.unknown.values()]

    def _amounts(self, name: str) -> Callable[[str], Decimal]:
        return meaning.amount_reader([self._cell(row, name) for row in self.lines], self.mapping.mark)

    def _cell(self, row: Row, name: str) -> str:
        index = self.mapping.columns.get(name)
        return " ".join(row.cells[index].split()) if index is not None and index < len(row.cells) else ""

    def _read(self, row: Row) -> bool:
        """Put what the cells say into the row; False with the message where that cannot be."""
        try:
            row.month = meaning.month(self._cell(row, "month"))
            if row.month > self.this_month:
                raise CannotRead(_("This month is still to come."))
            row.account_name = self._cell(row, "account")
            row.key = self._cell(row, "key")
            self._read_account(row)
            given = self.amount(self._cell(row, "amount"))
            row.amount = exact(given)
            if row.amount != given:
                row.notes.append(_("Rounded to %s.") % f"{row.amount:,.2f}")
            self._read_sales(row, row.month)
            self._refuse_twice(row, row.month)
        except (CannotRead, ValidationError) as error:
            row.message = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            return False
        return True

    def _read_account(self, row: Row) -> None:
        if not row.account_name:
            raise CannotRead(_("There is no account."))
        if max(len(row.account_name), len(row.key)) > LONGEST:
            raise CannotRead(_("The account's name or the key is longer than %d characters.") % LONGEST)
        word = self._cell(row, "category")
        row.category = meaning.category(word)
        row.account = self.accounts.get(searchable(row.account_name))
        if row.account is None:
            self._read_unknown(row, word)
        elif not row.account.is_active:
            raise CannotRead(_("The account “%s” is out of use. Take it into use again, or leave the row.") % (
                row.account.name
            ))  # fmt: skip
        elif row.category and row.category != row.account.category:
            row.notes.append(_("The file says “%(file)s”; the account stays with “%(here)s”.") % {
                "file": word, "here": row.account.get_category_display(),
            })  # fmt: skip

    def _read_unknown(self, row: Row, word: str) -> None:
        name = searchable(row.account_name)
        first = self.unknown.get(name)
        if first and (not row.category or row.category == first[0].category):
            row.category = first[0].category
        elif first:
            raise CannotRead(_("Line %d names another category for this new account.") % first[0].line)
        elif not row.category:
            raise CannotRead(
                _("“%s” is no category: prevention, appraisal, internal failure or external failure.") % word
                if word else _("This account is not kept here, and the row names no category to open it in.")
            )  # fmt: skip
        self.unknown.setdefault(name, []).append(row)
        if self.opening is not None and name not in self.opening:
            raise CannotRead(_("The account is not kept here, and is not to be opened."))
        row.notes.append(_("Opens the account in “%s”.") % QualityCostAccount.Category(row.category).label)

    def _read_sales(self, row: Row, month: date) -> None:
        text = self._cell(row, "net_sales")
        if not text:
            return
        sales = exact(self.sales_amount(text))
        if sales <= 0:
            raise CannotRead(_("Net sales of “%s” cannot be. Leave the cell empty when they are not known.") % text)
        first, line = self.sales.setdefault(month, (sales, row.line))
        if first != sales:
            raise CannotRead(_("Line %(n)d gives other net sales for this month: %(sales)s.") % {
                "n": line, "sales": f"{first:,.2f}",
            })  # fmt: skip
        row.sales = sales

    def _refuse_twice(self, row: Row, month: date) -> None:
        key = row.key or f"account {searchable(row.account_name)}"
        if (line := self.seen.setdefault((month, key), row.line)) != row.line:
            raise CannotRead(
                _("Line %d holds the same key in this month already.") % line if row.key else
                _("Line %d holds this account and month already. Add the two up, or give every row a key of its own.")
                % line
            )  # fmt: skip

    def _judge(self, row: Row, statement: QualityCostStatement | None, stands: QualityCostPosting | None) -> None:
        amount = f"{row.amount:,.2f}"
        if stands is None:
            row.outcome, row.message = "new", amount
        elif row.account and (stands.account_id, stands.amount) == (row.account.pk, row.amount):
            row.outcome, row.message = "unchanged", _("%s stands already.") % amount
        else:
            row.outcome = "changed"
            row.message = _("%(old)s becomes %(new)s; the old row stays visible.") % {
                "old": f"{stands.amount:,.2f}", "new": amount,
            }  # fmt: skip
        before = statement.net_sales if statement else None
        if row.sales is not None and statement is not None and row.sales != before:
            row.outcome = "changed" if row.outcome == "unchanged" else row.outcome
            row.notes.append(_("Net sales of the month: %(old)s becomes %(new)s.") % {
                "old": f"{before:,.2f}" if before is not None else "–", "new": f"{row.sales:,.2f}",
            })  # fmt: skip
        if row.is_usable and statement is not None and statement.status == QualityCostStatement.Status.CONFIRMED:
            row.outcome, row.message = "problem", quality_cost.confirmed_words(statement)
        row.message = " ".join([row.message, *row.notes])
