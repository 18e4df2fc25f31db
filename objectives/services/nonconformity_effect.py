"""Whether the correction works: the new way used once, with proof, and the effect judged by somebody."""

from __future__ import annotations

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import Nonconformity
from objectives.services.nonconformity import Effectiveness, Status, forget_use, lock_open
from qms.models import Attachment, User, site_today
from qms.services import record as record_service
from qms.services.wording import said


class ProofMissing(ValidationError):
    """The use of the new way without a photo or file that shows it."""


@transaction.atomic
def prove_use(
    found: Nonconformity, *, used_on: date, used_note: str, proof: Attachment | None, by: User, at: datetime,
    version: int | None = None,
) -> Nonconformity:  # fmt: skip
    """Say when, where and by whom the new way was used once, with a photo or file of the record that shows it.

    Side effects: its row, a version, a trail entry. Raises ReasonMissing, ProofMissing, CannotChange, StaleRecord,
    IllegalTransition (nothing is acted upon yet), ValidationError by field.
    """
    used_note = said(used_note, field="used_note")
    current = lock_open(found, version=version)
    if current.status not in (Status.ACTING, Status.EVALUATED):
        raise record_service.IllegalTransition(_("Decide the corrective action first; then its way can be used."))
    check_day(current, used_on, at=at)
    if proof is None or proof.withdrawn_at is not None or proof.record_id != current.pk:
        raise ProofMissing({"proof": _("Add a photo or a file that shows it.")})
    current.used_on, current.used_note, current.used_proof = used_on, used_note, proof
    return record_service.seal(current, "nonconformity.use_proved", by=by, at=at)


def check_day(found: Nonconformity, used_on: date, *, at: datetime) -> None:
    """Raise ValidationError when the new way cannot have been used on that day."""
    if used_on > site_today(found.site, at):
        raise ValidationError({"used_on": _("This day lies ahead. The proof is that it has been used.")})
    if used_on < found.happened_on:
        raise ValidationError({"used_on": _("This day lies before the nonconformity itself.")})


@transaction.atomic
def evaluate(
    found: Nonconformity, *, effectiveness: str, effectiveness_note: str, by: User, at: datetime,
    version: int | None = None,
) -> Nonconformity:  # fmt: skip
    """Judge whether the cause is gone, and say how one knows; best by somebody else than the owner.

    Not effective leads back to acting, and the use of the way that did not work proves nothing any more. Every
    judgement stays in ``evaluations``, and says so where the owner judged. Side effects: its row, a version, a trail
    entry, clause links. Raises ReasonMissing, CannotChange, StaleRecord, IllegalTransition, ValidationError by field.
    """
    note = said(effectiveness_note, field="effectiveness_note")
    if effectiveness not in Effectiveness.values:
        raise ValidationError({"effectiveness": _("Say whether it was effective.")})
    current = lock_open(found, version=version)
    record_service.move(current, Status.EVALUATED)
    current.effectiveness, current.effectiveness_note = effectiveness, note
    current.evaluated_by, current.evaluated_on = by.person, site_today(current.site, at)
    current.evaluations = [*current.evaluations, {
        "date": current.evaluated_on.isoformat(), "result": str(current.get_effectiveness_display()), "note": note,
        "by": by.person.name, "who": _("the owner") if current.is_evaluated_by_owner else _("not the owner"),
    }]  # fmt: skip
    if effectiveness == Effectiveness.EFFECTIVE:
        return record_service.seal(current, "nonconformity.evaluated", by=by, at=at, reason=note[:400])
    record_service.move(current, Status.ACTING)
    forget_use(current)
    return record_service.seal(current, "nonconformity.found_ineffective", by=by, at=at, reason=note[:400])
