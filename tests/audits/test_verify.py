"""A pack is what it was when it was signed, or the first altered thing is named."""

import io
import json
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from audits.services import manifest
from audits.services.verify import Report, check
from audits.services.verify_pdf import Refused
from leadership.models import Activity
from qms.services import record as record_service
from qms.services import trail_check
from tests.audits.pack_files import Files, certificate, pack_files, resaved, signed, unsigned
from tests.factories import NOW, logged_activity, yusuf

pytestmark = pytest.mark.django_db


@pytest.fixture
def activity() -> Activity:
    user = yusuf()
    activity = logged_activity(user)
    activity.notes = "Gauge 4 is worn"
    return record_service.seal(activity, "activity.corrected", by=user, at=NOW, reason="Said more")


@pytest.fixture
def files(activity: Activity) -> Files:
    return pack_files([activity], trail_check.checkpoint(at=NOW))


@pytest.fixture
def pack(files: Files) -> bytes:
    return signed(unsigned(files))


def changed(files: Files, name: str, old: str, new: str) -> Files:
    """The files with one of them changed and the manifest made to fit it, as a careful forger would."""
    body = files[name].decode()
    assert old in body
    forged = files | {name: body.replace(old, new).encode()}
    claims = json.loads(files[manifest.MANIFEST])
    claims["files"][name] = manifest.digest(forged[name].decode())
    return forged | {manifest.MANIFEST: manifest.canonical(claims).encode()}


def states(report: Report) -> dict[str, str]:
    return {check.key: check.state for check in report.checks}


def test_untouched_pack_is_intact(pack: bytes) -> None:
    report = check(pack, trusted=[certificate()])
    assert report.is_intact
    assert [check.state for check in report.checks] == ["good"] * 7
    assert report.claims["reference"] == "PACK-DEN-2026-0001"
    assert report.signer is not None
    assert report.signer.fingerprint == certificate().sha256.hex(":").upper()


def test_signature_without_a_certificate_to_compare_is_left_open(pack: bytes) -> None:
    report = check(pack)
    assert report.is_intact
    assert states(report)["signer"] == "unknown"


def test_signature_by_somebody_else_is_named(files: Files) -> None:
    report = check(signed(unsigned(files), "Somebody Else"), trusted=[certificate()])
    assert report.altered == ["The signature is not the organization's: it was made with another certificate."]


def test_file_without_its_signature_is_named(files: Files) -> None:
    assert check(unsigned(files)).altered == ["The signature is missing: the file is not signed, or no longer."]


def test_one_changed_byte_breaks_the_signature(pack: bytes) -> None:
    at = pack.index(b"/MediaBox") + len("/MediaBox [ 0 0 6")
    report = check(pack[:at] + bytes([pack[at] ^ 1]) + pack[at + 1 :])
    assert report.first_altered == "The document was changed after it was signed: the signature is broken."


def test_bytes_added_after_signing_are_named(pack: bytes) -> None:
    assert check(pack + b"\n% more\n").altered == ["Something was added to the document after it was signed."]


def test_bytes_hidden_in_the_room_of_the_signature_are_named(pack: bytes) -> None:
    at = pack.index(b"0" * 200)
    assert check(pack[:at] + b"0" * 100 + b"A" + pack[at + 101 :]).altered == [
        "Something was added to the document after it was signed."
    ]


def test_embedded_file_replaced_and_saved_again_is_named(pack: bytes) -> None:
    def replace(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["records.csv"] = pikepdf.AttachedFileSpec(pdf, b"forged", filename="records.csv")

    report = check(resaved(pack, replace))
    assert report.first_altered == "records.csv was altered: it is not the file the manifest names."
    assert states(report)["signature"] == "altered"


@pytest.mark.parametrize("name", ["records.json", "trail.json", "records.csv", "manifest.json"])
def test_embedded_file_removed_is_named(pack: bytes, name: str) -> None:
    report = check(resaved(pack, lambda pdf: pdf.attachments.__delitem__(name)))
    assert f"{name} is missing: somebody removed it." in report.altered


def test_embedded_file_added_is_named(pack: bytes) -> None:
    def add(pdf: pikepdf.Pdf) -> None:
        pdf.attachments["more.txt"] = pikepdf.AttachedFileSpec(pdf, b"more", filename="more.txt")

    assert check(resaved(pack, add)).first_altered == "more.txt was added: the manifest does not name it."


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("records.json", "is worn", "is fine", "the content of version 2 was altered."),
        ("trail.json", "Said more", "Said less", "entry 2 of its trail (activity.corrected) was altered."),
        ("trail.json", '\\"version\\":1', '\\"version\\":7', "entry 1 of its trail (activity.logged) was altered."),
        ("trail.json", '"seq":2', '"seq":3', "entry 2 of its trail is missing."),
    ],
)  # fmt: skip
def test_record_altered_with_a_fitting_manifest_and_signature_is_named(
    files: Files, activity: Activity, name: str, old: str, new: str, words: str
) -> None:
    report = check(signed(unsigned(changed(files, name, old, new))), trusted=[certificate()])
    assert report.first_altered == f"{activity.reference}: {words}"
    assert states(report)["signature"] == "good"


def test_chain_cut_at_its_end_is_named(files: Files, activity: Activity) -> None:
    chains = json.loads(files[manifest.TRAIL])
    text = manifest.canonical(chains[str(activity.uid)]["entries"][1])
    report = check(signed(unsigned(changed(files, manifest.TRAIL, f",{text}", ""))))
    assert report.first_altered == f"{activity.reference}: the end of its trail was cut off or replaced."


def test_shortened_names_leave_the_text_to_the_issuing_system(files: Files, activity: Activity) -> None:
    records = json.loads(files[manifest.RECORDS])
    records[str(activity.uid)] |= {"content": None, "redacted_content": "{}"}
    forged = files | {manifest.RECORDS: manifest.canonical(records).encode()}
    claims = json.loads(files[manifest.MANIFEST])
    claims["files"][manifest.RECORDS] = manifest.digest(forged[manifest.RECORDS].decode())
    report = check(signed(unsigned(forged | {manifest.MANIFEST: manifest.canonical(claims).encode()})))
    assert report.is_intact
    (records_check,) = [check for check in report.checks if check.key == "records"]
    assert "In 1 of them names are shortened or redacted" in records_check.words


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"format":"qms-pack/1"}', b"\xff", b"[" * 100_000, b'{"format":"qms-pack/1","pack":[]}']
)
def test_malformed_manifest_is_named(files: Files, body: bytes) -> None:
    report = check(signed(unsigned(files | {manifest.MANIFEST: body})))
    assert report.first_altered.startswith("manifest.json was altered")


@pytest.mark.parametrize("body", [b"[]", b"null", b'{"x":', b"\xff\xfe", b'{"%s":3}'])
@pytest.mark.parametrize("name", ["records.json", "trail.json"])
def test_malformed_inner_file_is_named_and_breaks_nothing(
    files: Files, activity: Activity, name: str, body: bytes
) -> None:
    body = body.replace(b"%s", str(activity.uid).encode())
    assert not check(signed(unsigned(files | {name: body}))).is_intact


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"PK\x03\x04 a zip", "This is not a PDF."),
        (b"%PDF-1.7\nnothing of the sort", "The file is damaged: it can no longer be read as a PDF."),
    ],
)
def test_file_that_is_no_pack_is_refused_with_words(data: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        check(data)


def test_ordinary_pdf_is_refused_with_words() -> None:
    with pytest.raises(Refused, match="neither a signature nor a manifest"):
        check(unsigned({}))


def test_encrypted_pdf_is_refused_with_words(files: Files) -> None:
    for password in ("", "secret"):
        target = io.BytesIO()
        with pikepdf.open(io.BytesIO(unsigned(files))) as pdf:
            pdf.save(target, encryption=pikepdf.Encryption(owner="owner", user=password))
        with pytest.raises(Refused, match="encrypted"):
            check(target.getvalue())


def test_embedded_bomb_is_refused_before_it_is_unpacked(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audits.services.verify_pdf.MAX_EMBEDDED_BYTES", 1_000_000)
    with pytest.raises(Refused, match="unpacks to more than"):
        check(unsigned(files | {"records.csv": b"0" * 2_000_000}))


def test_cut_file_is_refused_or_altered_never_accepted(pack: bytes) -> None:
    for length in range(0, len(pack), len(pack) // 12):
        try:
            assert not check(pack[:length]).is_intact
        except Refused:
            continue


def test_report_survives_the_way_through_json(pack: bytes) -> None:
    report = check(pack)
    assert Report.from_json(report.as_json()) == report


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_database() -> Any:
    def refuse(*args: Any) -> None:
        raise AssertionError(f"The command asked the database: {args[1]}")

    with connection.execute_wrapper(refuse):
        yield


def written(tmp_path: Path, name: str, data: bytes) -> str:
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


def test_command_accepts_an_untouched_pack_without_the_database(pack: bytes, tmp_path: Path, no_database: Any) -> None:
    out = io.StringIO()
    cert = written(tmp_path, "cert.der", certificate().dump())
    call_command("verify_pack", written(tmp_path, "pack.pdf", pack), cert=[Path(cert)], stdout=out)
    assert out.getvalue().splitlines()[-1] == "Nothing was altered since it was signed."
    assert "ALTERED" not in out.getvalue()


def test_command_names_the_first_altered_thing(
    files: Files, activity: Activity, tmp_path: Path, no_database: Any
) -> None:
    forged = written(tmp_path, "pack.pdf", signed(unsigned(changed(files, "records.json", "is worn", "is fine"))))
    with pytest.raises(CommandError) as error:
        call_command("verify_pack", forged, stdout=io.StringIO())
    assert str(error.value) == f"First altered: {activity.reference}: the content of version 2 was altered."
    assert error.value.returncode == 1


def test_command_refuses_what_it_cannot_read(tmp_path: Path, no_database: Any) -> None:
    with pytest.raises(CommandError, match="This is not a PDF"):
        call_command("verify_pack", written(tmp_path, "pack.pdf", b"hello"))
    with pytest.raises(CommandError, match="No such file"):
        call_command("verify_pack", str(tmp_path / "none.pdf"))
