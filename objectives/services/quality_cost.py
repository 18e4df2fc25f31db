"""Statements of the cost of quality: postings come in by month, finance confirms the month, or reopens it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from qms.models import Organization, Site, User, site_today
from qms.services import record as record_service
from qms.services import trail
from qms.services.wording import said

NAMESPACE = uuid.UUID("6e1c9f44-0f1b-4d0a-9a55-5b6f0a7d6101")
Source = QualityCostPosting.Source
Status = QualityCostStatement.Status
CENT = Decimal("0.01")
MOST = Decimal("99999999999999.99")
CONFIRMATION = "I confirm as finance: the cost of quality of %s as stated"
DUE_DAY = 15
"""Day of the following month on which a statement is due to be confirmed: books are closed by then."""
BATCH = 1_000


class MonthConfirmed(Exception):
    """Finance has confirmed the month; the message says who, when, and how to go on. ``statement`` is the one."""

    def __init__(self, statement: QualityCostStatement, words: str) -> None:
        self.statement = statement
        super().__init__(words)


class CannotConfirm(Exception):
    """The statement cannot be confirmed as it stands; the message says why."""


@dataclass(frozen=True)
class Entry:
    """An amount for an account and a month, known by its key; an empty key stands for the account's month total."""

    month: date
    account: QualityCostAccount
    amount: Decimal
    key: str = ""

    @property
    def full_key(self) -> str:
        return self.key.strip() or total_key(self.account)


@dataclass
class Posted:
    """What posting did: statements in the order of their months, and how many postings were new, changed, the same."""

    statements: list[QualityCostStatement] = field(default_factory=list)
    new: int = 0
    changed: int = 0
    unchanged: int = 0


def total_key(account: QualityCostAccount) -> str:
    """The key of an account's one posting per month, whichever way it comes in; a rename does not change it."""
    return f"total-{account.pk}"


def month_of(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def month_words(month: date) -> str:
    """“October 2026”."""
    return str(date_format(month, "F Y"))


@transaction.atomic
def post(
    *, site: Site, month: date, account: QualityCostAccount, amount: Decimal, key: str = "", source: str = Source.HAND,
    by: User, at: datetime,
) -> Posted:  # fmt: skip
    """Post one amount, known by its key; opens the month's statement where there is none yet.

    The same key with the same amount and account changes nothing, in a confirmed month too; with another it replaces
    the old row, which stays.
    Side effects: the posting, the statement's version and trail. Raises MonthConfirmed, ValidationError.
    """
    return post_many(site=site, entries=[Entry(month, account, amount, key)], source=source, by=by, at=at)


@transaction.atomic
def post_many(
    *, site: Site, entries: Sequence[Entry], source: str, by: User, at: datetime,
    sales: Mapping[date, Decimal | None] | None = None, notes: Mapping[date, str] | None = None,
    versions: Mapping[date, int] | None = None, facts: Mapping[str, Any] | None = None,
) -> Posted:  # fmt: skip
    """Post many amounts at a site, with net sales and notes by month; one version and trail entry per statement.

    ``versions``: the statements' versions as the user saw them. ``facts`` go into the trail. All or nothing. Raises
    MonthConfirmed, StaleRecord, ValidationError (another site's account, a month to come, a key twice, an amount).
    """
    sales, notes = sales or {}, notes or {}
    _refuse_wrong(site, entries, at=at)
    done = Posted()
    for month in sorted({entry.month for entry in entries} | sales.keys() | notes.keys()):
        own = [entry for entry in entries if entry.month == month]
        own_facts: dict[str, Any] = {"net_sales": sales[month]} if month in sales else {}
        own_facts |= {"note": notes[month].strip()} if month in notes else {}
        version = (versions or {}).get(month)
        statement, is_new = _statement_for(site, month, own_facts, by=by, at=at, version=version)
        is_changed = is_new or any(getattr(statement, name) != value for name, value in own_facts.items())
        for name, value in own_facts.items():
            setattr(statement, name, value)
        told = _differences(statement, own, source=source, by=by, at=at)
        if (is_changed or told) and statement.status == Status.CONFIRMED:
            raise MonthConfirmed(statement, confirmed_words(statement))
        if is_changed or told:
            _write(told, at=at)
            verb = "quality_cost.opened" if is_new else "quality_cost.posted"
            record_service.seal(statement, verb, by=by, at=at, facts=_told(told, source) | dict(facts or {}))
        replaced = sum(old is not None for _new, old in told)
        done.statements.append(statement)
        done.new, done.changed = done.new + len(told) - replaced, done.changed + replaced
        done.unchanged += len(own) - len(told)
    return done


@transaction.atomic
def confirm(
    statement: QualityCostStatement, *, method: str, by: User, at: datetime, version: int | None = None
) -> QualityCostStatement:  # fmt: skip
    """Confirm the month as finance and close it. The caller re-authenticated ``by`` just now (``method`` says how).

    The day of the confirmation becomes the event date: from then on it is evidence. Side effects: a version, the
    trail, clause links, a signature under the new version. Raises CannotConfirm, StaleRecord, IllegalTransition.
    """
    current = record_service.lock(statement, version=version)
    record_service.move(current, Status.CONFIRMED)
    if not current.postings.filter(replaced_at=None).exists():
        raise CannotConfirm(_("Nothing is booked in this month yet."))
    today = site_today(current.site, at)
    if month_of(today) <= current.begins_on:
        raise CannotConfirm(_("%s has not ended yet. Confirm it when the books are closed.") % (
            month_words(current.begins_on)
        ))  # fmt: skip
    current.occurred_on = today
    record_service.seal(current, "quality_cost.confirmed", by=by, at=at)
    meaning = CONFIRMATION % current.begins_on.strftime("%Y-%m")
    record_service.sign(current, meaning=meaning, by=by, at=at, method=method)
    return current


@transaction.atomic
def reopen(
    statement: QualityCostStatement, *, reason: str, by: User, at: datetime, version: int | None = None
) -> QualityCostStatement:  # fmt: skip
    """Take the confirmation back so that the month can be corrected; it counts again when it is confirmed again.

    Writes a version, the trail, clause links. Raises ReasonMissing, StaleRecord, IllegalTransition.
    """
    reason = said(reason)
    current = record_service.lock(statement, version=version)
    record_service.move(current, Status.OPEN)
    return record_service.seal(current, "quality_cost.reopened", by=by, at=at, reason=reason)


@transaction.atomic
def withdraw(
    statement: QualityCostStatement, *, reason: str, by: User, at: datetime, version: int | None = None
) -> QualityCostStatement:  # fmt: skip
    """The month should never have been entered here; its postings count no more, and stay readable.

    Writes a version and the trail. Raises ReasonMissing, StaleRecord, IllegalTransition (a confirmed month).
    """
    reason = said(reason)
    current = record_service.lock(statement, version=version)
    record_service.move(current, Status.WITHDRAWN)
    return record_service.seal(current, "quality_cost.withdrawn", by=by, at=at, reason=reason)


def statement_of(site: Site, month: date) -> QualityCostStatement | None:
    """The site's statement of the month, unless it was withdrawn or there is none."""
    rows = QualityCostStatement.objects.filter(site=site, begins_on=month).exclude(status=Status.WITHDRAWN)
    return rows.select_related("site").order_by("-pk").first()


def confirmed_words(statement: QualityCostStatement) -> str:
    """Why nothing can be posted to a confirmed month, and the way out."""
    return _(
        "%(month)s at %(site)s is confirmed by finance (%(reference)s). Somebody from finance reopens it with a reason "
        "on its page; then post again."
    ) % {
        "month": month_words(statement.begins_on), "site": statement.site.name, "reference": statement.reference,
    }  # fmt: skip


def exact(amount: Decimal) -> Decimal:
    """The amount in cents, half a cent rounded away from zero. Raises ValidationError for what no amount can be."""
    if not amount.is_finite() or abs(amount) > MOST:
        raise ValidationError({"amount": _("This is no amount that can be booked.")})
    return amount.quantize(CENT, ROUND_HALF_UP)


def _statement_for(
    site: Site, month: date, facts: Mapping[str, Any], *, by: User, at: datetime, version: int | None
) -> tuple[QualityCostStatement, bool]:  # fmt: skip
    """The month's statement, locked; opened with its facts where there is none (True)."""
    trail.lock_chain(f"quality_cost:{site.pk}:{month:%Y-%m}")
    found = statement_of(site, month)
    if found is not None:
        return record_service.lock(found, version=version), False
    number = QualityCostStatement.objects.filter(site=site, begins_on=month).count()
    statement = QualityCostStatement(
        uid=uuid.uuid5(NAMESPACE, f"{site.pk} {month:%Y-%m} {number}"), site=site, owner=by.person, begins_on=month,
        title=_("Cost of quality, %s") % month_words(month), currency=Organization.current().currency,
        occurred_on=site_today(site, at), due_on=_next_month(month).replace(day=DUE_DAY), **facts,
    )  # fmt: skip
    return record_service.open_new(statement, by=by, at=at), True


Change = tuple[QualityCostPosting, QualityCostPosting | None]
"""A posting, and the one it replaces."""


def _differences(
    statement: QualityCostStatement, entries: Sequence[Entry], *, source: str, by: User, at: datetime
) -> list[Change]:  # fmt: skip
    """The rows that are not there as they should be, unsaved, each with the one it replaces."""
    keys = {entry.full_key for entry in entries}
    rows = statement.postings.filter(replaced_at=None).select_related("account")
    current = {row.key: row for row in rows if row.key in keys}
    told: list[Change] = []
    for entry in entries:
        old, amount = current.get(entry.full_key), exact(entry.amount)
        if old is not None and (old.account_id, old.amount) == (entry.account.pk, amount):
            continue
        posting = QualityCostPosting(
            statement=statement, account=entry.account, amount=amount, key=entry.full_key, source=source,
            recorded_at=at, recorded_by=by,
        )  # fmt: skip
        record_service.validate(posting)
        told.append((posting, old))
    return told


def _write(told: Sequence[Change], *, at: datetime) -> None:
    replaced = [old.pk for _new, old in told if old is not None]
    for start in range(0, len(replaced), BATCH):
        QualityCostPosting.objects.filter(pk__in=replaced[start : start + BATCH]).update(replaced_at=at)
    QualityCostPosting.objects.bulk_create([new for new, _old in told], batch_size=BATCH)


SHOWN_IN_TRAIL = 30


def _told(told: Sequence[Change], source: str) -> dict[str, Any]:
    """What the trail says of postings: how many, which way, and each one as long as they can be read."""
    if not told:
        return {}
    lines = [
        f"{new.account.name}: {f'{old.amount:,.2f} → ' if old else ''}{new.amount:,.2f}"
        for new, old in told[:SHOWN_IN_TRAIL]
    ]
    more = {"more": len(told) - SHOWN_IN_TRAIL} if len(told) > SHOWN_IN_TRAIL else {}
    return {"source": str(Source(source).label), "posted": lines} | more


def _refuse_wrong(site: Site, entries: Sequence[Entry], *, at: datetime) -> None:
    this_month = month_of(site_today(site, at))
    seen: set[tuple[date, str]] = set()
    for entry in entries:
        if entry.account.site_id != site.pk:
            raise ValidationError({"account": _("The account belongs to another site.")})
        if not entry.account.is_active:
            raise ValidationError({"account": _("The account “%s” is out of use.") % entry.account.name})
        if entry.month != month_of(entry.month):
            raise TypeError("A month is given by its first day.")
        if entry.month > this_month:
            raise ValidationError({"month": _("%s is still to come.") % month_words(entry.month)})
        place = (entry.month, entry.full_key)
        if place in seen:
            raise ValidationError({"key": _("The key “%s” stands twice in one month.") % entry.full_key})
        seen.add(place)


def _next_month(month: date) -> date:
    return month_of(month + timedelta(days=32))
