"""Tokens of the JSON API: kept as digests, scoped, expiring, revocable."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User
from qms.models.record import Record
from qms.permissions import PROFILES, Permission


class ApiToken(models.Model):
    """A secret that acts for ``owner`` within ``scopes``; only its SHA-256 is kept. ``record`` narrows it to one.

    A service token is one an administrator made for a machine. Where its owner may do or read more than its maker, it
    opens nothing before the owner agreed to it (``agreed_at``).
    """

    class Scope(models.TextChoices):
        READ = "read", _("Read records")
        ACTIVITY = "activity", _("Log activities")
        MEASUREMENT = "measurement", _("Send measurements")
        COST = "cost", _("Send cost postings")
        IDEA = "idea", _("Raise ideas")

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    beginning = models.CharField(max_length=12, editable=False)
    scopes = models.JSONField(_("may"))
    record = models.ForeignKey(
        Record, on_delete=models.PROTECT, null=True, blank=True, related_name="api_tokens", verbose_name=_("only for")
    )
    is_service = models.BooleanField(_("for a machine"), default=False)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("expires"))
    agreed_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(expires_at__gt=models.F("created_at")), name="api_token_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def waits_for_consent(self) -> bool:
        """Whether somebody else made it, who may less than its owner, and the owner has not agreed to it.

        Nobody else reads one's own drafts and confidential records, so that a token that reads always waits.
        """
        if not self.is_service or self.agreed_at is not None or self.created_by_id == self.owner_id:
            return False
        return self.Scope.READ in self.scopes or not _profile(self.owner) <= _profile(self.created_by)


def _profile(user: User) -> frozenset[Permission]:
    return PROFILES.get(user.profile, frozenset())
