"""The first administrator of a new system gets in from the command line."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from qms.models import Person, TrailEntry, User
from qms.permissions import AccessProfile
from tests.factories import yusuf

pytestmark = pytest.mark.django_db
ADDRESS = "ada.min@plant.example"


def invite(*arguments: str) -> str:
    said = StringIO()
    call_command("invite_administrator", *arguments, stdout=said)
    return said.getvalue()


def test_link_sets_the_password_of_an_administrator_of_all_sites(client: Client) -> None:
    found = re.search(r"http://localhost:8000(/\S+)", invite("Ada.Min@plant.example", "--name", "Ada Min"))
    assert found
    form = client.get(found[1], follow=True)
    password = "a long word for a plant"
    client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})
    user = User.objects.get(email=ADDRESS)
    assert (user.person.name, user.profile, user.has_all_sites) == ("Ada Min", AccessProfile.ADMINISTRATOR, True)
    assert user.check_password(password)
    assert TrailEntry.objects.filter(chain=user.trail_key, verb="user.invited", by=None).exists()


def test_unknown_address_needs_a_name() -> None:
    with pytest.raises(CommandError, match="--name"):
        invite(ADDRESS)
    assert not Person.objects.exists()


def test_person_who_has_access_is_left_alone() -> None:
    user = yusuf()
    Person.objects.filter(pk=user.person.pk).update(email=user.email)
    with pytest.raises(CommandError, match="has access already"):
        invite(user.email)
    user.refresh_from_db()
    assert user.profile == AccessProfile.LEADER
