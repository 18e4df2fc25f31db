"""Files of records: decoded, stripped, served only to those who may see the record."""

import io
import uuid
import zipfile
from hashlib import sha256
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from leadership.models import Activity
from qms.models import Attachment, User
from qms.services import attachment as service
from qms.services import file_intake
from tests.factories import NOW, cast_member, hiro, logged_activity, omar, yusuf

pytestmark = pytest.mark.django_db
PHOTOS = Path(__file__).parents[1] / "data" / "photos"


def sent(path: Path) -> service.Sent:
    body = path.read_bytes()
    return service.Sent(io.BytesIO(body), path.name, len(body))


def stored(attachment: Attachment) -> bytes:
    with attachment.file.storage.open(attachment.file.name) as kept:
        return bytes(kept.read())


def bytes_sent(body: bytes, name: str = "x.bin") -> service.Sent:
    return service.Sent(io.BytesIO(body), name, len(body))


@pytest.fixture
def leader() -> User:
    return yusuf()


@pytest.fixture
def activity(leader: User) -> Activity:
    return logged_activity(leader)


def test_photo_is_upright_small_and_without_exif_but_its_facts_are_kept(leader: User, activity: Activity) -> None:
    source = PHOTOS / "walk_line3.jpg"
    with Image.open(source) as original:
        assert original.getexif()  # the sample does carry something to strip
        assert original.getexif().get(0x0112, 1) != 1
        raw_size = original.size
    attachment, is_new = service.add(activity, sent(source), by=leader, at=NOW)
    assert is_new
    with Image.open(io.BytesIO(stored(attachment))) as kept:
        assert dict(kept.getexif()) == {}
        assert "exif" not in kept.info
        assert max(kept.size) <= 1600
        assert (kept.width > kept.height) == (raw_size[1] > raw_size[0])  # turned by 90 degrees
    assert attachment.original_sha256 == sha256(source.read_bytes()).hexdigest()
    assert attachment.sha256 == sha256(stored(attachment)).hexdigest()
    assert attachment.captured_at is not None


def test_heic_is_kept_as_jpeg(leader: User, activity: Activity) -> None:
    attachment, _ = service.add(activity, sent(PHOTOS / "gauge.heic"), by=leader, at=NOW)
    assert (attachment.media_type, attachment.name) == ("image/jpeg", "gauge.jpg")
    with Image.open(io.BytesIO(stored(attachment))) as kept:
        assert kept.format == "JPEG"


def test_adding_a_file_makes_a_version_and_a_trail_entry(leader: User, activity: Activity) -> None:
    attachment, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    activity.refresh_from_db()
    assert activity.version == 2
    assert attachment.sha256 in activity.versions.get(version=2).content
    assert activity.trail.order_by("-seq").first().verb == "attachment.added"


def test_the_same_uid_twice_adds_nothing(leader: User, activity: Activity) -> None:
    uid = uuid.uuid4()
    service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW, uid=uid)
    again, is_new = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW, uid=uid)
    assert (again.uid, is_new, Attachment.objects.count()) == (uid, False, 1)


def test_a_photo_used_twice_is_flagged(leader: User, activity: Activity) -> None:
    first, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    second, _ = service.add(logged_activity(leader), sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    assert (first.same_as, second.same_as) == (None, first)


def test_a_drawing_stands_beside_its_photo(leader: User, activity: Activity) -> None:
    photo, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    drawing, _ = service.add(activity, sent(PHOTOS / "walk_line3.jpg"), by=leader, at=NOW, annotation_of=photo.uid)
    assert drawing.annotation_of == photo
    elsewhere = logged_activity(leader)
    with pytest.raises(file_intake.FileRefused):
        service.add(elsewhere, sent(PHOTOS / "gauge.heic"), by=leader, at=NOW, annotation_of=photo.uid)


def _bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("xl/workbook.xml", b"0" * 60_000_000)
    return target.getvalue()


def _archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("evil.exe", "MZ")
    return target.getvalue()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        ((PHOTOS / "drawing.svg").read_bytes(), "SVG"),
        (b"<!DOCTYPE html><p>hi", "SVG and web pages"),
        ((PHOTOS / "not_a_photo.jpg").read_bytes(), "PDF cannot be opened"),
        (b"\xff\xd8\xff\xe0" + b"\x00" * 200, "cannot be opened"),
        (b"GIF89a<script>alert(1)</script>", "not taken"),
        (_archive(), "Archives are not taken"),
        (_bomb(), "unpacks to far more"),
        (b"MZ\x90\x00\x03\x00", "not taken"),
        (b"hello <script>alert(1)</script>", "not taken"),
    ],
)  # fmt: skip
def test_dangerous_or_broken_files_are_refused_with_a_reason_and_leave_nothing(
    leader: User, activity: Activity, body: bytes, words: str
) -> None:
    with pytest.raises(file_intake.FileRefused, match=words):
        service.add(activity, bytes_sent(body), by=leader, at=NOW)
    activity.refresh_from_db()
    assert (Attachment.objects.count(), activity.version) == (0, 1)


def test_a_polyglot_loses_what_was_hidden_behind_the_photo(leader: User, activity: Activity) -> None:
    body = (PHOTOS / "board_monday.jpg").read_bytes() + _archive() + b"<script>alert(1)</script>"
    attachment, _ = service.add(activity, bytes_sent(body, "p.jpg"), by=leader, at=NOW)
    kept = stored(attachment)
    assert b"<script>" not in kept
    assert b"evil.exe" not in kept


def test_a_pdf_loses_its_scripts_and_embedded_files(leader: User, activity: Activity) -> None:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    pdf.attachments["evil.html"] = b"<script>"
    target = io.BytesIO()
    pdf.save(target)
    attachment, _ = service.add(activity, bytes_sent(target.getvalue(), "a.pdf"), by=leader, at=NOW)
    with pikepdf.open(io.BytesIO(stored(attachment))) as kept:
        assert "/OpenAction" not in kept.Root
        assert list(kept.attachments) == []


def test_a_failing_change_leaves_no_file(
    leader: User, activity: Activity, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("qms.services.record.trail.next_entry", broken)
    with pytest.raises(RuntimeError):
        service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    media = Path(settings.MEDIA_ROOT)  # type: ignore[attr-defined]
    assert [p for p in media.rglob("*") if p.is_file()] == []
    assert Attachment.objects.count() == 0


def test_file_is_served_as_an_attachment_with_nosniff(client: Client, leader: User, activity: Activity) -> None:
    attachment, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    client.force_login(leader)
    response = client.get(reverse("qms:attachment", args=[attachment.uid]))
    assert response.status_code == 200
    assert response["Content-Disposition"] == 'attachment; filename="board_monday.jpg"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert sha256(response.getvalue()).hexdigest() == attachment.sha256


def test_a_stranger_from_another_site_finds_no_file(client: Client, leader: User, activity: Activity) -> None:
    attachment, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    client.force_login(omar())
    for name in ("qms:attachment", "qms:attachment-small"):
        assert client.get(reverse(name, args=[attachment.uid])).status_code == 404
    response = client.post(reverse("qms:attachment-add", args=[activity.uid]), {})
    assert response.status_code == 404


def test_upload_by_form_answers_with_the_reason_it_was_refused(
    client: Client, leader: User, activity: Activity
) -> None:
    client.force_login(leader)
    url = reverse("qms:attachment-add", args=[activity.uid])
    good = SimpleUploadedFile("walk.jpg", (PHOTOS / "board_monday.jpg").read_bytes())
    uid = str(uuid.uuid4())
    assert client.post(url, {"file": good, "uid": uid}).status_code == 201
    good.seek(0)
    assert client.post(url, {"file": good, "uid": uid}).status_code == 200
    bad = SimpleUploadedFile("x.jpg", (PHOTOS / "not_a_photo.jpg").read_bytes())
    response = client.post(url, {"file": bad})
    assert response.status_code == 422
    assert "PDF" in response.json()["error"]


def test_a_withdrawn_file_stays_in_earlier_versions(leader: User, activity: Activity) -> None:
    attachment, _ = service.add(activity, sent(PHOTOS / "board_monday.jpg"), by=leader, at=NOW)
    with pytest.raises(file_intake.FileRefused):
        service.withdraw(attachment, reason=" ", by=leader, at=NOW)
    service.withdraw(attachment, reason="Shows a customer drawing", by=leader, at=NOW)
    activity.refresh_from_db()
    assert attachment.sha256 not in activity.versions.get(version=3).content
    assert attachment.sha256 in activity.versions.get(version=2).content


def test_only_the_author_or_the_quality_manager_may_add(leader: User, activity: Activity) -> None:
    assert service.may_change(leader, activity)
    assert service.may_change(hiro(), activity)
    assert not service.may_change(cast_member("Ana Chen"), activity)
