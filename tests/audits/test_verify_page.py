"""The verify page: open to the world, in words for a sceptical auditor, telling nobody what he does not hold."""

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, load_der_private_key, pkcs12
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from audits.models import Pack
from audits.services import verify_issued, verify_process
from audits.services.verify import check
from leadership.models import Activity
from qms import triggers
from qms.services import record as record_service
from qms.services import trail_check
from qms.services.rate_limit import turn
from tests.audits.pack_files import Files, certificate, pack_files, signed, signer, unsigned
from tests.factories import NOW, TODAY, EditionFactory, logged_activity, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_certificate(settings: Any, tmp_path: Path) -> None:
    """The system signs with the certificate that the packs of these tests carry."""
    settings.SIGNING_KEY_FILE = tmp_path / "signing" / "key.p12"
    settings.SIGNING_KEY_FILE.parent.mkdir()
    key = load_der_private_key(signer("Acme Machining").signing_key.dump(), None)
    known = load_der_x509_certificate(certificate().dump())
    locked = BestAvailableEncryption(settings.SIGNING_KEY_PASSWORD.encode())
    settings.SIGNING_KEY_FILE.write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, known, None, locked))


@pytest.fixture
def activity() -> Activity:
    return logged_activity(yusuf(), title="Talked about the secret merger")


@pytest.fixture
def files(activity: Activity) -> Files:
    return pack_files([activity], trail_check.checkpoint(at=NOW))


@pytest.fixture
def file(files: Files) -> bytes:
    return signed(unsigned(files))


def issued(file: bytes, activity: Activity, status: str = Pack.Status.READY) -> Pack:
    """A pack record of this system whose file is ``file``."""
    pack = Pack(
        site=activity.site, owner=activity.owner, title="Confidential board pack", occurred_on=TODAY, status=status,
        edition=EditionFactory(), from_on=date(2026, 1, 1), to_on=TODAY, cutoff_at=NOW,
        sha256=sha256(file).hexdigest(), unsigned_sha256="a" * 64, manifest_sha256="b" * 64,
    )  # fmt: skip
    record_service.open_new(pack, by=activity.recorded_by, at=NOW)
    record_service.seal(pack, "pack.ready", by=None, at=NOW)
    return pack


def answer(client: Client, file: bytes = b"", sha256: str = "") -> str:
    data: dict[str, Any] = {"sha256": sha256}
    if file:
        data["file"] = SimpleUploadedFile("pack.pdf", file, content_type="application/pdf")
    response = client.post("/verify/", data)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_page_is_open_to_the_world_and_shows_the_fingerprint(client: Client) -> None:
    response = client.get("/verify/", {"sha256": "c" * 64})
    assert response.status_code == 200
    page = response.content.decode()
    assert certificate().sha256.hex(":").upper() in page
    assert "c" * 64 in page


def test_issued_pack_is_genuine_and_current(client: Client, file: bytes, activity: Activity) -> None:
    issued(file, activity)
    page = answer(client, file)
    assert "Genuine and current." in page
    assert "Not in order" not in page
    assert "PACK-DEN-2026-0001" in page
    assert "It is the organization&#x27;s own certificate." in page


def test_superseded_pack_is_issued_and_said_to_be_replaced(file: bytes, activity: Activity) -> None:
    issued(file, activity, Pack.Status.SUPERSEDED)
    standing = verify_issued.of_report(check(file))
    assert (standing.is_issued, standing.is_superseded, standing.altered) == (True, True, [])


def test_altered_pack_names_the_first_altered_thing(client: Client, files: Files, activity: Activity) -> None:
    body = files["records.json"].decode().replace("secret merger", "public holiday")
    page = answer(client, signed(unsigned(files | {"records.json": body.encode()})))
    assert "This pack was altered. Do not rely on it." in page
    assert f"The first thing that was altered: {activity.reference}: the content of version 1 was altered." in page


def test_intact_pack_of_another_system_is_not_known_here(client: Client, file: bytes) -> None:
    page = answer(client, file)
    assert "This system does not know it." in page
    assert "This pack was altered" not in page


def test_unknown_file_learns_nothing_about_the_systems_records(file: bytes, activity: Activity) -> None:
    issued(b"another file", activity)
    (only,) = verify_issued.of_report(check(file)).checks
    assert (only.key, only.words) == (
        "issued",
        "This system did not issue a file with this hash. The smallest change of a file changes its hash.",
    )


@pytest.mark.parametrize("which", ["sha256", "unsigned_sha256", "manifest_sha256"])
def test_hash_of_an_issued_pack_is_known_without_its_title(
    client: Client, file: bytes, activity: Activity, which: str
) -> None:
    pack = issued(file, activity)
    text = getattr(pack, which).upper()
    page = answer(client, sha256=f" {text[:32]} {text[32:]} ")
    assert "Genuine and current." in page
    assert "20 Nov 2026" in page
    assert pack.title not in page
    assert pack.reference not in page


def test_hash_nobody_issued_is_not_known(client: Client, file: bytes, activity: Activity) -> None:
    issued(file, activity)
    assert "This system does not know it." in answer(client, sha256="f" * 64)


@pytest.mark.parametrize("status", [Pack.Status.BUILDING, Pack.Status.FAILED])
def test_pack_that_was_never_given_out_is_not_known(file: bytes, activity: Activity, status: str) -> None:
    issued(file, activity, status)
    assert not verify_issued.of_report(check(file)).is_issued


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("qms_recordversion", "content = replace(content, 'secret', 'public')"),
        ("qms_trailentry", "hash = replace(hash, 'a', 'b')"),
        ("qms_checkpoint", "hash = replace(hash, 'a', 'b')"),
    ],
)
def test_row_changed_behind_the_triggers_after_issue_is_named(
    file: bytes, activity: Activity, table: str, change: str
) -> None:
    issued(file, activity)
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    connection.cursor().execute(f"UPDATE {table} SET {change}")
    triggers.install(connection)
    words = {
        "qms_recordversion": f"{activity.reference}: this system's own copy no longer agrees with what it issued.",
        "qms_trailentry": f"{activity.reference}: this system's trail no longer holds what it issued.",
        "qms_checkpoint": "This system no longer holds the checkpoint that the pack names: its trail was rewritten.",
    }
    assert verify_issued.of_report(check(file)).altered == [words[table]]


def test_page_tells_when_the_systems_own_data_was_altered_after_issue(
    client: Client, file: bytes, activity: Activity
) -> None:
    issued(file, activity)
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    connection.cursor().execute("UPDATE qms_recordversion SET content = replace(content, 'secret', 'public')")
    triggers.install(connection)
    page = answer(client, file)
    assert "The file is genuine, but this system's own data was altered since." in page
    assert f"The first thing that differs: {activity.reference}: this system" in page


@pytest.mark.parametrize(
    ("file", "sha256", "words"),
    [
        (b"", "", "Choose the PDF, or paste its hash."),
        (b"", "xyz", "This is not a SHA-256 hash"),
        (b"hello", "", "This is not a PDF."),
    ],
)
def test_what_cannot_be_checked_is_said_in_words(client: Client, file: bytes, sha256: str, words: str) -> None:
    assert words in answer(client, file, sha256)


def test_markup_in_a_manifest_is_shown_as_text(client: Client, files: Files) -> None:
    claims = json.loads(files["manifest.json"])
    claims["pack"] |= {"organization": "<script>alert(1)</script>", "sites": 7, "edition": [], "clauses": {"a": 1}}
    page = answer(client, signed(unsigned(files | {"manifest.json": json.dumps(claims).encode()})))
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_bomb_ends_in_words_and_not_in_the_web_process(
    client: Client, file: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_process, "MAX_SECONDS", 0.01)
    assert "asks for more time or memory" in answer(client, file)


def forged(files: Files, **claims: Any) -> bytes:
    """A small file whose manifest unpacks to a million words: 20,000 records that nobody has."""
    manifest = json.loads(files["manifest.json"])
    nobody = {"uid": "u", "reference": "R" * 30, "version": 1, "content_hash": "", "chain_length": 1, "chain_head": ""}
    manifest["items"] += [nobody] * 20_000
    manifest["pack"] |= claims
    return unsigned(files | {"manifest.json": json.dumps(manifest).encode()})


def test_what_a_forged_file_says_is_kept_short_for_the_web_process(client: Client, files: Files) -> None:
    page = answer(client, forged(files))
    assert "This pack was altered" in page
    assert "20001" in page
    report, _standing = verify_issued.check_upload(SimpleUploadedFile("pack.pdf", forged(files)))
    assert (report.item_count, report.items) == (20_001, [])
    assert max(len(check.problems) for check in report.checks) == 200


def test_file_that_says_more_of_itself_than_packs_do_is_refused(client: Client, files: Files) -> None:
    assert "asks for more time or memory" in answer(client, forged(files, reference="R" * 2_000_000))


def test_too_many_checks_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.views.verify.PER_HOUR", 2)
    assert [client.post("/verify/", {"sha256": "f" * 64}).status_code for _n in range(3)] == [200, 200, 429]


def test_many_checks_at_once_do_not_take_every_processor(client: Client, file: bytes) -> None:
    with turn("verify", limit=2, seconds=60), turn("verify", limit=2, seconds=60):
        busy = client.post("/verify/", {"file": SimpleUploadedFile("pack.pdf", file)})
    assert busy.status_code == 429
    assert "Send yours again in a minute." in busy.text


def test_certificate_is_given_to_anybody(client: Client) -> None:
    response = client.get("/verify/certificate.pem")
    assert load_pem_x509_certificate(response.content) == load_der_x509_certificate(certificate().dump())


def test_certificate_before_there_is_one_is_not_found(client: Client, settings: Any) -> None:
    settings.SIGNING_KEY_FILE.unlink()
    assert client.get("/verify/certificate.pem").status_code == 404
    assert client.get("/verify/").status_code == 200
