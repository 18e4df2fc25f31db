"""The quality policy: one record per version, one current version per site and for the whole organization."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from objectives.models import StrategicGoal
from qms.models import Json, Person, Phase, Record, RecordQuerySet, Site, User
from qms.permissions import Permission


class PolicyQuerySet(RecordQuerySet["Policy"]):
    """The organization's policy is everybody's; a draft is seen by who may edit or approve policies."""

    def visible_to(self, user: User) -> PolicyQuerySet:
        """As every record, and the organization's policies at every site."""
        mine = super().visible_to(user)
        if user.has_all_sites or not user.is_authenticated or not user.can(Permission.RECORD_VIEW):
            return mine  # type: ignore[return-value]
        of_all = models.Q(applies_to=None) & ~models.Q(phase=Phase.DRAFT) & models.Q(is_confidential=False)
        return self.filter(of_all | models.Q(pk__in=mine.order_by().values("pk")))

    def drafts_for(self, user: User) -> models.Q:
        """All drafts for who may edit or approve policies; for others those they entered or are to own."""
        if user.can(Permission.POLICY_EDIT) or user.can(Permission.POLICY_APPROVE):
            return models.Q(phase=Phase.DRAFT)
        return models.Q(recorded_by=user) | models.Q(owner_id=user.person_id)

    def current(self) -> PolicyQuerySet:
        """The versions that hold."""
        return self.filter(status=Policy.Status.APPROVED)


class Policy(Record):
    """One version of the policy, of a site or (``applies_to`` empty) of the whole organization.

    ``translations``: objects with language, title, text and translated_by, in the order they were added; they are part
    of the version that is approved. ``approver`` is whom its handing in asks, though anybody of top management may
    approve. ``number`` is given by the approval. Triggers refuse a change of an approved text.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        SUPERSEDED = "superseded", _("Superseded")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "policy"
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.IN_REVIEW, Status.WITHDRAWN}),
        Status.IN_REVIEW: frozenset({Status.DRAFT, Status.APPROVED, Status.WITHDRAWN}),
        Status.APPROVED: frozenset({Status.SUPERSEDED, Status.WITHDRAWN}),
        Status.SUPERSEDED: frozenset(),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.DRAFT: Phase.DRAFT,
        Status.IN_REVIEW: Phase.DRAFT,
        Status.APPROVED: Phase.OPEN,
        Status.SUPERSEDED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    applies_to = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="policies", verbose_name=_("applies to")
    )
    number = models.PositiveSmallIntegerField(_("version of the policy"), null=True, editable=False)
    language = models.CharField(_("language"), max_length=16, default="en")
    text = models.TextField(_("text"), max_length=20_000)
    translations = models.JSONField(default=list, blank=True, editable=False)
    goals = models.ManyToManyField(StrategicGoal, blank=True, related_name="policies", verbose_name=_("goals"))
    is_public = models.BooleanField(_("open to everybody"), default=False)
    is_indexed = models.BooleanField(_("found by search engines"), default=False)
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="superseded_by"
    )
    awaited_on = models.DateField(_("approval awaited since"), null=True, editable=False)
    approver = models.ForeignKey(
        Person,
        on_delete=models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("asked to approve"),
    )
    approved_on = models.DateField(_("approved on"), null=True, editable=False)
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    objects: ClassVar = PolicyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "approved", "superseded", "withdrawn"]),
                name="policy_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=["draft", "in_review", "withdrawn"])
                | models.Q(approved_on__isnull=False, approved_by__isnull=False, number__isnull=False),
                name="policy_approved_by_somebody",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="in_review")
                | models.Q(awaited_on__isnull=False, approver__isnull=False),
                name="policy_in_review_waits_for_somebody",
            ),
            models.UniqueConstraint(
                fields=["applies_to"], condition=models.Q(status="approved", applies_to__isnull=False),
                name="policy_one_current_of_site",
            ),
            models.UniqueConstraint(
                fields=["status"], condition=models.Q(status="approved", applies_to__isnull=True),
                name="policy_one_current_of_organization",
            ),
        ]  # fmt: skip

    def content(self) -> dict[str, Json]:
        """The policy's own facts, its text and translations whole."""
        goals = self.goals.order_by("pk").values_list("reference", "title") if self.pk else ()
        return {
            "number": self.number,
            "applies_to": self.applies_to.code if self.applies_to else "",
            "language": self.language,
            "text": self.text,
            "translations": self.translations,
            "goals": "; ".join(f"{reference} {title}" for reference, title in goals),
            "supersedes": self.supersedes.reference if self.supersedes else "",
            "awaited_on": self.awaited_on.isoformat() if self.awaited_on else "",
            "approver": self.approver.name if self.approver else "",
            "approved_on": self.approved_on.isoformat() if self.approved_on else "",
            "approved_by": self.approved_by.name if self.approved_by else "",
            "is_public": self.is_public,
            "is_indexed": self.is_indexed,
        }
