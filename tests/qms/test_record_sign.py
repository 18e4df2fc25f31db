"""Signing a record, and adding files to it, from its page."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from qms.models import Attachment, Signature, TrailEntry, User
from tests.factories import PASSWORD, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db
MEANING = "I have reviewed this record"


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def jpeg(color: str) -> SimpleUploadedFile:
    body = io.BytesIO()
    Image.new("RGB", (80, 60), color).save(body, "JPEG")
    return SimpleUploadedFile(f"{color}.jpg", body.getvalue(), "image/jpeg")


def test_signature_is_bound_to_the_version_and_shown_on_the_page() -> None:
    walk = logged_activity(yusuf())
    client = as_user(hiro())
    address = reverse("qms:record-sign", args=[walk.uid])
    assert client.post(address, {"meaning": MEANING, "password": PASSWORD}).status_code == 302
    signature = Signature.objects.get()
    assert (signature.name, signature.meaning, signature.version, signature.method) == (
        "Hiro Weber", MEANING, 1, "password",
    )  # fmt: skip
    assert signature.content_hash == walk.versions.get(version=1).content_hash
    page = client.get(reverse("qms:record", args=[walk.uid]), follow=True).content.decode()
    assert page.count(MEANING) >= 2  # among the signatures and in the timeline
    twice = client.post(address, {"meaning": MEANING, "password": PASSWORD})
    assert twice.context["form"].errors["meaning"]


def test_signature_needs_the_password_and_a_meaning() -> None:
    walk = logged_activity(yusuf())
    client = as_user(hiro())
    address = reverse("qms:record-sign", args=[walk.uid])
    assert client.post(address, {"meaning": MEANING, "password": "wrong"}).context["form"].errors["password"]
    assert client.post(address, {"password": PASSWORD}).context["form"].errors["meaning"]
    assert not Signature.objects.exists()


def test_signing_is_refused_to_those_who_may_not() -> None:
    boss = yusuf()
    walk, draft = logged_activity(boss), logged_activity(boss, status="draft")
    assert as_user(omar()).get(reverse("qms:record-sign", args=[walk.uid])).status_code == 404
    assert (
        as_user(cast_member("Emma Roth", "employee")).get(reverse("qms:record-sign", args=[walk.uid])).status_code
        == 403
    )
    assert as_user(boss).get(reverse("qms:record-sign", args=[draft.uid])).status_code == 403


def test_files_are_added_from_a_plain_form_and_a_second_use_is_flagged() -> None:
    boss = yusuf()
    walk, other = logged_activity(boss), logged_activity(boss)
    client = as_user(boss)
    address = reverse("qms:record-files", args=[walk.uid])
    done = client.post(address, {"files": [jpeg("red"), jpeg("blue")], "caption": "At line 3"})
    assert done["Location"].endswith("#files")
    assert [a.caption for a in Attachment.objects.order_by("pk")] == ["At line 3", "At line 3"]
    client.post(reverse("qms:record-files", args=[other.uid]), {"files": [jpeg("red")]})
    page = client.get(reverse("qms:record", args=[other.uid]), follow=True).content.decode()
    assert f"used before in {walk.reference}" in page
    assert TrailEntry.objects.filter(record=walk, verb="attachment.added").count() == 2


def test_photo_used_before_in_a_record_one_may_not_see_is_not_named() -> None:
    boss = yusuf()
    secret, walk = logged_activity(boss, is_confidential=True), logged_activity(boss)
    client = as_user(boss)
    client.post(reverse("qms:record-files", args=[secret.uid]), {"files": [jpeg("red")]})
    client.post(reverse("qms:record-files", args=[walk.uid]), {"files": [jpeg("red")]})
    page = as_user(cast_member("Nia Okafor")).get(reverse("qms:record", args=[walk.uid]), follow=True).content.decode()
    assert "used before in another record" in page
    assert secret.reference not in page


def test_refused_file_is_named_with_the_reason_and_the_others_are_kept() -> None:
    boss = yusuf()
    walk = logged_activity(boss)
    bad = SimpleUploadedFile("page.html", b"<html><script>alert(1)</script></html>", "text/html")
    client = as_user(boss)
    page = client.post(reverse("qms:record-files", args=[walk.uid]), {"files": [jpeg("red"), bad]}, follow=True)
    text = page.content.decode()
    assert "1 file added." in text
    assert "page.html:" in text
    assert Attachment.objects.count() == 1


def test_files_are_added_only_by_who_may_change_the_record() -> None:
    walk = logged_activity(yusuf())
    address = reverse("qms:record-files", args=[walk.uid])
    assert as_user(cast_member("Nia Okafor")).post(address, {"files": [jpeg("red")]}).status_code == 403
    assert as_user(omar()).post(address, {"files": [jpeg("red")]}).status_code == 404
