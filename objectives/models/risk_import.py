"""An import of a risk register on its way from the uploaded file to the result; kept, to be looked at later."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from qms.models import Site, User


class RiskImportQuerySet(models.QuerySet["RiskImport"]):
    """Imports as a user may see them."""

    def visible_to(self, user: User) -> RiskImportQuerySet:
        """One's own imports only: the file may hold what others may not see."""
        return self.filter(requested_by=user)


class RiskImport(models.Model):
    """One uploaded register, what its columns and words mean, and what became of each row.

    ``sheets`` is a list of {name, lines: [[line, [cells]]]}; ``sheet`` the position of the chosen one; ``header_line``
    the line its headings stand on; ``mapping`` one field name (or "") per column; ``words`` what was chosen for words
    among the numbers, as {field: {word: value}}; ``outcome`` a list of {line, name, status, risk, messages}.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    sheets = models.JSONField(default=list)
    sheet = models.PositiveSmallIntegerField(default=0)
    header_line = models.PositiveIntegerField(default=1)
    mapping = models.JSONField(default=list)
    words = models.JSONField(default=dict)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("site"))
    outcome = models.JSONField(default=list)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="risk_imports")
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)

    objects = RiskImportQuerySet.as_manager()

    def __str__(self) -> str:
        return self.file_name

    @property
    def trail_key(self) -> str:
        return f"risk_import:{self.uid.hex}"

    @property
    def lines(self) -> list[tuple[int, list[str]]]:
        """The filled lines of the chosen sheet, with the numbers they have in the file."""
        return [(number, cells) for number, cells in self.sheets[self.sheet]["lines"]]

    @property
    def header(self) -> list[str]:
        """The headings, without the empty ones at the end."""
        cells = list(next((cells for number, cells in self.lines if number == self.header_line), []))
        while cells and not cells[-1]:
            cells.pop()
        return cells

    @property
    def rows(self) -> list[tuple[int, list[str]]]:
        """The lines below the headings."""
        return [(number, cells) for number, cells in self.lines if number > self.header_line]

    @property
    def lines_above(self) -> list[str]:
        """What stands above the headings, one text per line."""
        return [" · ".join(filter(None, cells)) for number, cells in self.lines if number < self.header_line]
