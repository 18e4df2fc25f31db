"""Improvement actions: from an idea, a promise or a failure to an effect that was checked; benefits; promises."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Case, Value, When
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from objectives.models.objective import Objective
from objectives.models.quality_cost import QualityCostAccount
from qms.models import Attachment, Json, Person, Phase, Record, RecordQuerySet, Signature


class ImprovementAction(Record):
    """Something to improve, with an owner and a due date; ``source`` is the record it came from, where there is one.

    ``origin`` decides whether it is proactive or reactive (PROACTIVE). Its plan-do-check-act page fills as it goes;
    an experiment that failed is a good end when it says what was learned.
    """

    class Status(models.TextChoices):
        IDEA = "idea", _("Idea")
        ASSESSED = "assessed", _("Planned")
        IN_PROGRESS = "in_progress", _("In progress")
        DONE = "done", _("Done")
        CHECKED = "checked", _("Effect checked")
        CLOSED = "closed", _("Closed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    class Origin(models.TextChoices):
        WALK = "walk", _("Floor walk")
        MEETING = "meeting", _("Meeting")
        SUGGESTION = "suggestion", _("Suggestion")
        RISK = "risk", _("Risk or opportunity")
        OBJECTIVE = "objective", _("Objective")
        REVIEW = "review", _("Review")
        AUDIT_FINDING = "audit_finding", _("Audit finding")
        COMPLAINT = "complaint", _("Complaint")
        NONCONFORMITY = "nonconformity", _("Nonconformity")

    class Drive(models.TextChoices):
        PROACTIVE = "proactive-action", _("Proactive")
        REACTIVE = "reactive-action", _("Reactive")

    class Result(models.TextChoices):
        WORKED = "worked", _("It worked")
        PARTLY = "partly", _("It worked in part")
        FAILED = "failed", _("It did not work; we learned from it")

    PROACTIVE = frozenset({
        Origin.WALK, Origin.MEETING, Origin.SUGGESTION, Origin.RISK, Origin.OBJECTIVE, Origin.REVIEW,
    })  # fmt: skip
    REACTIVE = frozenset({Origin.AUDIT_FINDING, Origin.COMPLAINT, Origin.NONCONFORMITY})
    KIND = "improvement_action"
    TRANSITIONS = {
        Status.IDEA: frozenset({Status.ASSESSED, Status.DECLINED, Status.WITHDRAWN}),
        Status.ASSESSED: frozenset({Status.IN_PROGRESS, Status.DONE, Status.DECLINED, Status.WITHDRAWN}),
        Status.IN_PROGRESS: frozenset({Status.ASSESSED, Status.DONE, Status.DECLINED, Status.WITHDRAWN}),
        Status.DONE: frozenset({Status.IN_PROGRESS, Status.CHECKED, Status.WITHDRAWN}),
        Status.CHECKED: frozenset({Status.IN_PROGRESS, Status.CLOSED, Status.WITHDRAWN}),
        Status.CLOSED: frozenset({Status.IN_PROGRESS}),
        Status.DECLINED: frozenset({Status.IDEA, Status.ASSESSED}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.IDEA: Phase.OPEN,
        Status.ASSESSED: Phase.OPEN,
        Status.IN_PROGRESS: Phase.OPEN,
        Status.DONE: Phase.CLOSED,
        Status.CHECKED: Phase.CLOSED,
        Status.CLOSED: Phase.CLOSED,
        Status.DECLINED: Phase.WITHDRAWN,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.ASSESSED, editable=False)
    origin = models.CharField(_("where it comes from"), max_length=16, choices=Origin, default=Origin.SUGGESTION)
    source = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name=_("came from")
    )
    raiser = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="ideas", verbose_name=_("raised by")
    )
    raised_name = models.CharField(_("name as given"), max_length=160, blank=True)
    promised_to = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="promises", verbose_name=_("promised to")
    )
    serves = models.ForeignKey(
        Objective, on_delete=models.PROTECT, null=True, blank=True, related_name="improvements",
        verbose_name=_("objective it serves"),
    )  # fmt: skip
    copied_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="copies", verbose_name=_("copied from")
    )
    description = models.TextField(_("description"), blank=True)
    plan = models.TextField(_("plan: what we expect, and why"), blank=True)
    done_what = models.TextField(_("do: what was tried"), blank=True)
    checked_what = models.TextField(_("check: what happened"), blank=True)
    acted_how = models.TextField(_("act: what we keep, change or drop"), blank=True)
    result = models.CharField(_("result"), max_length=8, choices=Result, blank=True)
    learning = models.TextField(_("what we learned"), blank=True)
    outcome = models.TextField(_("outcome"), blank=True)
    declined_reason = models.TextField(_("why it will not be done"), blank=True, editable=False)
    completed_on = models.DateField(_("completed"), null=True, blank=True, editable=False)
    checker = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    drive = models.GeneratedField(
        expression=Case(
            When(origin__in=["audit_finding", "complaint", "nonconformity"], then=Value("reactive-action")),
            default=Value("proactive-action"),
        ),
        output_field=models.CharField(max_length=20, choices=Drive), db_persist=True,
    )  # fmt: skip
    """Follows ``origin`` in the database itself, so that mappings and filters can ask for it."""

    objects: ClassVar = RecordQuerySet["ImprovementAction"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["status", "-completed_on"], name="action_by_status")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=[
                        "idea", "assessed", "in_progress", "done", "checked", "closed", "declined", "withdrawn",
                    ]
                ),
                name="improvement_action_status_known",
            ),
        ]  # fmt: skip

    @property
    def is_proactive(self) -> bool:
        """Whether it began before anything failed."""
        return self.origin in self.PROACTIVE

    @property
    def drive_words(self) -> str:
        """Proactive or reactive, in words."""
        return str((self.Drive.PROACTIVE if self.is_proactive else self.Drive.REACTIVE).label)

    @property
    def raiser_name(self) -> str:
        """Who raised it: a known person, or the name that was typed; empty for nobody."""
        return self.raiser.name if self.raiser else self.raised_name

    @property
    def is_checked_by_owner(self) -> bool:
        """True when nobody but the owner has checked the effect."""
        return self.checker_id is not None and self.checker_id == self.owner_id

    def content(self) -> dict[str, Json]:
        """The action's own facts, with what hangs on it: promises, benefits, photos. A new one has none of these."""
        has_more = bool(self.pk) and self.version > 1
        return {
            "description": self.description,
            "origin": self.get_origin_display(),
            "source": self.source.reference if self.source else "",
            "raiser": self.raiser_name,
            "promised_to": self.promised_to.name if self.promised_to else "",
            "serves": self.serves.reference if self.serves else "",
            "copied_from": self.copied_from.reference if self.copied_from else "",
            "plan": self.plan,
            "done_what": self.done_what,
            "checked_what": self.checked_what,
            "acted_how": self.acted_how,
            "result": self.get_result_display() if self.result else "",
            "learning": self.learning,
            "checker": self.checker.name if self.checker else "",
            "outcome": self.outcome,
            "declined_reason": self.declined_reason,
            "completed_on": self.completed_on.isoformat() if self.completed_on else "",
            "promises": [row.content() for row in self.asked] if has_more else [],
            "benefits": [row.content() for row in self.standing_benefits] if has_more else [],
            "photos": [row.content() for row in self.standing_photos] if has_more else [],
        }

    @cached_property
    def asked(self) -> list[Promise]:
        """The questions put to the person something was promised to, oldest first; read once per instance."""
        if self.promised_to_id is None:
            return []
        return list(self.questions.select_related("person").order_by("pk"))

    @cached_property
    def standing_benefits(self) -> list[Benefit]:
        """Its benefits that were not withdrawn."""
        return list(self.benefits.filter(withdrawn_at=None).select_related("confirmed_by", "account").order_by("pk"))

    @cached_property
    def standing_photos(self) -> list[ActionPhoto]:
        """Its before and after photos that were not withdrawn; before comes first."""
        rows = self.photos.filter(attachment__withdrawn_at=None).select_related("attachment")
        return sorted(rows, key=lambda row: (row.moment != ActionPhoto.Moment.BEFORE, row.attachment_id))


class ActionPhoto(models.Model):
    """Which photo shows the place before, and which after."""

    class Moment(models.TextChoices):
        BEFORE = "before", _("Before")
        AFTER = "after", _("After")

    action = models.ForeignKey(ImprovementAction, on_delete=models.PROTECT, related_name="photos")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, related_name="action_photo")
    moment = models.CharField(max_length=8, choices=Moment)

    def __str__(self) -> str:
        return f"{self.action_id} {self.moment}"

    def content(self) -> dict[str, Json]:
        """What a version keeps of it; the file itself is among the record's attachments, by uid."""
        caption = self.attachment.caption or self.attachment.name
        return {
            "name": f"{self.get_moment_display()}: {caption}", "moment": self.moment, "caption": caption,
            "uid": str(self.attachment.uid),
        }  # fmt: skip


class Benefit(models.Model):
    """What an improvement brings; money counts only after a named finance person confirmed it."""

    class Nature(models.TextChoices):
        HARD = "hard", _("Hard: it shows in the accounts")
        AVOIDED = "avoided", _("Avoided cost")
        SOFT = "soft", _("Soft: time or capacity")
        QUALITATIVE = "qualitative", _("Qualitative: safety, ease, customers")

    class Rhythm(models.TextChoices):
        ONE_TIME = "one_time", _("Once")
        PER_YEAR = "per_year", _("Per year")

    action = models.ForeignKey(ImprovementAction, on_delete=models.PROTECT, related_name="benefits")
    nature = models.CharField(_("kind"), max_length=12, choices=Nature)
    rhythm = models.CharField(_("once or per year"), max_length=8, choices=Rhythm, default=Rhythm.PER_YEAR)
    description = models.CharField(_("what it is"), max_length=240)
    method = models.TextField(_("how it was estimated"), blank=True)
    account = models.ForeignKey(
        QualityCostAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="benefits",
        verbose_name=_("quality-cost account"),
    )  # fmt: skip
    currency = models.CharField(max_length=3, blank=True, editable=False)
    target_amount = models.DecimalField(_("target"), max_digits=16, decimal_places=2, null=True, blank=True)
    forecast_amount = models.DecimalField(_("forecast"), max_digits=16, decimal_places=2, null=True, blank=True)
    actual_amount = models.DecimalField(_("actual"), max_digits=16, decimal_places=2, null=True, blank=True)
    confirmed_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unconfirmed_at = models.DateTimeField(null=True, blank=True)
    """When a confirmed benefit was changed and so lost its confirmation; empty again once it is confirmed anew."""
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # the signature is given on the version that says so, a moment later in the same transaction
            models.CheckConstraint(
                condition=models.Q(confirmed_at=None, signature=None) | models.Q(confirmed_by__isnull=False),
                name="benefit_confirmed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def is_money(self) -> bool:
        """Whether it has an amount that can be confirmed."""
        return self.nature != self.Nature.QUALITATIVE

    @property
    def in_words(self) -> str:
        """One line: what it is, the surest amount, and whether finance has confirmed it."""
        amounts = ((_("actual"), self.actual_amount), (_("forecast"), self.forecast_amount),
                   (_("target"), self.target_amount))  # fmt: skip
        surest = next(
            (f", {label} {amount:,.2f} {self.currency}" for label, amount in amounts if amount is not None), ""
        )
        rhythm = f" ({self.get_rhythm_display()})" if surest else ""
        by = _(", confirmed by %(name)s") % {"name": self.confirmed_by.name} if self.confirmed_by else ""
        return f"{self.description}{surest}{rhythm}{by}"

    def content(self) -> dict[str, Json]:
        """What a version keeps of it; amounts as plain decimals in ``currency``."""
        return {
            "name": self.in_words, "kind": self.get_nature_display(), "what": self.description,
            "rhythm": self.get_rhythm_display(),
            "account": str(self.account) if self.account else "", "method": self.method,
            "currency": self.currency if self.is_money else "", "target": _plain(self.target_amount),
            "forecast": _plain(self.forecast_amount),
            "actual": _plain(self.actual_amount), "confirmed_by": self.confirmed_by.name if self.confirmed_by else "",
            "confirmed_at": self.confirmed_at.isoformat(timespec="minutes") if self.confirmed_at else "",
        }  # fmt: skip


class Promise(models.Model):
    """A question to the person something was promised to: is it kept? It lapses 14 days after it was asked."""

    class Answer(models.TextChoices):
        KEPT = "kept", _("Yes, it is done")
        NOT_KEPT = "not_kept", _("No, not yet")
        LAPSED = "lapsed", _("Unconfirmed: no answer in 14 days")
        TAKEN_BACK = "taken_back", _("The question was taken back")

    class Way(models.TextChoices):
        MAIL = "mail", _("by a link mailed to them")
        HANDED = "handed", _("by a link the owner handed over")
        PIN = "pin", _("at the QR code with their PIN")
        ACCOUNT = "account", _("with their own log-in")

    action = models.ForeignKey(ImprovementAction, on_delete=models.PROTECT, related_name="questions")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=12, choices=Answer, blank=True)
    words = models.CharField(_("in your words"), max_length=400, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    is_handed_over = models.BooleanField(default=False, help_text=_("Its link was shown to who asked, to hand it on."))
    answered_through = models.CharField(max_length=8, choices=Way, blank=True)
    answered_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["action"], condition=models.Q(answer=""), name="promise_asked_once"),
        ]

    secret_link = ""
    """Not a column: the link of the question just asked, shown once to who asked it."""

    def __str__(self) -> str:
        return f"{self.action_id} {self.answer or '?'}"

    def content(self) -> dict[str, Json]:
        """What a version keeps of it."""
        words = self.get_answer_display() if self.answer else str(_("Not answered yet"))
        return {
            "name": f"{self.person.name}: {words}", "person": self.person.name,
            "asked": self.asked_at.isoformat(timespec="minutes"),
            "answer": words, "words": self.words,
            "answered": self.answered_at.isoformat(timespec="minutes") if self.answered_at else "",
            "through": self.get_answered_through_display() if self.answered_through else "",
        }  # fmt: skip


class IdeaTicket(models.Model):
    """What lets somebody without a log-in follow the answer to an idea; the address holds the secret, we its digest."""

    action = models.OneToOneField(ImprovementAction, on_delete=models.PROTECT, related_name="ticket")
    token_digest = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.action_id}"


def _plain(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:.2f}"
