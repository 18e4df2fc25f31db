"""What acts inside PDF, XLSX and DOCX files, wherever it hangs, does not get in; what a reader needs stays."""

import io
import zipfile
import zlib
from contextlib import nullcontext
from typing import Any
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from qms.services.file_intake import FileRefused, Intake, take_in

SCRIPT = "app.launchURL"


def taken(body: bytes) -> Intake:
    return take_in(io.BytesIO(body), size=len(body), zone=ZoneInfo("UTC"))


def link(action: Any) -> Dictionary:
    return Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)


def script() -> Dictionary:
    return Dictionary(S=Name.JavaScript, JS=String(SCRIPT))


def active_pdf() -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page().obj
    harmless = Dictionary(S=Name.URI, URI=String("https://www.example.com/"))
    chained = Dictionary(S=Name.URI, URI=String("https://www.example.com/"), Next=Array([script()]))
    launched = Dictionary(S=Name.Launch, F=String("cmd.exe"))
    media = Dictionary(
        Type=Name.Annot, Subtype=Name.RichMedia, RichMediaContent=Dictionary(), AA=Dictionary(O=script())
    )
    attached = Dictionary(
        Type=Name.Annot, Subtype=Name.FileAttachment, FS=Dictionary(EF=Dictionary(F=pdf.make_stream(b"MZ")))
    )
    page.Annots = Array(
        [link(harmless), link(script()), pdf.make_indirect(link(launched)), link(chained), media, attached]
    )
    pdf.Root.Outlines = pdf.make_indirect(
        Dictionary(First=pdf.make_indirect(Dictionary(Title=String("x"), A=script())))
    )
    pdf.Root.AcroForm = Dictionary(XFA=String("<xdp/>"))
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


def test_nothing_in_a_pdf_acts_but_its_links_still_lead_somewhere() -> None:
    body = active_pdf()
    for word in (b"/JavaScript", b"/Launch", b"/RichMediaContent", b"/EF", b"/XFA"):
        assert word in body  # the sample does carry what is to be taken out
    with pikepdf.open(io.BytesIO(taken(body).body)) as kept:
        plain = io.BytesIO()
        kept.save(plain, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
        actions = [item.A.S for item in kept.pages[0].Annots if "/A" in item]
    assert actions == [Name.URI, Name.URI]
    left = plain.getvalue()
    for word in (b"/JavaScript", SCRIPT.encode(), b"/Launch", b"cmd.exe", b"/RichMediaContent", b"/EF", b"/XFA"):
        assert word not in left


def pdf_bomb(megabytes: int) -> bytes:
    """A PDF with an object stream that is packed twice: some 1,500 bytes, unpacked a gigabyte and more."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"5 0 <</A 1>>")
    packed += b"".join(packer.compress(b" " * 1_048_576) for _ in range(megabytes)) + packer.flush()
    data = zlib.compress(packed, 9)
    bodies = [
        b"<</Type/Catalog/Pages 2 0 R/X 5 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Resources<<>>>>",
        b"<</Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]/Length %d>>\nstream\n" % len(data)
        + data + b"\nendstream",
    ]  # fmt: skip
    text, places = b"%PDF-1.5\n", [b"\x00" * 5 + b"\xff"]
    for number, body in enumerate(bodies, 1):
        places.append(b"\x01" + len(text).to_bytes(4, "big") + b"\x00")
        text += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    places += [b"\x02" + (4).to_bytes(4, "big") + b"\x00", b"\x01" + len(text).to_bytes(4, "big") + b"\x00"]
    table = b"".join(places)
    head = b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d>>\nstream\n" % len(table)
    return text + head + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF" % len(text)


def test_a_small_pdf_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = pdf_bomb(200)
    assert len(bomb) < 3_000
    with pytest.raises(FileRefused, match="unpacks to far more"):
        taken(bomb)
    assert taken(pdf_bomb(1)).extension == "pdf"  # built alike, and small: taken


@pytest.mark.parametrize(("form", "is_taken"), [("JPEG", True), ("PNG", False)])
def test_a_picture_that_is_read_whole_may_have_half_the_pixels(form: str, is_taken: bool, settings: Any) -> None:
    settings.EVIDENCE_MAX_IMAGE_PIXELS = 1_000
    picture = io.BytesIO()
    Image.new("RGB", (30, 30)).save(picture, form)
    with nullcontext() if is_taken else pytest.raises(FileRefused, match="too many pixels"):
        taken(picture.getvalue())


def office(parts: dict[str, str], types: str = "") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", f"<Types>{types}</Types>")
        archive.writestr("word/document.xml", "<document/>")
        for name, text in parts.items():
            archive.writestr(name, text)
    return target.getvalue()


def test_a_plain_document_is_taken() -> None:
    own = '<Relationship Type="http://x/attachedTemplate" Target="../Normal.dotm"/>'
    intake = taken(office({"word/_rels/settings.xml.rels": own, "word/embeddings/chart1.xlsx": "PK"}))
    assert (intake.extension, zipfile.ZipFile(io.BytesIO(intake.body)).testzip()) == ("docx", None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (office({}, "application/vnd.ms-word.document.macroEnabled.main+xml"), "macros"),
        (office({"word/harmless.bin": "x"}, "application/vnd.ms-office.vbaProject"), "macros"),
        (office({"word/embeddings/oleObject1.bin": "x"}), "macros"),
        (office({"word/_rels/settings.xml.rels": 'Type="x/attachedTemplate" TargetMode="External"'}), "macros"),
        (office({"../../evil.txt": "x"}), "Archives are not taken"),
        (office({"/etc/evil": "x"}), "Archives are not taken"),
        (office({"..\\evil.txt": "x"}), "Archives are not taken"),
    ],
)  # fmt: skip
def test_documents_with_programs_or_odd_paths_are_refused(body: bytes, words: str) -> None:
    with pytest.raises(FileRefused, match=words):
        taken(body)
