"""What stands around every page: one query, the right name, notices counted to ten."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from qms.context_processors import frame
from qms.models import Notification, Organization, User
from tests.factories import NOW, yusuf

pytestmark = pytest.mark.django_db


def framed(user: User | AnonymousUser) -> dict[str, Any]:
    request = RequestFactory().get("/")
    request.user = user
    return frame(request)


def test_name_and_notices_are_read_together_and_afresh(django_assert_num_queries: Any) -> None:
    user = yusuf()
    Organization.objects.create(pk=1, name="Denver Gears")
    for number in range(12):
        Notification.objects.create(user=user, text=str(number), at=NOW, read_at=NOW if number < 3 else None)
    with django_assert_num_queries(1):
        shown = framed(user)
        assert (str(shown["organization_name"]), shown["unread_notices"]) == ("Denver Gears", 9)
    Organization.objects.update(name="Denver Drives")
    Notification.objects.update(read_at=None)
    shown = framed(user)
    assert (str(shown["organization_name"]), shown["unread_notices"]) == ("Denver Drives", 10)


def test_name_before_set_up_and_for_nobody(django_assert_num_queries: Any) -> None:
    for user in (yusuf(), AnonymousUser()):
        with django_assert_num_queries(1):
            shown = framed(user)
            assert (str(shown["organization_name"]), shown["unread_notices"]) == ("Our organization", 0)
