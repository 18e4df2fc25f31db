"""A pack built by the real pipeline: whatever is changed in the file or in the database afterwards is named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pikepdf
import pytest
from django.db import connection

from audits.models import Pack
from audits.services import verify_issued
from audits.services.manifest import MANIFEST, MEDIA_TYPES
from audits.services.verify import check
from audits.services.verify_pdf import Refused
from qms import triggers
from tests.audits import packs
from tests.audits.pack_files import resaved
from tests.factories import NOW, hiro, logged_activity, yusuf

pytestmark = pytest.mark.django_db
SPREAD = 16


def built() -> Pack:
    """Records of two clauses: late, corrected, withdrawn; frozen, rendered, merged and signed as for an auditor."""
    by, quality = yusuf(), hiro()
    top, *_rest = packs.clauses()
    for days in range(1, 6):
        logged_activity(by, days_ago=days, title=f"Walked line {days}")
    packs.corrected(logged_activity(by, title="Opened the shift"), quality, "Wrong shift", notes="Night shift")
    packs.withdrawn(logged_activity(by, title="Logged by mistake"), by)
    done = packs.built(by, [top], at=NOW + timedelta(hours=1))
    assert (done.status, done.failure) == ("ready", "")
    return done


@cache
def issued() -> bytes:
    """The file of such a pack; built once for the tests that need no database."""
    return Path(built().file.path).read_bytes()


def behind_the_triggers(sql: str, *params: str | int) -> None:
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")
    triggers.remove(connection)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.rowcount == 1
    triggers.install(connection)


def spots(size: int) -> Iterator[int]:
    """Places all over a file, its first and last byte among them."""
    return (round(n * (size - 1) / (SPREAD - 1)) for n in range(SPREAD))


def flipped(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


def test_one_changed_byte_is_found_wherever_it_is() -> None:
    body = issued()
    assert check(body).altered == []
    for at in spots(len(body)):
        try:
            assert check(flipped(body, at)).altered, f"byte {at} of {len(body)}"
        except Refused:
            continue  # it is no readable PDF any more, and the words say so


def test_one_changed_byte_of_a_page_breaks_the_signature() -> None:
    body = issued()
    with pikepdf.open(io.BytesIO(body)) as pdf:
        drawn = pdf.pages[3].Contents[1].read_raw_bytes()
    found = check(flipped(body, body.index(drawn) + len(drawn) // 2)).altered
    assert found == ["The document was changed after it was signed: the signature is broken."]


@pytest.mark.parametrize("name", sorted(MEDIA_TYPES.keys() - {MANIFEST}))
def test_changed_embedded_file_is_named(name: str) -> None:
    def forge(pdf: pikepdf.Pdf) -> None:
        held = pdf.attachments[name].get_file().read_bytes()
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, flipped(held, len(held) // 2), filename=name)

    found = check(resaved(issued(), forge)).altered
    assert f"{name} was altered: it is not the file the manifest names." in found


def test_row_changed_behind_the_triggers_is_named() -> None:
    pack = built()
    report = check(Path(pack.file.path).read_bytes(), trusted=verify_issued.trusted_certificates())
    assert report.altered == []
    standing = verify_issued.of_report(report)
    assert (standing.is_issued, standing.altered) == (True, [])
    first, second = (item["reference"] for item in report.items[:2])
    of = "record_id = (SELECT id FROM qms_record WHERE reference = %s)"
    behind_the_triggers(
        f"UPDATE qms_recordversion SET content = replace(content, 'Walked', 'Closed') WHERE {of}", first
    )
    behind_the_triggers(f"UPDATE qms_trailentry SET hash = %s WHERE {of}", "f" * 64, second)
    assert verify_issued.of_report(report).altered == [
        f"{first}: this system's own copy no longer agrees with what it issued.",
        f"{second}: this system's trail no longer holds what it issued.",
    ]


def test_row_changed_behind_the_triggers_before_it_was_packed_is_named_by_the_pack_itself() -> None:
    by = yusuf()
    top, *_rest = packs.clauses()
    walk = logged_activity(by, title="Walked the paint shop")
    behind_the_triggers(
        "UPDATE qms_recordversion SET content = replace(content, 'paint', 'press') WHERE record_id = %s", walk.pk
    )
    pack = packs.built(by, [top], at=NOW + timedelta(hours=1))
    report = check(Path(pack.file.path).read_bytes())
    assert report.first_altered == f"{walk.reference}: the content of version 1 was altered."
