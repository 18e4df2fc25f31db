"""What improvements bring: estimated by those who do them, counted only once a named person of finance confirmed it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from objectives.models import Benefit, ImprovementAction
from objectives.services.improvement_notice import tell
from qms.models import Organization, Phase, Site, User
from qms.services import record as record_service
from qms.services.record import CannotChange
from qms.services.wording import known_facts, said

FIELDS = (
    "nature", "rhythm", "description", "method", "account", "target_amount", "forecast_amount", "actual_amount",
)  # fmt: skip
CONFIRMED_FIELDS = ("nature", "rhythm", "account", "target_amount", "forecast_amount", "actual_amount")
"""A change of one of these takes the confirmation away."""
FIRST_YEAR = timedelta(days=365)
CENT = Decimal("0.01")
BANKABLE = frozenset({Benefit.Nature.HARD, Benefit.Nature.AVOIDED})


BorneOut = Callable[[Sequence[ImprovementAction]], Container[int]]


class CannotConfirm(Exception):
    """The benefit cannot be confirmed as it stands, or not by this person; the message says why."""


@dataclass(frozen=True)
class Saving:
    """What one confirmed benefit brought within a period, in the organization's currency."""

    benefit: Benefit
    amount: Decimal
    is_counted: bool
    """False while the objective the action serves shows no signal: the chart does not bear the claim out."""


@dataclass(frozen=True)
class Savings:
    """Confirmed savings of a period. Soft benefits (time, capacity) stand beside the total, never in it."""

    lines: list[Saving]

    @property
    def total(self) -> Decimal:
        """Hard and avoided cost that counts."""
        return self._sum(lambda line: line.is_counted and line.benefit.nature in BANKABLE)

    @property
    def soft(self) -> Decimal:
        """Soft benefits that count."""
        return self._sum(lambda line: line.is_counted and line.benefit.nature not in BANKABLE)

    @property
    def held_back(self) -> Decimal:
        """Confirmed, but not borne out by the chart of the objective it serves."""
        return self._sum(lambda line: not line.is_counted)

    def _sum(self, wanted: Callable[[Saving], bool]) -> Decimal:
        return sum((line.amount for line in self.lines if wanted(line)), Decimal(0))


@transaction.atomic
def add(action: ImprovementAction, *, by: User, at: datetime, **facts: Any) -> Benefit:
    """Add a benefit (any of FIELDS). Writes a version and the trail. Raises CannotChange, ValidationError by field."""
    current = record_service.lock(action)
    _refuse_ended(current)
    benefit = Benefit(action=current, currency=Organization.current().currency, **_known(facts))
    record_service.validate(benefit)
    benefit.save(force_insert=True)
    record_service.seal(current, "improvement_action.benefit_added", by=by, at=at, facts=_named(benefit))
    return benefit


@transaction.atomic
def change(benefit: Benefit, *, reason: str, by: User, at: datetime, **facts: Any) -> Benefit:
    """Change a benefit with a reason; a changed amount, kind or rhythm takes its confirmation away, visibly.

    Writes a version and the trail; tells who had confirmed it. Raises ReasonMissing, CannotChange, ValidationError.
    """
    reason = said(reason)
    current, locked = _locked(benefit)
    _refuse_ended(current)
    before = {name: getattr(locked, name) for name in CONFIRMED_FIELDS}
    for name, value in _known(facts).items():
        setattr(locked, name, value)
    is_lost = locked.confirmed_at is not None and before != {name: getattr(locked, name) for name in before}
    confirmer = locked.confirmed_by
    if is_lost:
        locked.confirmed_by = locked.confirmed_at = locked.signature = None
        locked.unconfirmed_at = at
    record_service.validate(locked)
    locked.save()
    verb = "improvement_action.benefit_unconfirmed" if is_lost else "improvement_action.benefit_changed"
    record_service.seal(current, verb, by=by, at=at, reason=reason, facts=_named(locked))
    if is_lost:
        words = {"what": locked.description, "reference": current.reference}
        tell(confirmer, _("Changed after you confirmed it: %(what)s, %(reference)s") % words, current, but=by, at=at)
    return locked


@transaction.atomic
def withdraw(benefit: Benefit, *, reason: str, by: User, at: datetime) -> Benefit:
    """Take a benefit out; earlier versions keep it. Writes a version and the trail. Raises ReasonMissing."""
    reason = said(reason)
    current, locked = _locked(benefit)
    locked.withdrawn_at = at
    locked.save(update_fields=["withdrawn_at"])
    record_service.seal(
        current, "improvement_action.benefit_withdrawn", by=by, at=at, reason=reason, facts=_named(locked)
    )
    return locked


@transaction.atomic
def confirm(
    benefit: Benefit, *, proof: str, by: User, at: datetime, version: int | None = None
) -> Benefit:  # fmt: skip
    """Confirm the actual amount, as finance; from now on it counts.

    The caller must have re-authenticated the user just now (``proof`` says how); ``version`` is the action's version
    whose amount was shown. Side effects: a version that names who confirmed, that person's signature on it, the trail,
    a notice to the owner. Raises CannotConfirm, CannotChange, StaleRecord.
    """
    current, locked = _locked(benefit, version=version)
    _refuse_unconfirmable(current, locked, by=by)
    locked.confirmed_by, locked.confirmed_at, locked.unconfirmed_at = by.person, at, None
    locked.save(update_fields=["confirmed_by", "confirmed_at", "unconfirmed_at"])
    sealed = record_service.seal(
        current, "improvement_action.benefit_confirmed", by=by, at=at, facts=_named(locked)
    )  # fmt: skip
    amount = f"{locked.actual_amount:,.2f} {locked.currency} {locked.get_rhythm_display().lower()}"
    words = {"what": locked.description[:60], "amount": amount}
    meaning = _("I confirm as finance: %(what)s, %(amount)s") % words
    locked.signature = record_service.sign(sealed, meaning=meaning[:120], by=by, at=at, method=proof)
    locked.save(update_fields=["signature"])
    words = {"name": by.person.name, "what": locked.description}
    tell(current.owner, _("%(name)s confirmed the benefit: %(what)s") % words, current, but=by, at=at)
    return locked


def to_confirm() -> QuerySet[Benefit]:
    """Benefits in money whose amount finance has not confirmed."""
    rows = Benefit.objects.filter(withdrawn_at=None, confirmed_at=None, actual_amount__isnull=False)
    return rows.exclude(nature=Benefit.Nature.QUALITATIVE)


def confirmed(sites: Iterable[Site]) -> QuerySet[Benefit]:
    """Benefits with an amount that finance has confirmed, of actions of the sites that are done and stand."""
    rows = Benefit.objects.filter(
        action__site__in=list(sites), action__completed_on__isnull=False, withdrawn_at=None,
        confirmed_at__isnull=False, signature__isnull=False, actual_amount__isnull=False,
    )  # fmt: skip
    return rows.exclude(action__phase=Phase.WITHDRAWN).exclude(nature=Benefit.Nature.QUALITATIVE)


def confirmed_savings(
    sites: Iterable[Site], from_on: date, to_on: date, *, borne_out: BorneOut | None = None
) -> Savings:
    """Confirmed savings of the sites from one day to another, both included, in the organization's currency.

    A one-time benefit falls on the day its action was completed. A yearly one is spread evenly over the 365 days from
    that day on, and then ends: after a year it is how the plant works, and no saving any more (our rule, as is usual in
    improvement programmes). ``borne_out`` is given the actions and tells the keys of those whose objective's chart has
    changed for real; without it every confirmed benefit counts. One query, and those of ``borne_out``.
    """
    rows = confirmed(sites).filter(action__completed_on__lte=to_on, action__completed_on__gt=from_on - FIRST_YEAR)
    related = ("action__serves", "action__owner", "action__site", "action__area", "account", "confirmed_by")
    found = list(rows.select_related(*related).order_by("action__completed_on", "pk"))
    counted = borne_out([benefit.action for benefit in found]) if borne_out else {b.action_id for b in found}
    amounts = [(benefit, _within(benefit, from_on, to_on)) for benefit in found]
    lines = [Saving(benefit, amount, benefit.action_id in counted) for benefit, amount in amounts if amount]
    return Savings(lines)


def _within(benefit: Benefit, from_on: date, to_on: date) -> Decimal:
    began, amount = benefit.action.completed_on, benefit.actual_amount
    if began is None or amount is None:
        return Decimal(0)
    if benefit.rhythm == Benefit.Rhythm.ONE_TIME:
        return amount if from_on <= began <= to_on else Decimal(0)
    first, last = max(began, from_on), min(began + FIRST_YEAR - timedelta(days=1), to_on)
    days = max(0, (last - first).days + 1)
    return (amount * days / FIRST_YEAR.days).quantize(CENT, ROUND_HALF_UP)


def _locked(benefit: Benefit, *, version: int | None = None) -> tuple[ImprovementAction, Benefit]:
    current = record_service.lock(benefit.action, version=version)
    rows = Benefit.objects.select_for_update(of=("self",)).select_related("confirmed_by")
    locked = rows.get(pk=benefit.pk)
    if locked.withdrawn_at is not None:
        raise CannotChange(_("This benefit was withdrawn."))
    return current, locked


def _refuse_ended(action: ImprovementAction) -> None:
    if action.phase == Phase.WITHDRAWN:
        raise CannotChange(_("An action that was not carried out brings nothing."))


def _refuse_unconfirmable(action: ImprovementAction, benefit: Benefit, *, by: User) -> None:
    if not benefit.is_money:
        raise CannotConfirm(_("A qualitative benefit has no amount to confirm."))
    if benefit.actual_amount is None:
        raise CannotConfirm(_("Only an actual amount can be confirmed. Ask the owner to enter it first."))
    if benefit.confirmed_at is not None:
        raise CannotConfirm(_("This benefit is confirmed already."))
    if action.owner_id == by.person_id:
        raise CannotConfirm(_("You own this action. Somebody else in finance must confirm what it brought."))
    if action.completed_on is None:
        raise CannotConfirm(_("The action is not done yet."))


def _known(facts: dict[str, Any]) -> dict[str, Any]:
    facts = known_facts(facts, FIELDS)
    if facts.get("nature") == Benefit.Nature.QUALITATIVE and any(facts.get(name) for name in FIELDS[5:]):
        raise ValidationError({"nature": _("A qualitative benefit has no amounts.")})
    return facts


def _named(benefit: Benefit) -> dict[str, Any]:
    return {"benefit": benefit.description}
