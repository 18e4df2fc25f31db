"""Postings of the cost of quality, from the books: each known by its key, so that sending it again adds nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from objectives.models import QualityCostAccount, QualityCostPosting
from objectives.services.quality_cost import Entry, MonthConfirmed, Posted, month_of, post_many
from qms.api.bearer import Bearer, caller, refuse_narrow
from qms.api.errors import READING, WRITING, Refused
from qms.api.place import site_of
from qms.api.record import Word, as_json, record_address, refuse_unknown
from qms.models import ApiToken, Site
from qms.permissions import Permission

router = Router(tags=["Cost of quality"])
MOST = 500


class PostingIn(Schema):
    """One amount on an account in a month. Without a key it is the account's total of the month."""

    month: date = Field(description="Any day of the month.")
    account: Word = Field(description="The account's name; see /api/v1/cost-accounts.")
    amount: Decimal = Field(max_digits=16, decimal_places=2)
    key: str = Field("", max_length=120, pattern=r"^[^\x00]*$", description="Your own number of it, such as a voucher.")


class PostingsIn(Schema):
    """Postings of one site, all or none. ``site``: the code; without it the token owner's own."""

    site: Word | None = None
    postings: Annotated[list[PostingIn], Field(min_length=1, max_length=MOST)]


class StatementLine(Schema):
    uid: UUID
    reference: str
    month: date
    url: str


class PostedOut(Schema):
    """How many postings were new, replaced an older one, or said nothing new; and the statements they stand in."""

    new: int
    changed: int
    unchanged: int
    statements: list[StatementLine]


class AccountLine(Schema):
    name: str
    category: str
    site: str


class AtSite(Schema):
    site: Word | None = Field(None, description="The site's code; without it the token owner's own.")


@router.get(
    "/cost-accounts", auth=Bearer(None, Permission.RECORD_VIEW), response=READING | {200: list[AccountLine]},
    url_name="cost-accounts",
)  # fmt: skip
def cost_accounts(request: HttpRequest, place: Query[AtSite]) -> HttpResponse:
    """The accounts in use at a site."""
    refuse_narrow(request)
    refuse_unknown(request, AtSite)
    site = site_of(caller(request), place.site)
    rows = QualityCostAccount.objects.filter(site=site, is_active=True).order_by("category", "name", "pk")
    return as_json([{"name": row.name, "category": row.category, "site": site.code} for row in rows])


@router.post(
    "/cost-postings", auth=Bearer(ApiToken.Scope.COST, Permission.COST_EDIT), response=WRITING | {200: PostedOut},
    url_name="cost-postings",
)  # fmt: skip
def post_costs(request: HttpRequest, sent: PostingsIn) -> HttpResponse:
    """Post amounts. The same key and amount again changes nothing; another amount replaces the key's, in the trail."""
    refuse_narrow(request)
    user = caller(request)
    site = site_of(user, sent.site)
    entries = entries_of(sent.postings, site)
    try:
        done = post_many(
            site=site, entries=entries, source=QualityCostPosting.Source.API, by=user, at=timezone.now()
        )  # fmt: skip
    except MonthConfirmed as error:
        raise Refused(409, str(error)) from error
    except IntegrityError as error:
        raise Refused(409, _("It was sent twice at once. Send it again.")) from error
    return told(done)


def entries_of(postings: list[PostingIn], site: Site) -> list[Entry]:
    """The postings with their accounts. Raises ValidationError, naming the posting whose account is not there."""
    accounts = {row.name: row for row in QualityCostAccount.objects.filter(site=site, is_active=True)}
    wrong = {
        f"postings.{number}.account": _("There is no account of that name in use. See /api/v1/cost-accounts.")
        for number, posting in enumerate(postings)
        if posting.account not in accounts
    }
    if wrong:
        raise ValidationError(wrong)
    return [Entry(month_of(p.month), accounts[p.account], p.amount, p.key) for p in postings]


def told(done: Posted) -> HttpResponse:
    """What posting did, as JSON."""
    address = record_address()
    statements = [
        {"uid": str(s.uid), "reference": s.reference, "month": s.begins_on.isoformat(), "url": address.format(s.uid)}
        for s in done.statements
    ]
    return as_json(
        {"new": done.new, "changed": done.changed, "unchanged": done.unchanged, "statements": statements}
    )  # fmt: skip
