"""Processes, and which role is responsible, accountable, consulted or informed in each (RACI)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from leadership.models.role import Role
from qms.models import Site, User


class ProcessQuerySet(models.QuerySet["Process"]):
    def visible_to(self, user: User) -> ProcessQuerySet:
        """Processes of the user's sites, and those of the whole organization."""
        if user.has_all_sites:
            return self
        return self.filter(Q(site_id__in=user.visible_site_ids) | Q(site=None))

    def active(self) -> ProcessQuerySet:
        return self.filter(is_active=True)

    def reaching(self, site: Site) -> ProcessQuerySet:
        """Processes of a site and of the whole organization."""
        return self.filter(Q(site=site) | Q(site=None))


class Process(models.Model):
    """A process of the quality management system, at one site or, without one, in the whole organization."""

    name = models.CharField(_("process"), max_length=120)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="processes", verbose_name=_("site")
    )
    owner_role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_processes",
        verbose_name=_("owned by the role"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("order"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = ProcessQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], name="process_name_once_per_site",
                violation_error_message=_("There is a process of that name at this site."),
            ),
            models.UniqueConstraint(
                fields=["name"], condition=Q(site=None), name="process_name_once",
                violation_error_message=_("There is a process of that name in the organization."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"process:{self.pk}"


class RaciLetter(models.Model):
    """A role's part in a process. Changing it ends the row and opens another, so that any past day can be seen.

    The database lets no process have two accountable roles at a time.
    """

    class Letter(models.TextChoices):
        RESPONSIBLE = "R", _("Responsible: does it")
        ACCOUNTABLE = "A", _("Accountable: answers for it")
        CONSULTED = "C", _("Consulted before")
        INFORMED = "I", _("Informed after")

    process = models.ForeignKey(Process, on_delete=models.PROTECT, related_name="letters")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="letters")
    letter = models.CharField(max_length=1, choices=Letter)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["process"], condition=Q(letter="A", ended_at=None), name="raci_one_accountable"
            ),
            models.UniqueConstraint(
                fields=["process", "role", "letter"], condition=Q(ended_at=None), name="raci_letter_once"
            ),
            models.CheckConstraint(condition=Q(letter__in=["R", "A", "C", "I"]), name="raci_letter_known"),
        ]

    def __str__(self) -> str:
        return f"{self.process_id}, {self.role_id}: {self.letter}"
