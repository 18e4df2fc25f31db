"""People, with or without a log-in, and the users who log in."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from qms.models.site import Area, Site
from qms.permissions import PROFILES, AccessProfile, Permission


def searchable(text: str) -> str:
    """``text`` without case and accents, so that both database engines find José by “jose”."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


class PersonQuerySet(models.QuerySet["Person"]):
    def visible_to(self, user: User) -> PersonQuerySet:
        """People of the user's sites, people without a site, and the user's own entry."""
        if user.has_all_sites:
            return self
        return self.filter(
            models.Q(site_id__in=user.visible_site_ids) | models.Q(site=None) | models.Q(pk=user.person_id)
        )

    def active(self) -> PersonQuerySet:
        return self.filter(deactivated_at=None)

    def matching(self, words: str) -> PersonQuerySet:
        """People whose name or e-mail holds every word typed."""
        found = self
        for word in searchable(words).split():
            found = found.filter(models.Q(search_name__contains=word) | models.Q(email__icontains=word))
        return found


class Person(models.Model):
    """Somebody who works here or with us. Deactivated when leaving, never deleted."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=160)
    search_name = models.CharField(max_length=200, editable=False, db_index=True)
    email = models.EmailField(_("e-mail"), blank=True)
    job_title = models.CharField(_("job title"), max_length=120, blank=True)
    shift = models.CharField(_("shift"), max_length=20, blank=True)
    site = models.ForeignKey(
        Site, on_delete=models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("site")
    )
    area = models.ForeignKey(
        Area, on_delete=models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("area")
    )
    manager = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reports", verbose_name=_("reports to")
    )
    is_top_management = models.BooleanField(
        _("top management"), default=False,
        help_text=_("Directs and controls the organization at the highest level (ISO 9000 term)."),
    )  # fmt: skip
    pin_hash = models.CharField(max_length=128, blank=True, editable=False)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    deactivated_by = models.ForeignKey(
        "qms.User", on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="person_unique_email",
                violation_error_message=_("Another person already has this e-mail address."),
            ),
            models.CheckConstraint(
                condition=~models.Q(manager=models.F("pk")), name="person_not_own_manager",
                violation_error_message=_("A person cannot report to himself or herself."),
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def trail_key(self) -> str:
        return f"person:{self.uid}"

    @property
    def initials(self) -> str:
        """First letters of the first and last word of the name: “Ximena Vega” is XV."""
        words = [] if self.is_redacted else self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def is_redacted(self) -> bool:
        """Whether the name was replaced by its salted hash (qms/services/redaction.py)."""
        return self.name.startswith("[redacted ")

    def clean(self) -> None:
        """Keep the search column in step and refuse a cycle in the chain of managers."""
        self.name = " ".join(self.name.split())
        self.search_name = searchable(self.name)[:200]
        seen = {self.pk} if self.pk else set()
        boss = self.manager
        while boss is not None:
            if boss.pk in seen:
                raise ValidationError({"manager": _("This would make a circle of managers: %s.") % boss.name})
            seen.add(boss.pk)
            boss = boss.manager


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: User) -> UserQuerySet:
        """Log-ins of people the user may see, and log-ins that reach one of the user's sites."""
        if user.has_all_sites:
            return self
        reaching = User.sites.through.objects.filter(site_id__in=user.visible_site_ids).values("user_id")
        people = Person.objects.visible_to(user).values("pk")
        return self.filter(models.Q(person_id__in=people) | models.Q(pk__in=reaching))

    def administrators(self, at: datetime) -> UserQuerySet:
        """Those who can log in at that time and administer access."""
        unexpired = models.Q(access_expires_at=None) | models.Q(access_expires_at__gt=at)
        return self.filter(unexpired, profile=AccessProfile.ADMINISTRATOR, is_active=True)


class Listed(models.Subquery):
    """One column of some rows as a JSON list, as a value inside another query."""

    def as_sql(self, compiler: Any, connection: Any, template: str | None = None, **context: Any) -> Any:
        function = "jsonb_agg" if connection.vendor == "postgresql" else "json_group_array"
        template = f"(SELECT {function}(listed.value) FROM (%(subquery)s) listed)"  # noqa: S608  two constants
        return super().as_sql(compiler, connection, template, **context)


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        # every page shows the name, and times as at the site, and asks which sites the user's rights reach
        reach = User.sites.through.objects.filter(user=models.OuterRef("pk")).values(value=models.F("site_id"))
        users = UserQuerySet(self.model, using=self._db).select_related("person__site")
        return users.annotate(site_ids_read=Listed(reach, output_field=models.JSONField()))

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user with a person of the same name where none is given (used by tests and set-up)."""
        if "person" not in fields:
            name = fields.pop("name", email.split("@", maxsplit=1)[0].replace(".", " ").title())
            person = Person(name=name, email=email)
            person.clean()
            person.save()
            fields["person"] = person
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A log-in of a person: e-mail, access profile, the sites it reaches, and until when."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="user")
    profile = models.CharField(
        _("access profile"), max_length=32, choices=AccessProfile, default=AccessProfile.EMPLOYEE
    )
    has_all_sites = models.BooleanField(_("all sites"), default=False)
    sites = models.ManyToManyField(Site, blank=True, related_name="users", verbose_name=_("sites"))
    is_active = models.BooleanField(_("may log in"), default=True)
    access_expires_at = models.DateTimeField(_("access ends"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    session_number = models.PositiveIntegerField(
        default=0, editable=False, help_text=_("Counting it up ends every open session of the user.")
    )

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    def __str__(self) -> str:
        return self.email

    @property
    def trail_key(self) -> str:
        return f"user:{self.uid}"

    @cached_property
    def own_sites(self) -> list[Site]:
        """The sites given to the user, by name; at most one query per request, none for somebody at home only."""
        own, known = self.person.site, self.__dict__.get("site_ids_read")
        if own is not None and known == [own.pk]:
            return [own]
        return list(self.sites.order_by("name", "pk"))

    @cached_property
    def visible_sites(self) -> list[Site]:
        """What ``Site.objects.visible_to(user)`` yields, by name; for most users without another query."""
        return list(Site.objects.order_by("name", "pk")) if self.has_all_sites else self.own_sites

    @cached_property
    def visible_site_ids(self) -> list[int]:
        """Sites the user's rights reach; read with the user."""
        if "site_ids_read" in self.__dict__:
            return sorted(self.__dict__["site_ids_read"] or [])
        return sorted(site.pk for site in self.own_sites)

    def forget_sites(self) -> None:
        """After the user's sites have changed: read them anew when next asked."""
        for known in ("own_sites", "visible_sites", "visible_site_ids", "site_ids_read"):
            self.__dict__.pop(known, None)

    def get_session_auth_hash(self) -> str:
        """What a session must hold to stay valid: follows the password and ``session_number``."""
        return f"{super().get_session_auth_hash()}.{self.session_number}"

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """The same under earlier secret keys."""
        for old in super().get_session_auth_fallback_hash():
            yield f"{old}.{self.session_number}"

    def may_log_in_at(self, at: datetime) -> bool:
        return self.is_active and (self.access_expires_at is None or self.access_expires_at > at)

    def can(self, permission: Permission) -> bool:
        """True when the access profile holds the permission and the access has not run out."""
        return permission in PROFILES.get(self.profile, frozenset()) and self.may_log_in_at(timezone.now())

    def reaches(self, other: User) -> bool:
        """True when every site the other log-in reaches is one that this one reaches too."""
        return self.has_all_sites or (
            not other.has_all_sites and set(other.visible_site_ids) <= set(self.visible_site_ids)
        )

    def get_full_name(self) -> str:
        return self.person.name
