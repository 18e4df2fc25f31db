"""Samples of the addresses of the measures of engagement, collected by name."""

from __future__ import annotations

from typing import Any

from qms.permissions import AccessProfile

OF_SITE: dict[str, Any] = {"leadership:site-page-detail": lambda w, u: {"pk": w.site.pk}}
OF_ALL: dict[str, Any] = {"leadership:engagement-measure": lambda w, u: {"slug": "contact"}}
OTHER_LISTS = {AccessProfile.QUALITY_MANAGER: ("leadership:engagement",)}
