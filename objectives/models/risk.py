"""Risks and opportunities, the scale they are rated on, and what leaders accepted until when."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import ClassVar

from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Person, Phase, Record, RecordQuerySet, Signature, Site, User


class Level(models.TextChoices):
    """How much a rating weighs, by the scale it was made on."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class RiskScaleQuerySet(models.QuerySet["RiskScale"]):
    """Scales as a user may see them."""

    def visible_to(self, user: User) -> RiskScaleQuerySet:
        """The organization's scales, and those of the user's own sites."""
        if user.has_all_sites:
            return self
        return self.filter(models.Q(site=None) | models.Q(site_id__in=user.visible_site_ids))


class RiskScale(models.Model):
    """Likelihood by consequence, 3 to 5 levels each, in the organization's own words; ``site`` empty: for every site.

    ``likelihood_words`` and ``consequence_words`` are lists of words, the lowest level first. A rating
    (likelihood x consequence) from ``medium_from`` is medium, from ``high_from`` high. A change ends the scale and
    opens another: records keep the scale they were rated on.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, null=True, blank=True, related_name="risk_scales")
    name = models.CharField(_("name"), max_length=80)
    likelihood_words = models.JSONField(_("likelihood, lowest first"))
    consequence_words = models.JSONField(_("consequence, lowest first"))
    medium_from = models.PositiveSmallIntegerField(_("medium from"))
    high_from = models.PositiveSmallIntegerField(_("high from"))
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = RiskScaleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Coalesce("site", 0), condition=models.Q(ended_at=None), name="risk_scale_one_per_site"
            ),
            models.CheckConstraint(
                condition=models.Q(high_from__gt=models.F("medium_from")), name="risk_scale_in_order"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"risk_scale:{self.pk}"

    def level(self, rating: int) -> str:
        """The level of a rating: high from ``high_from``, medium from ``medium_from``, otherwise low."""
        if rating >= self.high_from:
            return Level.HIGH
        return Level.MEDIUM if rating >= self.medium_from else Level.LOW

    def likelihood_word(self, level: int | None) -> str:
        """“4 · Likely”; nothing for nothing."""
        return f"{level} · {self.likelihood_words[level - 1]}" if level else ""

    def consequence_word(self, level: int | None) -> str:
        """“3 · Serious”; nothing for nothing."""
        return f"{level} · {self.consequence_words[level - 1]}" if level else ""


class Risk(Record):
    """A risk or an opportunity.

    ``rating`` is likelihood x consequence as it stands now: residual where judged, otherwise as first rated;
    ``now_likelihood`` and ``now_impact`` are its two sides and ``level`` its weight on the scale. ``occurred_on``
    is the day it was last assessed (rated, judged or accepted), since that is the event it is evidence of;
    ``identified_on`` never moves. ``map_site`` and ``on_map`` repeat site and confidentiality while the risk is open
    and rated: they say in which RiskCell it is counted. ``ratings`` is the history of ratings, oldest first, in words.
    """

    class OnMap(models.TextChoices):
        NO = "", _("No")
        OPEN = "open", _("Open to all of the site")
        CONFIDENTIAL = "confidential", _("Confidential")

    class Nature(models.TextChoices):
        RISK = "risk", _("Risk")
        OPPORTUNITY = "opportunity", _("Opportunity")

    class Context(models.TextChoices):
        EXTERNAL = "external", _("External issue")
        INTERNAL = "internal", _("Internal issue")
        INTERESTED_PARTY = "interested_party", _("Interested party")

    class Treatment(models.TextChoices):
        AVOID = "avoid", _("Avoid")
        REDUCE = "reduce", _("Reduce")
        SHARE = "share", _("Share")
        ACCEPT = "accept", _("Accept")
        PURSUE = "pursue", _("Pursue")

    class Effectiveness(models.TextChoices):
        EFFECTIVE = "effective", _("Effective")
        PARTLY = "partly", _("Partly effective")
        NOT_EFFECTIVE = "not_effective", _("Not effective")

    class Status(models.TextChoices):
        IDENTIFIED = "identified", _("Identified")
        RATED = "rated", _("Rated")
        TREATING = "treating", _("In treatment")
        ACCEPTED = "accepted", _("Accepted")
        JUDGED = "judged", _("Effectiveness judged")
        CLOSED = "closed", _("Closed")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "risk"
    TRANSITIONS = {
        Status.IDENTIFIED: frozenset({Status.RATED, Status.WITHDRAWN}),
        Status.RATED: frozenset({Status.TREATING, Status.ACCEPTED, Status.CLOSED, Status.WITHDRAWN}),
        Status.TREATING: frozenset({Status.RATED, Status.JUDGED, Status.ACCEPTED, Status.WITHDRAWN}),
        Status.ACCEPTED: frozenset({Status.RATED, Status.TREATING, Status.CLOSED, Status.WITHDRAWN}),
        Status.JUDGED: frozenset({Status.TREATING, Status.ACCEPTED, Status.CLOSED, Status.RATED, Status.WITHDRAWN}),
        Status.CLOSED: frozenset({Status.RATED}),
        Status.WITHDRAWN: frozenset(),
    }
    PHASES = {
        Status.IDENTIFIED: Phase.OPEN,
        Status.RATED: Phase.OPEN,
        Status.TREATING: Phase.OPEN,
        Status.ACCEPTED: Phase.OPEN,
        Status.JUDGED: Phase.OPEN,
        Status.CLOSED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }

    UNCOUNTED = frozenset({Status.IDENTIFIED})
    """Identified and not yet rated: open to read, but no evidence of anything."""

    nature = models.CharField(_("risk or opportunity"), max_length=12, choices=Nature)
    status = models.CharField(max_length=12, choices=Status, default=Status.IDENTIFIED, editable=False)
    identified_on = models.DateField(_("identified"))
    context_kind = models.CharField(_("comes from"), max_length=20, choices=Context, blank=True)
    context = models.CharField(_("issue or interested party"), max_length=240, blank=True)
    cause = models.TextField(_("cause"), blank=True)
    consequence = models.TextField(_("consequence"), blank=True)
    scale = models.ForeignKey(RiskScale, on_delete=models.PROTECT, related_name="risks", editable=False)
    likelihood = models.PositiveSmallIntegerField(_("likelihood"), null=True, blank=True)
    impact = models.PositiveSmallIntegerField(_("consequence level"), null=True, blank=True)
    residual_likelihood = models.PositiveSmallIntegerField(_("likelihood after treatment"), null=True, blank=True)
    residual_impact = models.PositiveSmallIntegerField(_("consequence level after treatment"), null=True, blank=True)
    now_likelihood = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    now_impact = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    rating = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    level = models.CharField(max_length=8, choices=Level, blank=True, editable=False)
    ratings = models.JSONField(default=list, editable=False)
    on_map = models.CharField(max_length=12, choices=OnMap, default=OnMap.NO, blank=True, editable=False)
    map_site = models.ForeignKey(  # risk_on_map serves it
        Site, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    treatment = models.CharField(_("treatment"), max_length=8, choices=Treatment, blank=True)
    treatment_plan = models.TextField(_("what is done"), blank=True)
    effectiveness = models.CharField(_("effectiveness"), max_length=16, choices=Effectiveness, blank=True)
    effectiveness_note = models.TextField(_("how we know"), blank=True)
    judged_on = models.DateField(null=True, blank=True, editable=False)
    judged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    is_judged_by_treater = models.BooleanField(default=False, editable=False)

    objects: ClassVar = RecordQuerySet["Risk"].as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["nature", "status", "rating"], name="risk_by_rating"),
            models.Index(
                fields=["nature", "on_map", "map_site", "scale", "now_likelihood", "now_impact"], name="risk_on_map"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    status__in=["identified", "rated", "treating", "accepted", "judged", "closed", "withdrawn"]
                ),
                name="risk_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(likelihood=None, impact=None)
                | models.Q(likelihood__range=(1, 5), impact__range=(1, 5)),
                name="risk_rated_whole",
            ),
        ]

    @property
    def is_residual(self) -> bool:
        """Whether the rating that stands is the one after treatment."""
        return self.residual_likelihood is not None

    @cached_property
    def acceptance(self) -> RiskAcceptance | None:
        """The acceptance that stands, if any; one query, and none unless the risk is accepted or closed."""
        if self.pk is None or self.status not in (self.Status.ACCEPTED, self.Status.CLOSED):
            return None
        return self.acceptances.filter(ended_at=None).select_related("accepted_by").first()

    def content(self) -> dict[str, Json]:
        """The risk's own facts, levels in the words of its scale."""
        scale, borne = self.scale, self.acceptance
        return {
            "nature": self.get_nature_display(),
            "identified_on": self.identified_on.isoformat(),
            "context_kind": self.get_context_kind_display() if self.context_kind else "",
            "context": self.context,
            "cause": self.cause,
            "consequence": self.consequence,
            "likelihood": scale.likelihood_word(self.likelihood),
            "impact": scale.consequence_word(self.impact),
            "residual_likelihood": scale.likelihood_word(self.residual_likelihood),
            "residual_impact": scale.consequence_word(self.residual_impact),
            "rating": self.rating or "",
            "level": str(Level(self.level).label) if self.level else "",
            "scale": scale.name if self.rating else "",
            "treatment": self.get_treatment_display() if self.treatment else "",
            "treatment_plan": self.treatment_plan,
            "effectiveness": self.get_effectiveness_display() if self.effectiveness else "",
            "effectiveness_note": self.effectiveness_note,
            "judged_by": self.judged_by.name if self.judged_by else "",
            "judged_on": self.judged_on.isoformat() if self.judged_on else "",
            "is_judged_by_treater": str(_("Yes")) if self.is_judged_by_treater else "",
            "accepted_by": borne.accepted_by.name if borne else "",
            "accepted_why": borne.why if borne else "",
            "compensating_control": borne.compensating_control if borne else "",
            "void_if": borne.void_if if borne else "",
            "accepted_on": borne.accepted_on.isoformat() if borne else "",
            "accepted_until": borne.expires_on.isoformat() if borne else "",
            "ratings": self.ratings,
        }


class RiskCell(models.Model):
    """How many open rated risks stand in one cell of the heat map; kept in the transaction of every change.

    ``risk_map.rebuild`` makes the sums anew from the risks.
    """

    on_map = models.CharField(max_length=12, choices=Risk.OnMap)
    nature = models.CharField(max_length=12, choices=Risk.Nature)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", db_index=False)
    scale = models.ForeignKey(RiskScale, on_delete=models.PROTECT, related_name="+", db_index=False)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["nature", "on_map", "site", "scale", "likelihood", "impact"], name="risk_cell_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.likelihood} x {self.impact}: {self.count}"


class RiskAcceptance(models.Model):
    """A leader's signed word that a risk is borne until ``expires_on``, at most 12 months ahead."""

    class Ended(models.TextChoices):
        EXPIRED = "expired", _("Expired")
        VOIDED = "voided", _("A condition came true")
        RENEWED = "renewed", _("Replaced by a new acceptance")
        TREATED = "treated", _("Treated instead")

    risk = models.ForeignKey(Risk, on_delete=models.PROTECT, related_name="acceptances")
    why = models.TextField(_("why it is accepted"))
    compensating_control = models.TextField(_("compensating control"))
    void_if = models.TextField(_("what would void it"))
    accepted_on = models.DateField()
    expires_on = models.DateField(_("expires"), db_index=True)
    accepted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="risk_acceptances")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=12, choices=Ended, blank=True)
    ended_note = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["risk"], condition=models.Q(ended_at=None), name="risk_accepted_once"),
            models.CheckConstraint(
                condition=models.Q(expires_on__gt=models.F("accepted_on")), name="risk_acceptance_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    expires_on__lte=models.ExpressionWrapper(
                        models.F("accepted_on") + timedelta(days=366), output_field=models.DateField()
                    )
                ),
                name="risk_accepted_for_a_year_at_most",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.risk_id} until {self.expires_on}"
