"""Processes: one accountable role each, gaps pointed out, what was said before kept with its end."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from leadership.models import Process, RaciLetter
from leadership.services import process as service
from leadership.services import role as role_service
from qms.models import TrailEntry
from qms.permissions import AccessProfile
from tests.factories import NOW, SiteFactory, cast_member
from tests.leadership.test_role import accepted, drafted, hiro, yusuf

pytestmark = pytest.mark.django_db


def milling() -> Process:
    return service.add(name="Milling", site=hiro().person.site, owner_role=None, by=hiro(), at=NOW)


def test_letters_stand_in_their_cells_and_gaps_are_said() -> None:
    makes, owns = accepted(yusuf(), title="Line lead"), accepted(hiro(), title="Process owner")
    full, empty = milling(), service.add(name="Sawing", site=None, owner_role=owns, by=hiro(), at=NOW)
    service.set_letters(full, letters={makes.pk: "R", owns.pk: "RA"}, by=hiro(), at=NOW)
    matrix = service.matrix(hiro())
    assert [role.title for role in matrix.roles] == ["Line lead", "Process owner"]
    assert [(row.process, row.cells) for row in matrix.rows] == [(full, ["R", "RA"]), (empty, ["", ""])]
    assert [(row.process, row.gaps) for row in matrix.gaps] == [
        (empty, ["Nobody is accountable", "Nobody is responsible"])
    ]


def test_two_accountable_roles_are_refused_by_the_service_and_by_the_database() -> None:
    one, two, process = accepted(yusuf(), title="One"), accepted(hiro(), title="Two"), milling()
    with pytest.raises(ValidationError, match="Only one role"):
        service.set_letters(process, letters={one.pk: "A", two.pk: "A"}, by=hiro(), at=NOW)
    service.set_letters(process, letters={one.pk: "A"}, by=hiro(), at=NOW)
    with pytest.raises(ValidationError, match="Only one role"):
        service.set_letters(process, letters={two.pk: "RA"}, by=hiro(), at=NOW)
    with pytest.raises(IntegrityError, match=r"raci_one_accountable|process_id"), transaction.atomic():
        RaciLetter.objects.create(process=process, role=two, letter="A", set_at=NOW)


def test_letter_that_ends_stays_with_its_end() -> None:
    one, two, process = accepted(yusuf(), title="One"), accepted(hiro(), title="Two"), milling()
    service.set_letters(process, letters={one.pk: "A"}, by=hiro(), at=NOW)
    service.set_letters(process, letters={one.pk: "C", two.pk: "A"}, by=hiro(), at=NOW)
    rows = RaciLetter.objects.order_by("pk").values_list("role__title", "letter", "ended_at")
    assert list(rows) == [("One", "A", NOW), ("One", "C", None), ("Two", "A", None)]
    entry = TrailEntry.objects.filter(chain=process.trail_key).latest("seq")
    assert '"One":["A","C"],"Two":["","A"]' in entry.changes


def test_same_letters_again_write_nothing() -> None:
    one, process = accepted(yusuf()), milling()
    service.set_letters(process, letters={one.pk: "A"}, by=hiro(), at=NOW)
    before = TrailEntry.objects.count()
    service.set_letters(process, letters={one.pk: "A"}, by=hiro(), at=NOW)
    assert TrailEntry.objects.count() == before


def test_vacant_accountable_role_is_a_gap() -> None:
    role, process = role_service.open_vacant(drafted(hiro()), by=hiro(), at=NOW), milling()
    service.set_letters(process, letters={role.pk: "RA"}, by=hiro(), at=NOW)
    assert [row.gaps for row in service.matrix(hiro()).rows] == [["“Release of product” is vacant"]]


def test_role_of_another_site_has_no_part() -> None:
    lyon = cast_member("Lea Lyon", AccessProfile.QUALITY_MANAGER, site="LYO")
    theirs, process = accepted(lyon, by=lyon), milling()
    with pytest.raises(ValidationError, match="not of this process's site"):
        service.set_letters(process, letters={theirs.pk: "A"}, by=hiro(), at=NOW)


def test_name_is_there_once_per_site() -> None:
    milling()
    with pytest.raises(ValidationError, match="of that name"):
        milling()
    service.add(name="Milling", site=SiteFactory(code="LYO"), owner_role=None, by=hiro(), at=NOW)


def test_editor_sets_the_letters_on_the_page_and_others_may_not(client: Client) -> None:
    role, process = accepted(yusuf()), milling()
    path = reverse("leadership:process-raci", args=[process.pk])
    client.force_login(hiro())
    assert client.post(path, {f"role-{role.pk}": "RA"}).status_code == 302
    assert service.letters_in(process) == {role.pk: "RA"}
    client.force_login(yusuf())
    assert client.post(path, {f"role-{role.pk}": ""}).status_code == 403
    assert service.letters_in(process) == {role.pk: "RA"}
