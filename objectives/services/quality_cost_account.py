"""The accounts a plant books the cost of quality on: opened, renamed, taken out of use and into use again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import QualityCostAccount
from qms.models import Site, User
from qms.models.person import searchable
from qms.services import record as record_service
from qms.services import trail

FIELDS = ("name", "category", "description")


@transaction.atomic
def add(
    *, site: Site, name: str, category: str, description: str = "", by: User, at: datetime
) -> QualityCostAccount:  # fmt: skip
    """Open an account at a site. Writes the trail. Raises ValidationError by field (the name is taken, too)."""
    trail.lock_chain(f"quality_cost_accounts:{site.pk}")
    account = QualityCostAccount(site=site, name=tidy(name), category=category, description=description.strip())
    record_service.validate(account)
    _refuse_taken(account)
    account.save(force_insert=True)
    facts = {"name": account.name, "category": str(account.get_category_display()), "site": site.code}
    trail.write(account, "quality_cost_account.added", by=by, at=at, changes=facts, is_first=True)
    return account


@transaction.atomic
def change(account: QualityCostAccount, *, by: User, at: datetime, **facts: Any) -> QualityCostAccount:
    """Rename or describe an account (any of FIELDS); its category only as long as nothing is booked on it.

    Months that finance has confirmed keep the name they were confirmed with. The same facts again write nothing.
    Writes the trail. Raises ValidationError by field.
    """
    if unknown := facts.keys() - set(FIELDS):
        raise TypeError(f"An account cannot be changed in {sorted(unknown)}.")
    trail.lock_chain(f"quality_cost_accounts:{account.site_id}")
    locked = QualityCostAccount.objects.select_for_update().get(pk=account.pk)
    changed: dict[str, list[str]] = {}
    for name, value in facts.items():
        tidied = tidy(value) if name == "name" else value.strip()
        if tidied != getattr(locked, name):
            changed[name] = [_shown(locked, name)]
            setattr(locked, name, tidied)
            changed[name].append(_shown(locked, name))
    if not changed:
        return locked
    if "category" in changed and locked.postings.exists():
        raise ValidationError({"category": _("Costs are booked on it already, and figures of past months would move. "
                                             "Take it out of use and open another account.")})  # fmt: skip
    record_service.validate(locked)
    _refuse_taken(locked)
    locked.save()
    trail.write(locked, "quality_cost_account.changed", by=by, at=at, changes=changed)
    return locked


@transaction.atomic
def set_use(account: QualityCostAccount, *, is_active: bool, by: User, at: datetime) -> QualityCostAccount:
    """Take an account out of use, or into use again; what is booked on it stays. Writes the trail."""
    locked = QualityCostAccount.objects.select_for_update().get(pk=account.pk)
    if locked.is_active == is_active:
        return locked
    locked.is_active = is_active
    locked.save(update_fields=["is_active"])
    verb = "quality_cost_account.reactivated" if is_active else "quality_cost_account.deactivated"
    trail.write(locked, verb, by=by, at=at, changes={"name": locked.name})
    return locked


def tidy(name: str) -> str:
    """The name without needless spaces."""
    return " ".join(name.split())


def by_name(site: Site) -> dict[str, QualityCostAccount]:
    """The site's accounts by name as a person would search for it: capitals and accents make no difference."""
    return {searchable(account.name): account for account in QualityCostAccount.objects.filter(site=site)}


def _refuse_taken(account: QualityCostAccount) -> None:
    found = by_name(account.site).get(searchable(account.name))
    if found is not None and found.pk != account.pk:
        words = _("There is an account of this name already.") if found.is_active else _(
            "There is an account of this name already, out of use. Take it into use again."
        )  # fmt: skip
        raise ValidationError({"name": words})


def _shown(account: QualityCostAccount, name: str) -> str:
    return str(account.get_category_display() if name == "category" else getattr(account, name))
