"""What the pages of standard work share."""

from __future__ import annotations

from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from qms.models import User
from qms.permissions import Permission


def tabs_of(request: HttpRequest, active: str) -> list[dict[str, Any]]:
    """The views of standard work that the user may open."""
    user = cast(User, request.user)
    pages = (
        ("mine", _("My standard work"), "leadership:standard-work", Permission.STANDARD_WORK_EDIT),
        ("routines", _("Routines"), "leadership:routine-list", Permission.RECORD_VIEW),
        ("adherence", _("Adherence"), "leadership:adherence", Permission.ENGAGEMENT_VIEW),
    )
    return [
        {"label": label, "url": reverse(name), "active": slug == active}
        for slug, label, name, permission in pages
        if user.can(permission)
    ]
