"""What the sidebar, the phone's bottom bar and the account menu offer, as data.

An entry is shown when its address exists and the user holds its permission; the page behind it checks again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from qms.permissions import Permission

if TYPE_CHECKING:
    from qms.models import User


@dataclass(frozen=True)
class NavItem:
    """One way into the product. ``under``: further beginnings of addresses that light this entry up."""

    label: str | Promise
    url_name: str
    icon: str
    permission: Permission = Permission.SIGNED_IN
    under: tuple[str, ...] = ()
    is_big: bool = False


@dataclass(frozen=True)
class NavLink:
    """An entry ready to be shown to one user on one page."""

    label: str | Promise
    url: str
    icon: str
    is_current: bool
    is_big: bool


@dataclass(frozen=True)
class Section:
    """A tile of a page that leads into one part of the product, such as Plan; hidden like a NavItem."""

    label: str | Promise
    url_name: str
    icon: str
    note: str | Promise
    permission: Permission = Permission.RECORD_VIEW

    @property
    def url(self) -> str:
        return address(self.url_name)


Groups = Iterable[tuple[str | Promise, list[Section]]]
SIDEBAR = (
    NavItem(_("Home"), "leadership:home", "home"),
    NavItem(_("Log"), "leadership:log", "log", Permission.ACTIVITY_LOG),
    NavItem(_("Leadership"), "leadership:overview", "star", Permission.RECORD_VIEW),
    NavItem(_("Evidence"), "qms:evidence", "evidence", Permission.EVIDENCE_VIEW),
    NavItem(
        _("Plan"), "objectives:plan", "plan", Permission.RECORD_VIEW,
        under=("/actions/", "/risks/", "/nonconformities/", "/quality-costs/"),
    ),
    NavItem(_("Packs"), "audits:pack-list", "box", Permission.PACK_VIEW),
    NavItem(_("Audits"), "audits:audit-list", "audits", Permission.RECORD_VIEW),
    NavItem(_("People"), "qms:person-list", "people", Permission.PERSON_VIEW),
    NavItem(_("Admin"), "qms:admin", "admin", Permission.MAPPING_VIEW),
)  # fmt: skip
BOTTOM_BAR = (
    NavItem(_("Home"), "leadership:home", "home"),
    NavItem(_("Due"), "objectives:improvement-action-list", "clock", Permission.RECORD_VIEW),
    NavItem(_("Log"), "leadership:log", "plus", Permission.ACTIVITY_LOG, is_big=True),
    NavItem(_("Evidence"), "qms:evidence", "evidence", Permission.EVIDENCE_VIEW),
    NavItem(_("Me"), "qms:me", "person"),
)
ACCOUNT_MENU = (
    NavItem(_("My page"), "qms:me", "person"),
    NavItem(_("Inbox"), "qms:inbox", "bell", under=("/notifications/",)),
    NavItem(_("Two-step log-in"), "mfa_index", "shield"),
    NavItem(_("Change password"), "account_change_password", "key"),
)


def address(url_name: str) -> str:
    """The address of a named page, or nothing when this installation has no such page."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def sections_for(user: User, groups: Groups) -> list[tuple[str | Promise, list[Section]]]:
    """The groups with the sections ``user`` may open; a group without any is left out."""
    shown = [(title, [s for s in sections if s.url and user.can(s.permission)]) for title, sections in groups]
    return [(title, sections) for title, sections in shown if sections]


def links(items: Iterable[NavItem], user: User, path: str) -> list[NavLink]:
    """The entries ``user`` may see; current is the one whose address is the longest beginning of ``path``."""
    shown = [(item, address(item.url_name)) for item in items if user.can(item.permission)]
    beginnings = {url: max((len(start) for start in (url, *item.under) if _is_under(path, start)), default=0)
                  for item, url in shown if url}  # fmt: skip
    best = max(beginnings.values(), default=0)
    return [
        NavLink(item.label, url, item.icon, bool(best) and beginnings[url] == best, item.is_big)
        for item, url in shown
        if url
    ]


def _is_under(path: str, start: str) -> bool:
    return path == start or (start != "/" and path.startswith(start.rstrip("/") + "/"))
