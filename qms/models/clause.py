"""Standard editions, their clauses, the permanent commitments of 5.1.1, and the crosswalk between editions."""

from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import Person, User
from qms.models.site import Site

PRINTED_LETTER = re.compile(r"[a-z][0-9]?")


class StandardEdition(models.Model):
    """One edition of a standard. Dates are editable, since accreditation bodies move them."""

    slug = models.SlugField(unique=True, max_length=60)
    standard = models.CharField(_("standard"), max_length=60, help_text=_("e.g. ISO 9001"))
    title = models.CharField(_("title"), max_length=200)
    edition = models.CharField(_("edition"), max_length=100)
    status = models.CharField(_("status"), max_length=120, blank=True)
    published_on = models.DateField(_("published"), null=True, blank=True)
    valid_until = models.DateField(_("certificates valid until"), null=True, blank=True)
    is_default = models.BooleanField(_("used by default"), default=False)
    catalogue_version = models.CharField(max_length=20, blank=True, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="edition_one_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.standard} {self.edition}"

    @property
    def trail_key(self) -> str:
        return f"edition:{self.slug}"


class Commitment(models.Model):
    """A leadership commitment with a slug that never changes; its letter belongs to each edition's clause row."""

    slug = models.SlugField(unique=True, max_length=60)
    label = models.CharField(_("label"), max_length=120)

    def __str__(self) -> str:
        return self.label


class DocumentedInformation(models.TextChoices):
    """Whether the clause prescribes documented information (2015 words; the 2026 edition says “available”)."""

    NONE = "none", _("not prescribed")
    MAINTAIN = "maintain", _("a document is kept current")
    RETAIN = "retain", _("a record is kept as evidence")


class Clause(models.Model):
    """A node of an edition's tree: a clause, or a lettered item below one (``letter`` set, number of its parent).

    An item that holds two commitments (5.1.1 d of the 2015 edition) is two rows with the same letter.
    ``sort_key`` orders the whole edition as printed. Wording is our own; an admin's wording is never overwritten.
    """

    edition = models.ForeignKey(StandardEdition, on_delete=models.PROTECT, related_name="clauses")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    number = models.CharField(_("number"), max_length=20)
    letter = models.CharField(_("letter"), max_length=40, blank=True)
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="clauses")
    sort_key = models.CharField(max_length=60)
    title = models.CharField(_("title"), max_length=200)
    has_own_label = models.BooleanField(
        default=False, help_text=_("The standard prints no title here; the label is ours.")
    )
    intent = models.TextField(_("what it is about, in our words"), blank=True)
    evidence_hints = models.JSONField(_("evidence"), default=list, blank=True)
    documented_information = models.CharField(max_length=12, choices=DocumentedInformation, default="none")
    also_retain = models.BooleanField(default=False)
    max_age_days = models.PositiveIntegerField(_("evidence is fresh for (days)"), null=True, blank=True)
    relevance = models.CharField(_("relevance for leaders"), max_length=12, blank=True)
    note = models.TextField(_("note"), blank=True)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    edited_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["edition", "number", "letter"], condition=models.Q(commitment=None),
                name="clause_once_per_edition",
            ),
            models.UniqueConstraint(
                fields=["edition", "number", "commitment"], condition=models.Q(commitment__isnull=False),
                name="commitment_once_per_edition",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.label} {self.title}"

    @property
    def label(self) -> str:
        """“5.1.1 i)” for an item, “5.1.1” for a clause and for an item whose printed letter is not known."""
        return f"{self.number} {self.letter})" if PRINTED_LETTER.fullmatch(self.letter) else self.number

    @property
    def depth(self) -> int:
        """0 for a top clause, one more for each step down."""
        return self.number.count(".") + bool(self.letter)

    @property
    def slug(self) -> str:
        """Stable within the edition: “5.1.1” or, for a commitment, “5.1.1/culture_ethics”."""
        if self.commitment_id and self.commitment:
            return f"{self.number}/{self.commitment.slug}"
        return f"{self.number}/{self.letter}" if self.letter else self.number

    @property
    def trail_key(self) -> str:
        return f"clause:{self.pk}"


class CrosswalkRow(models.Model):
    """How a clause or item of one edition continues in the next."""

    from_clause = models.ForeignKey(
        Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="continues_as"
    )
    to_clause = models.ForeignKey(Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="comes_from")
    change_type = models.CharField(max_length=40)
    change = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["from_clause", "to_clause"], name="crosswalk_once")]

    def __str__(self) -> str:
        return f"{self.from_clause} → {self.to_clause}"


class Applicability(models.Model):
    """A site's decision that a clause does not apply, with reason and approver; ended, never deleted."""

    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="exclusions")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="exclusions")
    reason = models.TextField(_("reason"))
    approved_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", verbose_name=_("approved by"))
    approved_at = models.DateTimeField()
    effective_from = models.DateField()
    effective_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clause", "site"], condition=models.Q(effective_to=None), name="applicability_one_current"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause} does not apply at {self.site}"

    @property
    def trail_key(self) -> str:
        return f"clause:{self.clause_id}"
