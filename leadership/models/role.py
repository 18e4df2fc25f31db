"""Roles: who answers for what and may decide what, who holds them, and that the holder has said yes (clause 5.3)."""

from __future__ import annotations

from typing import ClassVar, cast

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from qms.models import Json, Person, Phase, Record, RecordQuerySet, Site, User
from qms.permissions import Permission


class RoleQuerySet(RecordQuerySet["Role"]):
    """Roles; those of the whole organization are seen at every site, drafts by who may edit roles."""

    def visible_to(self, user: User) -> RoleQuerySet:
        """As for every record."""
        return cast("RoleQuerySet", super().visible_to(user))

    def at_sites_of(self, user: User) -> RoleQuerySet:
        """Roles of the user's sites, and those of the whole organization."""
        return self.filter(Q(site_id__in=user.visible_site_ids) | Q(of_site=None))

    def confidential_for(self, user: User) -> Q:
        """One's own, and those one holds or stands in for."""
        return super().confidential_for(user) | Q(holder_id=user.person_id) | Q(deputy_id=user.person_id)

    def drafts_for(self, user: User) -> Q:
        """All drafts for who may edit roles; for others those they entered or are to stand for."""
        if user.can(Permission.ROLE_EDIT):
            return Q(phase=Phase.DRAFT)
        return Q(recorded_by=user) | Q(owner_id=user.person_id)

    def in_force(self) -> RoleQuerySet:
        """Roles that the organization has now, held or vacant."""
        return self.filter(phase=Phase.OPEN)

    def reaching(self, site: Site) -> RoleQuerySet:
        """Roles of a site and of the whole organization."""
        return self.filter(Q(of_site=site) | Q(of_site=None))


class Role(Record):
    """What somebody answers for and may decide. Only an accepted role is evidence, dated by acceptance or last review.

    ``slug`` is for machines, never changes, and is unique among the roles of a site (``of_site``) or, where that is
    none, of the whole organization. ``owner`` is who assigns the role. ``link_digest`` is of the open link, if any.
    """

    class Status(models.TextChoices):
        DRAFTED = "drafted", _("Drafted")
        VACANT = "vacant", _("Vacant")
        OFFERED = "offered", _("Waits for acceptance")
        ACCEPTED = "accepted", _("Accepted")
        ENDED = "ended", _("Ended")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    KIND = "role"
    TRANSITIONS = {
        Status.DRAFTED: frozenset({Status.OFFERED, Status.VACANT, Status.WITHDRAWN}),
        Status.VACANT: frozenset({Status.OFFERED, Status.ENDED, Status.WITHDRAWN}),
        Status.OFFERED: frozenset(
            {Status.OFFERED, Status.ACCEPTED, Status.VACANT, Status.ENDED, Status.WITHDRAWN}
        ),
        Status.ACCEPTED: frozenset({Status.OFFERED, Status.VACANT, Status.ENDED, Status.WITHDRAWN}),
        Status.ENDED: frozenset({Status.VACANT}),
        Status.WITHDRAWN: frozenset(),
    }  # fmt: skip
    PHASES = {
        Status.DRAFTED: Phase.DRAFT,
        Status.VACANT: Phase.OPEN,
        Status.OFFERED: Phase.OPEN,
        Status.ACCEPTED: Phase.OPEN,
        Status.ENDED: Phase.CLOSED,
        Status.WITHDRAWN: Phase.WITHDRAWN,
    }
    UNCOUNTED = frozenset({Status.VACANT, Status.OFFERED})

    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFTED, editable=False)
    slug = models.SlugField(_("short name for machines"), max_length=60, editable=False)
    of_site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+",
        help_text=_("Follows the record's site; none: a role of the whole organization."),
    )  # fmt: skip
    purpose = models.TextField(_("what it is for"), blank=True)
    responsibilities = models.JSONField(_("responsibilities"), default=list, blank=True)
    authorities = models.JSONField(_("further authorities"), default=list, blank=True)
    has_delivery_stop = models.BooleanField(_("may stop a delivery"), default=False)
    has_line_stop = models.BooleanField(_("may stop a line"), default=False)
    has_release = models.BooleanField(_("releases product"), default=False)
    holder = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="roles",
        verbose_name=_("holder"),
    )  # fmt: skip
    deputy = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="deputy_roles", verbose_name=_("deputy")
    )
    starts_on = models.DateField(_("held from"), null=True, blank=True, editable=False)
    ends_on = models.DateField(_("held until"), null=True, blank=True, editable=False)
    offered_on = models.DateField(_("offered"), null=True, blank=True, editable=False)
    accepted_on = models.DateField(_("accepted"), null=True, blank=True, editable=False)
    acceptance = models.OneToOneField(
        "RoleAcceptance", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    reviewed_on = models.DateField(_("last reviewed"), null=True, blank=True, editable=False)
    link_digest = models.CharField(max_length=64, blank=True, editable=False)
    link_expires_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar = RoleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["drafted", "vacant", "offered", "accepted", "ended", "withdrawn"]),
                name="role_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted")
                | Q(holder__isnull=False, acceptance__isnull=False, accepted_on__isnull=False),
                name="role_accepted_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status="offered") | Q(holder__isnull=False, offered_on__isnull=False),
                name="role_offered_to_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["drafted", "vacant", "ended"]) | Q(holder__isnull=True),
                name="role_without_holder",
            ),
            models.CheckConstraint(
                condition=Q(deputy__isnull=True) | Q(holder__isnull=True) | ~Q(deputy=F("holder")),
                name="role_deputy_is_another",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="role_period_in_order"
            ),
            models.UniqueConstraint(fields=["of_site", "slug"], name="role_slug_once_per_site"),
            models.UniqueConstraint(fields=["slug"], condition=Q(of_site=None), name="role_slug_once"),
            models.UniqueConstraint(
                fields=["link_digest"], condition=~Q(link_digest=""), name="role_link_once"
            ),
        ]  # fmt: skip

    @property
    def is_organization_wide(self) -> bool:
        return self.of_site_id is None

    @property
    def marked(self) -> list[str]:
        """The authorities an auditor asks for by name, in words."""
        marks = {
            _("May stop a delivery"): self.has_delivery_stop, _("May stop a line"): self.has_line_stop,
            _("Releases product"): self.has_release,
        }  # fmt: skip
        return [str(words) for words, has in marks.items() if has]

    @property
    def all_authorities(self) -> list[str]:
        """The marked authorities and the others, in order."""
        return [*self.marked, *cast("list[str]", self.authorities)]

    def content(self) -> dict[str, Json]:
        """The role's own facts."""
        return {
            "purpose": self.purpose,
            "reach": str(_("The whole organization")) if self.is_organization_wide else self.site.name,
            "holder": self.holder.name if self.holder else "",
            "deputy": self.deputy.name if self.deputy else "",
            "starts_on": self.starts_on.isoformat() if self.starts_on else "",
            "ends_on": self.ends_on.isoformat() if self.ends_on else "",
            "offered_on": self.offered_on.isoformat() if self.offered_on else "",
            "accepted_on": self.accepted_on.isoformat() if self.accepted_on else "",
            "accepted_how": str(self.acceptance.get_way_display()) if self.acceptance else "",
            "reviewed_on": self.reviewed_on.isoformat() if self.reviewed_on else "",
            "responsibilities": [{"no": n, "responsibility": text} for n, text in enumerate(self.responsibilities, 1)],
            "authorities": [{"no": n, "authority": text} for n, text in enumerate(self.all_authorities, 1)],
        }


class RoleHolding(models.Model):
    """From this day the role is, or is to be, held by ``person``; by nobody where there is none. Never changed.

    Somebody's time ends where the next row begins. Triggers refuse any change.
    """

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="holdings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="role_holdings")
    starts_on = models.DateField()
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"{self.role_id}: {self.person_id} from {self.starts_on}"


class RoleAcceptance(models.Model):
    """The holder said yes to the role as its ``version`` says it. Triggers refuse any change.

    The signature is under the same version: the holder's own, or the witness's where there is one.
    """

    class Way(models.TextChoices):
        ACCOUNT = "account", _("signed with their own log-in")
        LINK = "link", _("by a link and their own PIN")
        WITNESS = "witness", _("said before a witness, who signed")

    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="acceptances")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_acceptances")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    way = models.CharField(max_length=8, choices=Way)
    witness = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["role", "version"], name="role_version_accepted_once"),
            models.CheckConstraint(
                condition=Q(way="witness", witness__isnull=False) & ~Q(witness=F("person"))
                | Q(way__in=["account", "link"], witness__isnull=True),
                name="role_witness_is_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} v{self.version}: {self.person_id}"
