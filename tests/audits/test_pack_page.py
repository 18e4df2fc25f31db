"""The pages of packs: who may ask, see, download; links for people without an account."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from audits.models import Pack, PackDownload, PackLink
from audits.services import pack as pack_service
from audits.services import pack_copy, pack_page
from audits.tasks import pack as tasks
from qms.models import TrailEntry, User
from qms.permissions import AccessProfile
from tests.audits import packs
from tests.factories import NOW, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]


@pytest.fixture
def stopped_clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ready(by: User) -> Pack:
    """A finished pack with a file, made without rendering."""
    _top, general, _focus = packs.clauses()
    pack = packs.requested(by, [general])
    pack.file.save("x.pdf", ContentFile(b"%PDF-1.7 test"), save=False)
    pack.status, pack.sha256, pack.file_size, pack.page_count = Pack.Status.READY, "ab" * 32, 13, 3
    pack.save()
    return pack


def url(name: str, *args: object) -> str:
    return reverse(f"audits:{name}", args=args)


def form_values(pack_scope: Any) -> dict[str, Any]:
    return {
        "sites": [site.pk for site in pack_scope.sites], "edition": pack_scope.edition.pk,
        "clauses": [clause.pk for clause in pack_scope.clauses], "from_on": "2026-01-01", "to_on": "2026-11-20",
        "purpose": "Stage 2", "has_photos": "on", "names": "full",
    }  # fmt: skip


def test_list_invites_to_the_first_pack() -> None:
    response = signed_in(yusuf()).get(url("pack-list"))
    assert (response.status_code, "Request the first one" in response.text) == (200, True)


def test_list_shows_only_packs_of_ones_own_sites() -> None:
    pack = ready(yusuf())
    assert pack.reference in signed_in(hiro()).get(url("pack-list")).text
    assert pack.reference not in signed_in(omar()).get(url("pack-list")).text


def test_list_needs_the_same_queries_for_one_and_three_packs(django_assert_max_num_queries: Any) -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    client = signed_in(by)
    seen = []
    for _n in range(2):
        packs.requested(by, [general])
        packs.requested(by, [general])
        with django_assert_max_num_queries(12) as found:
            client.get(url("pack-list"))
        seen.append(len(found))
    assert seen[0] == seen[1]


def test_request_page_is_preset_from_the_address() -> None:
    _top, general, _focus = packs.clauses()
    response = signed_in(yusuf()).get(
        url("pack-request"), {"clause": "5.1.1", "site": "DEN", "edition": "iso-9001-2026"}
    )
    form = response.context["form"]
    assert form.initial["clauses"] == [general.pk]
    assert [site.code for site in form.fields["sites"].queryset if site.pk in form.initial["sites"]] == ["DEN"]
    assert (form.initial["from_on"].isoformat(), form.initial["to_on"].isoformat()) == ("2025-11-21", "2026-11-20")


def test_request_is_queued_and_leads_to_its_page(
    django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(tasks.start, "delay", asked.append)
    monkeypatch.setattr(tasks.start, "apply_async", lambda args, *rest, **options: asked.append(*args))
    _top, general, _focus = packs.clauses()
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in(yusuf()).post(url("pack-request"), form_values(packs.scope([general])))
    pack = Pack.objects.get()
    assert (response.status_code, response["Location"]) == (302, url("pack-detail", pack.pk))
    assert asked == [pack.pk]
    assert (pack.purpose, pack.names, pack.has_photos) == ("Stage 2", "full", True)


def test_request_upside_down_keeps_what_was_entered() -> None:
    _top, general, _focus = packs.clauses()
    values = form_values(packs.scope([general])) | {"from_on": "2026-11-20", "to_on": "2026-01-01"}
    response = signed_in(yusuf()).post(url("pack-request"), values)
    assert response.status_code == 422
    assert "The period must end on or after the day it starts." in response.text
    assert 'value="Stage 2"' in response.text


def test_request_for_a_site_one_may_not_see_is_refused() -> None:
    _top, general, _focus = packs.clauses()
    outsider = omar()
    values = form_values(packs.scope([general])) | {"sites": [outsider.person.site_id]}
    assert signed_in(yusuf()).post(url("pack-request"), values).status_code == 422
    assert Pack.objects.count() == 0


def test_estimate_counts_while_the_form_is_filled_in() -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    logged_activity(by)
    response = signed_in(by).get(url("pack-estimate"), form_values(packs.scope([general])))
    assert response.context["estimate"].records == 1


def test_estimate_of_an_unfinished_form_says_what_is_missing() -> None:
    packs.clauses()
    assert "Choose at least one site" in signed_in(yusuf()).get(url("pack-estimate")).text


def test_employee_may_not_see_packs() -> None:
    pack = ready(yusuf())
    client = signed_in(cast_member("Ana Employee", AccessProfile.EMPLOYEE))
    assert client.get(url("pack-list")).status_code == 403
    assert client.post(url("pack-download", pack.pk)).status_code == 403


def test_pack_of_another_site_does_not_exist() -> None:
    pack = ready(yusuf())
    client = signed_in(omar())
    assert client.get(url("pack-detail", pack.pk)).status_code == 404
    assert client.post(url("pack-download", pack.pk)).status_code == 404
    assert PackDownload.objects.count() == 0


def test_pack_is_not_read_by_its_uid_past_its_own_rules() -> None:
    lyon = omar().person.site
    pack = ready(yusuf())
    pages = [
        reverse("qms:record-version", args=[pack.uid, 1]),
        reverse("objectives:improvement-action-new") + f"?source={pack.uid}",
    ]
    employee, leader = cast_member("Ana Employee", AccessProfile.EMPLOYEE), cast_member("Nia Okafor")
    assert [signed_in(leader).get(page).status_code for page in pages] == [200, 200]
    assert signed_in(employee).get(pages[0]).status_code == 404
    pack.sites.add(lyon)  # of two sites now, one of which she may not see
    assert [signed_in(leader).get(page).status_code for page in pages] == [404, 404]


def test_download_is_an_attachment_and_written_down() -> None:
    by = hiro()
    pack = ready(yusuf())
    response = signed_in(by).post(url("pack-download", pack.pk))
    assert b"".join(response.streaming_content) == b"%PDF-1.7 test"  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == f'attachment; filename="{pack.reference}.pdf"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert PackDownload.objects.get().person == by.person
    assert TrailEntry.objects.filter(record=pack, verb="pack.downloaded").count() == 1


def test_download_by_get_does_nothing() -> None:
    pack = ready(yusuf())
    assert signed_in(hiro()).get(url("pack-download", pack.pk)).status_code == 405
    assert PackDownload.objects.count() == 0


def test_detail_shows_hash_downloads_and_history() -> None:
    by = yusuf()
    pack = ready(by)
    client = signed_in(by)
    assert client.post(url("pack-download", pack.pk)).getvalue().startswith(b"%PDF-")
    page = client.get(url("pack-detail", pack.pk))
    assert page.status_code == 200
    for expected in (pack.sha256, "Yusuf Chen", "Downloaded", "Requested"):
        assert expected in page.text


def test_failed_pack_says_why_and_can_be_tried_again() -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    pack = pack_service.fail(packs.requested(by, [general]), "The disk is full.", at=NOW)
    client = signed_in(by)
    assert "The disk is full." in client.get(url("pack-detail", pack.pk)).text
    client.post(url("pack-retry", pack.pk))
    assert Pack.objects.get(pk=pack.pk).status == "building"


def test_progress_refreshes_the_page_once_it_has_ended() -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    pack = packs.requested(by, [general])
    client = signed_in(by)
    assert "HX-Refresh" not in client.get(url("pack-progress", pack.pk)).headers
    pack_service.fail(pack, "No", at=NOW)
    assert client.get(url("pack-progress", pack.pk))["HX-Refresh"] == "true"


def link_made(client: Client, pack: Pack) -> str:
    client.post(url("pack-link", pack.pk), {"for_whom": "Ms Auditor, DQ Cert", "expires_on": "2026-12-01"})
    page = client.get(url("pack-detail", pack.pk))
    return str(page.context["new_link"])


def test_link_opens_the_pack_for_anybody_and_its_download_is_written_down() -> None:
    by = yusuf()
    pack = ready(by)
    address = link_made(signed_in(by), pack)
    stranger = Client()
    assert "Ms Auditor, DQ Cert" in stranger.get(address).text
    assert PackDownload.objects.count() == 0
    assert b"".join(stranger.post(address).streaming_content) == b"%PDF-1.7 test"  # type: ignore[attr-defined]
    assert PackDownload.objects.get().link == PackLink.objects.get()


def test_link_is_shown_once_and_only_its_hash_is_kept() -> None:
    by = yusuf()
    pack = ready(by)
    client = signed_in(by)
    token = link_made(client, pack).rstrip("/").rsplit("/", 1)[-1]
    assert token not in client.get(url("pack-detail", pack.pk)).text
    assert PackLink.objects.get().token_hash == pack_copy.hash_of(token)


def test_revoked_link_does_not_exist() -> None:
    by = yusuf()
    pack = ready(by)
    client = signed_in(by)
    address = link_made(client, pack)
    client.post(url("pack-link-revoke", pack.pk, PackLink.objects.get().pk))
    assert Client().get(address).status_code == 404


def test_expired_link_does_not_exist() -> None:
    by = yusuf()
    address = link_made(signed_in(by), ready(by))
    with time_machine.travel(NOW + timedelta(days=12), tick=False):
        assert Client().get(address).status_code == 404


def test_link_for_longer_than_a_year_is_refused() -> None:
    by = yusuf()
    pack = ready(by)
    signed_in(by).post(url("pack-link", pack.pk), {"for_whom": "X", "expires_on": "2028-01-01"})
    assert PackLink.objects.count() == 0


def test_link_cannot_outlast_the_access_of_who_makes_it() -> None:
    guest = cast_member("Gus Guest", AccessProfile.GUEST_AUDITOR, access_expires_at=NOW + timedelta(days=5))
    pack = ready(guest)
    assert link_made(signed_in(guest), pack) == ""
    assert PackLink.objects.count() == 0
    signed_in(guest).post(url("pack-link", pack.pk), {"for_whom": "X", "expires_on": "2026-11-23"})
    assert PackLink.objects.count() == 1


@pytest.mark.parametrize("page", ["pack-retry", "pack-supersede", "pack-link"])
def test_somebody_elses_pack_is_not_replaced_nor_handed_out(page: str) -> None:
    pack = ready(hiro())
    guest = cast_member("Gus Guest", AccessProfile.GUEST_AUDITOR)
    values = {"for_whom": "X", "expires_on": "2026-12-01"}
    assert signed_in(guest).post(url(page, pack.pk), values).status_code == 403
    assert (Pack.objects.count(), PackLink.objects.count()) == (1, 0)
    assert signed_in(guest).get(url("pack-detail", pack.pk)).status_code == 200


def test_download_is_written_down_with_the_address_before_the_proxy(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    by = yusuf()
    pack = ready(by)
    forged = {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 192.0.2.7"}  # what the asker says, what our own proxy saw
    b"".join(signed_in(by).post(url("pack-download", pack.pk), **forged).streaming_content)  # type: ignore[attr-defined]
    assert PackDownload.objects.get().address == "192.0.2.7"


def test_link_ends_with_the_access_of_who_made_it() -> None:
    by = cast_member("Gus Guest", AccessProfile.GUEST_AUDITOR)
    pack, now = ready(by), NOW
    link, token = pack_copy.make_link(pack, for_whom="X", expires_at=now + timedelta(days=9), by=by, at=now)
    assert pack_copy.live_link(token, at=now) == link
    assert not pack_page.page_of(pack, by, at=now).links[0].is_expired
    User.objects.filter(pk=by.pk).update(is_active=False)
    assert Client().get(url("pack-shared", token)).status_code == 404
    assert Client().post(url("pack-shared", token)).status_code == 404
    assert pack_page.page_of(pack, by, at=now).links[0].is_expired


def test_guessed_link_does_not_exist() -> None:
    assert Client().get(url("pack-shared", "guess")).status_code == 404


def test_supersede_asks_for_the_same_scope() -> None:
    by = yusuf()
    pack = ready(by)
    response = signed_in(by).post(url("pack-supersede", pack.pk))
    newer = Pack.objects.get(supersedes=pack)
    assert response["Location"] == url("pack-detail", newer.pk)
    assert list(newer.clauses.all()) == list(pack.clauses.all())
