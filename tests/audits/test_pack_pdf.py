"""The finished document: what is printed, what is embedded, what an outsider can check."""

import csv
import io
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from audits.models import Pack
from audits.services import verify
from audits.services.pack_pages import rank, sample_size
from qms.models import Checkpoint, TrailEntry
from qms.services import record as record_service
from qms.services.attachment import Sent, add
from tests.audits import packs
from tests.factories import NOW, PersonFactory, hiro, logged_activity, yusuf

pytestmark = pytest.mark.django_db
FILES = {"manifest.json", "mappings.json", "people.json", "records.csv", "records.json", "trail.json"}


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def hexdigest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def photo() -> Sent:
    from PIL import Image

    body = io.BytesIO()
    Image.new("RGB", (320, 240), (90, 120, 90)).save(body, "JPEG")
    return Sent(io.BytesIO(body.getvalue()), "gauge.jpg", len(body.getvalue()))


@dataclass(frozen=True)
class Built:
    """A finished pack and what the tests compare it with, kept beyond the database of the test that built it."""

    pack: Pack
    body: bytes
    ready: dict[str, Any]
    checkpoint: str


@cache
def whole_pack(names: str = "full") -> Built:
    """Five records: late and signed, on time, corrected, withdrawn, with a photo. Built once for all tests."""
    by, quality = yusuf(), hiro()
    PersonFactory(name="Paula Sato")
    top, *_rest = packs.clauses()
    late = logged_activity(by, days_ago=4, title="Walked the paint shop")
    logged_activity(by, days_ago=2, at=NOW - timedelta(days=2), title="Asked Yusuf Chen's team about scrap")
    corrected = logged_activity(by, title="Opened the shift meeting")
    packs.corrected(corrected, quality, "Wrong shift, said Hiro Weber", notes="Night shift")
    packs.withdrawn(logged_activity(by, title="Logged by mistake"), by)
    with_photo = logged_activity(by, title="Looked at the gauge")
    add(with_photo, photo(), by=by, at=NOW, caption="Gauge block")
    record_service.sign(late, meaning="Confirmed", by=quality, at=NOW, method="password")
    pack = packs.built(by, [top], names=names)
    assert (pack.status, pack.failure) == ("ready", "")
    with pack.file.open("rb") as source:
        body = source.read()
    ready = json.loads(TrailEntry.objects.get(record=pack, verb="pack.ready").changes)
    return Built(pack, body, ready, Checkpoint.objects.get().hash)


def text_of(path: Path, *options: str) -> str:
    done = subprocess.run(["pdftotext", *options, str(path), "-"], capture_output=True, text=True, check=True)
    return done.stdout


def embedded(path: Path) -> dict[str, bytes]:
    with pikepdf.open(path) as pdf:
        return {name: spec.get_file().read_bytes() for name, spec in pdf.attachments.items()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pack.pdf"


def saved(built: Built | Pack, path: Path) -> Pack:
    if isinstance(built, Built):
        path.write_bytes(built.body)
        return built.pack
    assert (built.status, built.failure) == ("ready", "")
    with built.file.open("rb") as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    return built


def test_pack_is_one_valid_signed_document(path: Path) -> None:
    pack = saved(whole_pack(), path)
    assert sha256(path.read_bytes()).hexdigest() == pack.sha256
    assert subprocess.run(["qpdf", "--check", str(path)], capture_output=True, check=False).returncode == 0
    words = subprocess.run(["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in words
    assert "Total document signed" in words
    assert "ETSI.CAdES.detached" in words
    fields = whole_pack().ready["fields"]
    assert fields["facts.sha256"] == ["", pack.sha256]
    assert fields["facts.unsigned_sha256"] == ["", pack.unsigned_sha256]
    assert verify.check(path.read_bytes()).first_altered == ""


def test_pack_is_pdf_a_3u_with_associated_files(path: Path) -> None:
    saved(whole_pack(), path)
    with pikepdf.open(path) as pdf:
        xmp = pdf.Root.Metadata.read_bytes().decode()
        assert pdf.Root.get("/Version", pikepdf.Name("/1.7")) == pikepdf.Name("/1.7")
        assert re.search(r"pdfaid:part[=>]\"?3", xmp)
        assert re.search(r"pdfaid:conformance[=>]\"?U", xmp)
        assert pikepdf.Name("/GTS_PDFA1") == pdf.Root.OutputIntents[0].S
        assert {str(spec.UF): str(spec.AFRelationship) for spec in pdf.Root.AF} == {
            name: "/Source" if name == "manifest.json" else "/Data" for name in FILES
        }
        assert pdf.is_encrypted is False


def test_outsider_can_check_every_hash(path: Path) -> None:
    pack = saved(whole_pack(), path)
    files = embedded(path)
    manifest = json.loads(files["manifest.json"])
    records, chains = json.loads(files["records.json"]), json.loads(files["trail.json"])
    assert sha256(files["manifest.json"]).hexdigest() == pack.manifest_sha256
    assert {name: sha256(files[name]).hexdigest() for name in FILES - {"manifest.json"}} == manifest["files"]
    assert len(manifest["items"]) == 5
    for item in manifest["items"]:
        assert hexdigest(records[item["uid"]]["content"]) == item["content_hash"]
        previous, entries = "0" * 64, chains[item["uid"]]["entries"]
        for number, entry in enumerate(entries, 1):
            assert (entry["seq"], entry["previous_hash"]) == (number, previous)
            body = [
                chains[item["uid"]]["chain"], entry["seq"], entry["at"], entry["by"], entry["verb"],
                hexdigest(entry["changes"]), entry["reason"], entry["request_id"],
            ]  # fmt: skip
            previous = hexdigest(previous + canonical(body))
            assert previous == entry["hash"]
        assert (len(entries), previous) == (item["chain_length"], item["chain_head"])
    assert manifest["checkpoint"]["hash"] == whole_pack().checkpoint


def test_printed_page_numbers_are_those_of_the_pages(path: Path) -> None:
    pack = saved(whole_pack(), path)
    pages = text_of(path, "-layout").split("\f")[: pack.page_count]
    assert [f"Page {n} of {pack.page_count}" in page for n, page in enumerate(pages, 1)] == [
        n > 1 for n in range(1, pack.page_count + 1)
    ]
    contents = dict(re.findall(r"^ *(\S.*?)\s{3,}(\d+)$", pages[1], re.MULTILINE))
    for title in ("Clause matrix", "Leadership timeline", "Whole populations", "Trail extract", "Random sample"):
        assert title in pages[int(contents[title]) - 1].split("\n\n")[0] + pages[int(contents[title]) - 1]
        assert title not in pages[int(contents[title]) - 2].split("Contents")[0]


def test_links_lead_to_the_record_sheet(path: Path) -> None:
    saved(whole_pack(), path)
    with pikepdf.open(path) as pdf:
        names = {str(name): target for name, target in pikepdf.NameTree(pdf.Root.Names.Dests).items()}
        links = {str(note.Dest) for page in pdf.pages for note in page.get("/Annots", []) if "/Dest" in note}
        assert {f"r{n}" for n in range(1, 5)} <= set(names)
        assert links <= set(names)
        assert links >= {"r1", "matrix", "population"}
        assert not any("/A" in note and "/URI" in note.A and str(note.A.URI).startswith("pack:")
                       for page in pdf.pages for note in page.get("/Annots", []))  # fmt: skip


def test_bookmarks_lead_through_the_document(path: Path) -> None:
    pack = saved(whole_pack(), path)
    with pikepdf.open(path) as pdf, pdf.open_outline() as outline:
        titles = [item.title for item in outline.root]
        evidence = next(item for item in outline.root if item.title == "Evidence by clause")
        clauses = [item.title for item in evidence.children]
        sheets = [child.title for item in evidence.children for child in item.children]
    assert titles == [
        "Contents", "How to read this pack", "Clause matrix", "Leadership timeline", "Boards",
        "Evidence by clause", "Whole populations", "Trail extract", "Random sample", "Attachments",
        "People and abbreviations", "Data, hashes and how to check them",
    ]  # fmt: skip
    assert clauses == ["5.1 Leadership and commitment", "5.1.1 General", "5.1.2 Customer focus"]
    assert len(sheets) == 4
    assert pack.page_count > 10


def test_pages_say_what_an_auditor_looks_for(path: Path) -> None:
    pack = saved(whole_pack(), path)
    words = " ".join(text_of(path).split())
    for expected in (
        pack.reference, "Cordillera Components", "Stage 2 audit", "Not a conformity decision",
        "America/Denver, UTC-07:00",
        "entered 4 days after the event", "Wrong shift, said Hiro Weber", "Logged by mistake", "Withdrawn",
        "Hiro Weber: Confirmed", "Gauge block", pack.manifest_sha256, pack.sampling_seed, "Yusuf Chen",
    ):  # fmt: skip
        assert expected in words


def test_initials_leave_no_name_in_pages_or_data(path: Path) -> None:
    pack = saved(whole_pack("initials"), path)
    files = embedded(path)
    everything = text_of(path) + "".join(body.decode() for body in files.values())
    assert [name for name in ("Yusuf Chen", "Hiro Weber", "Paula Sato") if name in everything] == []
    records, chains = json.loads(files["records.json"]), json.loads(files["trail.json"])
    assert {entry["content"] for entry in records.values()} == {None}
    redacted = [e for chain in chains.values() for e in chain["entries"] if e["is_redacted"]]
    assert [entry["reason"] for entry in redacted] == ["Wrong shift, said HW"]
    assert verify.check(path.read_bytes()).first_altered == ""
    assert pack.names == "initials"


def test_csv_has_one_row_per_record_and_no_formula(path: Path) -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    logged_activity(by, title="=HYPERLINK(1)")
    saved(packs.built(by, [general]), path)
    rows = list(csv.DictReader(io.StringIO(embedded(path)["records.csv"].decode("utf-8-sig"))))
    assert [row["title"] for row in rows] == ["'=HYPERLINK(1)"]


def test_pack_without_evidence_shows_the_gap(path: Path) -> None:
    _top, general, _focus = packs.clauses()
    pack = saved(packs.built(yusuf(), [general]), path)
    assert pack.item_count == 0
    assert "No evidence in the period." in text_of(path)


def test_altered_photo_is_not_shown_and_named(path: Path) -> None:
    by = yusuf()
    _top, general, _focus = packs.clauses()
    walk = logged_activity(by)
    attachment, _is_new = add(walk, photo(), by=by, at=NOW)
    Path(attachment.file.path).write_bytes(b"something else")
    saved(packs.built(by, [general]), path)
    assert "no longer has the hash of the record" in " ".join(text_of(path).split())


@pytest.mark.parametrize(("total", "size"), [(0, 0), (4, 4), (80, 10), (400, 20), (10_000, 60)])
def test_sample_size_is_the_square_root_within_bounds(total: int, size: int) -> None:
    assert sample_size(total) == size


def test_sample_can_be_drawn_again_from_seed_and_uids() -> None:
    assert rank("ab", "cd") == sha256(b"abcd").hexdigest()
