"""What every page needs around its own content."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qms.models import CountUpTo, Notification, Organization, User
from qms.navigation import ACCOUNT_MENU, BOTTOM_BAR, SIDEBAR, NavItem, NavLink, address, links
from qms.permissions import Permission, elevated_until

NOTICES_COUNTED = 10


@dataclass(frozen=True)
class _Known:
    """What the frame reads from the database."""

    organization: str
    unread: int
    has_open_thanks: bool = False


def _read(user: User | AnonymousUser) -> _Known:
    """The organization's name and rules, and the user's unread notices, in one query."""
    organization = Organization.objects.filter(pk=1).order_by()
    names, open_thanks = organization.values("name"), organization.values("has_open_thanks")
    if not isinstance(user, User):
        return _Known(names.values_list("name", flat=True).first() or Organization.unnamed().name, 0)
    unread = CountUpTo(Notification.objects.filter(user=user, read_at=None), NOTICES_COUNTED)
    known = (Subquery(names[:1]), unread, Subquery(open_thanks[:1]))
    name, number, has_open_thanks = User.objects.filter(pk=user.pk).values_list(*known).get()
    return _Known(name or Organization.unnamed().name, number, bool(has_open_thanks))


def frame(request: HttpRequest) -> dict[str, object]:
    """The organization's name, navigation for the user at hand and unread notices (to ten); each only when shown."""

    def lazy_links(items: tuple[NavItem, ...]) -> object:
        def build() -> list[NavLink]:
            return links(items, request.user, request.path) if request.user.is_authenticated else []

        return SimpleLazyObject(build)

    def thank_url() -> str:
        user = request.user
        if not user.is_authenticated:
            return ""
        is_open = user.can(Permission.PERSON_VIEW) and known.has_open_thanks
        return address("leadership:recognition-new") if user.can(Permission.RECOGNITION_GIVE) or is_open else ""

    known = SimpleLazyObject(lambda: _read(request.user))
    return {
        "sidebar_links": lazy_links(SIDEBAR),
        "bottom_links": lazy_links(BOTTOM_BAR),
        "account_links": lazy_links(ACCOUNT_MENU),
        "unread_notices": SimpleLazyObject(lambda: known.unread),
        "log_url": SimpleLazyObject(lambda: address("leadership:log")),
        "thank_url": SimpleLazyObject(thank_url),
        "notices_url": SimpleLazyObject(lambda: address("qms:inbox")),
        "elevated_until": SimpleLazyObject(lambda: elevated_until(request)),
        "organization_name": SimpleLazyObject(lambda: known.organization),
    }
