"""When a site works: its weekdays (on Site), closures, shifts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User
from qms.models.site import Site


class ClosureQuerySet(models.QuerySet["Closure"]):
    def in_force(self) -> ClosureQuerySet:
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)


class Closure(models.Model):
    """Days on which a site does not work: a holiday, a shutdown. Withdrawn when it was wrong, never deleted."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="closures", verbose_name=_("site"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    reason = models.CharField(_("reason"), max_length=120)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = ClosureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ends_on__gte=models.F("starts_on")), name="closure_ends_later"),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.starts_on} – {self.ends_on}"


class Shift(models.Model):
    """A shift of a site, by the clock on its wall; one that ends at or before its start ends the next day."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="shifts", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=20, help_text=_("As it stands with the people who work in it."))
    begins = models.TimeField(_("begins"))
    ends = models.TimeField(_("ends"))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="shift_unique_name_per_site")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_overnight(self) -> bool:
        """Whether it ends on the day after it began."""
        return self.ends <= self.begins
