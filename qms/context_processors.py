"""What every page needs around its own content."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from qms.models import Notification, Organization
from qms.navigation import ACCOUNT_MENU, BOTTOM_BAR, SIDEBAR, NavItem, NavLink, address, links
from qms.permissions import elevated_until

NOTICES_COUNTED = 10


def frame(request: HttpRequest) -> dict[str, object]:
    """The organization's name, navigation for the user at hand and unread notices (to ten); each only when shown."""

    def lazy_links(items: tuple[NavItem, ...]) -> object:
        def build() -> list[NavLink]:
            return links(items, request.user, request.path) if request.user.is_authenticated else []

        return SimpleLazyObject(build)

    def unread() -> int:
        if not request.user.is_authenticated:
            return 0
        waiting = Notification.objects.filter(user=request.user, read_at=None).order_by("-at", "-pk")
        return len(waiting.values_list("pk")[:NOTICES_COUNTED])

    return {
        "sidebar_links": lazy_links(SIDEBAR),
        "bottom_links": lazy_links(BOTTOM_BAR),
        "account_links": lazy_links(ACCOUNT_MENU),
        "unread_notices": SimpleLazyObject(unread),
        "log_url": SimpleLazyObject(lambda: address("leadership:log")),
        "notices_url": SimpleLazyObject(lambda: address("qms:notification-list")),
        "elevated_until": SimpleLazyObject(lambda: elevated_until(request)),
        "organization_name": SimpleLazyObject(lambda: Organization.current().name),
    }
