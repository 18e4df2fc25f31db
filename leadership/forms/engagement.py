"""Which sites, and how many months, the measures of engagement are of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _

from leadership.services.engagement import Scope, months_after
from qms.models import User

PERIODS = ((1, _("This month")), (3, _("3 months")), (12, _("12 months")))
USUAL = 3


def months_asked(asked: Mapping[str, str]) -> int:
    """How many months ``?months=`` asks for: one of PERIODS."""
    text = asked.get("months", "")
    known = {str(number): number for number, _label in PERIODS}
    return known.get(text, USUAL)


def scope_asked(asked: Mapping[str, str], user: User, *, today: date) -> Scope:
    """The site of ``?site=`` if the user may see it, else all of the user's; whole months up to today."""
    sites = [site for site in user.visible_sites if site.is_active]
    chosen = [site for site in sites if str(site.pk) == asked.get("site", "")]
    first = months_after(today, 1 - months_asked(asked))
    return Scope(user, tuple(chosen or sites), first, today)
