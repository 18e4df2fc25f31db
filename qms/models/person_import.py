"""An import of people on its way from the uploaded file to the result; kept, so that it can be looked at later."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models.person import User
from qms.models.site import Site


class PersonImportQuerySet(models.QuerySet["PersonImport"]):
    def visible_to(self, user: User) -> PersonImportQuerySet:
        """One's own imports only: the file may hold what others may not see."""
        return self.filter(requested_by=user)


class PersonImport(models.Model):
    """One uploaded table of people, the meaning of its columns, and what became of each row.

    ``rows`` is a list of [line, [cells]], ``mapping`` a list with one field name (or "") per column, ``outcome`` a list
    of {line, name, status, messages} written when it is applied.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    header = models.JSONField(default=list)
    rows = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("site"))
    outcome = models.JSONField(default=list)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="person_imports")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = PersonImportQuerySet.as_manager()

    def __str__(self) -> str:
        return self.file_name

    @property
    def trail_key(self) -> str:
        return f"person_import:{self.uid.hex}"
