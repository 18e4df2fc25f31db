"""Organization, sites, areas and the printable codes that lead to an area."""

from __future__ import annotations

import secrets
import zoneinfo
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from qms.models.person import User


def validate_time_zone(value: str) -> None:
    """Refuse a name the IANA time zone database does not know."""
    if value not in zoneinfo.available_timezones():
        raise ValidationError(
            _("“%(value)s” is not a time zone; use a name such as Europe/Berlin."), params={"value": value}
        )


class Organization(models.Model):
    """The one organization this installation belongs to (row 1)."""

    name = models.CharField(_("name"), max_length=200)
    scope_statement = models.TextField(_("scope of the quality management system"), blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    currency = models.CharField(
        _("currency"), max_length=3, default="USD", validators=[RegexValidator(r"^[A-Z]{3}$")],
        help_text=_("Three letters, as banks write it: USD, EUR."),
    )  # fmt: skip
    has_open_thanks = models.BooleanField(
        _("everybody may thank"), default=False,
        help_text=_("Anybody with a log-in may thank colleagues, not only leaders."),
    )  # fmt: skip
    request_answer_days = models.PositiveSmallIntegerField(
        _("resource requests are decided within (days)"), default=14,
        validators=[MinValueValidator(1), MaxValueValidator(365)],
    )  # fmt: skip
    role_answer_days = models.PositiveSmallIntegerField(
        _("roles are accepted within (days)"), default=14, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="organization_is_single")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return "organization"

    @classmethod
    def current(cls) -> Organization:
        """The organization, unsaved with a neutral name while set-up has not been done."""
        return cls.objects.filter(pk=1).first() or cls.unnamed()

    @classmethod
    def unnamed(cls) -> Organization:
        """What stands in while set-up has not been done."""
        return cls(pk=1, name="Our organization")


class SiteQuerySet(models.QuerySet["Site"]):
    def visible_to(self, user: User) -> SiteQuerySet:
        """Sites whose records the user may see."""
        if user.has_all_sites:
            return self
        return self.filter(users=user)

    def active(self) -> SiteQuerySet:
        return self.filter(is_active=True)


class Site(models.Model):
    """A plant or office; it has its own clock and its own reference numbers."""

    code = models.SlugField(
        _("code"), max_length=12, unique=True, help_text=_("Short, goes into reference numbers: DEN.")
    )
    name = models.CharField(_("name"), max_length=120, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    working_weekdays = models.CharField(
        _("working days"), max_length=7, default="12345",
        validators=[RegexValidator(r"^1?2?3?4?5?6?7?$"), MinLengthValidator(1)],
        help_text=_("The days of the week on which the site works, 1 is Monday."),
    )  # fmt: skip
    is_active = models.BooleanField(_("in use"), default=True)
    has_open_ideas = models.BooleanField(
        _("ideas without log-in"), default=False,
        help_text=_("Anybody with an area's QR code may raise an idea or a problem here, and see nothing else."),
    )  # fmt: skip

    objects = SiteQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"site:{self.pk}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class AreaQuerySet(models.QuerySet["Area"]):
    def visible_to(self, user: User) -> AreaQuerySet:
        """Areas of the sites the user may see."""
        if user.has_all_sites:
            return self
        return self.filter(site_id__in=user.visible_site_ids)

    def active(self) -> AreaQuerySet:
        return self.filter(is_active=True, site__is_active=True)


class Area(models.Model):
    """A place within a site: a line, a lab, an office."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="areas", verbose_name=_("site"))
    name = models.CharField(_("name"), max_length=120)
    is_active = models.BooleanField(_("in use"), default=True)

    objects = AreaQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "name"], name="area_unique_name_per_site")]

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"area:{self.pk}"


def new_token() -> str:
    """A URL-safe secret with 132 bits of entropy."""
    return secrets.token_urlsafe(16)


class AreaCode(models.Model):
    """A printed QR code of an area. It gives context (where am I), never permission; it can be revoked."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="codes")
    token = models.CharField(max_length=40, unique=True, default=new_token, editable=False)
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey("qms.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area"], condition=models.Q(revoked_at=None), name="area_one_live_code"),
        ]

    def __str__(self) -> str:
        return f"{self.area}: {self.token[:6]}…"

    @property
    def trail_key(self) -> str:
        return f"area:{self.area_id}"
