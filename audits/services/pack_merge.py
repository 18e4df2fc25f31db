"""Parts into one PDF/A-3u: page numbers, outline, links between parts, embedded data. Same parts, same bytes.

This runs in a process of its own with nothing but pikepdf loaded, since it holds every object of the document while it
writes: ``merge`` starts it, ``python pack_merge.py JOB`` is it. So this module imports nothing of the product.
"""

from __future__ import annotations

import json
import subprocess  # our own file, no shell
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Pdf, String

LINK = "pack:"
"""Links into another part are written as ``pack:<anchor>`` and become links to a named destination here."""
PRINT_FLAG = 4
POINTS = 0.75
"""Points per CSS pixel."""
BEFORE, AFTER = "Before", "After"
STAMP_PIECES = (*"0123456789", BEFORE, AFTER)
"""What page numbers are put together from, in the order of the pages of the stamps' file."""


class MergeFailed(Exception):
    """The parts could not be put together; the message is what the process said last."""


@dataclass(frozen=True)
class Embedded:
    """A file to embed: ``path`` holds its content as packed by zlib, ``md5`` (hexadecimal) and ``size`` are of it."""

    name: str
    path: str
    size: int
    md5: str
    media_type: str
    is_source: bool


@dataclass(frozen=True)
class Merging:
    """What is put together. The first piece gives the PDF/A identification and the colour profile.

    ``outline``: [title, page from 0, x, y in CSS pixels from the top left, children]. ``stamps``: a PDF with a page for
    each of STAMP_PIECES, all ending at the same edge, and their widths in points. ``date``: of the document and its
    files, as PDF writes it.
    """

    pieces: list[str]
    outline: list[list[Any]]
    stamps: str
    widths: dict[str, float]
    files: list[Embedded]
    target: str
    date: str
    title: str


def merge(job: Merging, folder: Path) -> None:
    """Write the document in another process. Raises MergeFailed. Side effect: ``merge.json`` in the folder."""
    told = folder / "merge.json"
    told.write_text(json.dumps(asdict(job)), encoding="utf-8")
    command = [sys.executable, "-P", __file__, str(told)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MergeFailed((done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1])


def write(job: Merging) -> None:
    """Write the document in this process."""
    merged = Pdf.open(job.pieces[0])
    destinations = _destinations(merged)
    for path in job.pieces[1:]:
        destinations |= _append(merged, path)
    _link(merged, destinations)
    destinations.clear()
    with merged.open_outline() as outline:
        outline.root.clear()
        outline.root.extend(_bookmark(merged, entry) for entry in job.outline)
    _number_pages(merged, job)
    _embed(merged, job)
    merged.docinfo["/Title"] = String(job.title)
    merged.save(
        job.target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate,
        fix_metadata_version=False, preserve_pdfa=True,
    )  # fmt: skip


def _append(merged: Pdf, path: str) -> dict[str, Object]:
    """Add a part's pages. The part is let go of but not closed: the writer still reads its streams from the file."""
    source = Pdf.open(path)
    offset = len(merged.pages)
    merged.pages.extend(source.pages)
    return _moved(source, merged, offset)


def _destinations(pdf: Pdf) -> dict[str, Object]:
    names = pdf.Root.get("/Names")
    if names is None or "/Dests" not in names:
        return {}
    return {str(name): value for name, value in pikepdf.NameTree(names.Dests).items()}


def _moved(source: Pdf, merged: Pdf, offset: int) -> dict[str, Object]:
    """The source's named destinations, on its pages as they stand in the merged document."""
    number: dict[Any, int] = {page.objgen: index for index, page in enumerate(source.pages)}
    found: dict[str, Object] = {}
    for name, target in _destinations(source).items():
        values = list(target)
        page = merged.pages[offset + number[values[0].objgen]]
        found[name] = Array([page.obj, *values[1:]])
    return found


def _link(pdf: Pdf, destinations: dict[str, Object]) -> None:
    """Turn ``pack:`` addresses into links to named destinations; one that leads nowhere is taken out."""
    for page in pdf.pages:
        if "/Annots" not in page:
            continue
        kept = []
        for note in page.Annots:
            note.F = PRINT_FLAG
            address = str(note.A.URI) if "/A" in note and "/URI" in note.A else ""
            if address.startswith(LINK):
                name = address.removeprefix(LINK)
                if name not in destinations:
                    continue
                del note["/A"]
                note.Dest = String(name)
            kept.append(note)
        page.Annots = Array(kept)
    if "/Names" not in pdf.Root:
        pdf.Root.Names = Dictionary()
    pairs: list[Object] = []
    for name in sorted(destinations, key=str.encode):
        pairs += [String(name), destinations[name]]
    pdf.Root.Names.Dests = pdf.make_indirect(Dictionary(Names=Array(pairs)))


def _bookmark(pdf: Pdf, entry: list[Any]) -> OutlineItem:
    title, number, x, y, children = entry
    page = pdf.pages[number]
    top = float(page.mediabox[3])
    place = Array([page.obj, Name.XYZ, round(x * POINTS, 2), round(top - y * POINTS, 2), 0])
    item = OutlineItem(title, place)
    item.is_closed = True
    item.children.extend(_bookmark(pdf, child) for child in children)
    return item


def _number_pages(pdf: Pdf, job: Merging) -> None:
    """Put “Page n of N” on every page but the cover. What the pages hold stays packed as it is and is not read."""
    source = Pdf.open(job.stamps)
    pairs = zip(STAMP_PIECES, source.pages, strict=True)
    forms = {piece: pdf.copy_foreign(page.as_form_xobject()) for piece, page in pairs}
    save = pdf.make_stream(b"q\n")
    known: set[tuple[int, int]] = set()
    for number, page in enumerate(pdf.pages, 1):
        if number == 1:
            continue
        _add_forms(page.obj, forms, known)
        drawn = "".join(f"q 1 0 0 1 {-left:.3f} 0 cm /Stamp{piece} Do Q\n" for piece, left in _placed(number, job))
        held = page.obj.Contents
        before = list(held) if isinstance(held, Array) else [held]
        page.obj.Contents = Array([save, *before, pdf.make_stream(b"\nQ\n" + drawn.encode())])


def _placed(number: int, job: Merging) -> list[tuple[str, float]]:
    """(piece, how far it is moved to the left in points), in reading order."""
    left = job.widths[AFTER]
    placed = [(AFTER, 0.0)]
    for digit in reversed(str(number)):
        placed.append((digit, left))
        left += job.widths[digit]
    return [(BEFORE, left), *reversed(placed)]


def _add_forms(page: Object, forms: dict[str, Object], known: set[tuple[int, int]]) -> None:
    """Make the pieces known to a page; the pages of one part share their resources."""
    resources = page.Resources
    if resources.is_indirect and resources.objgen in known:
        return
    known.add(resources.objgen)
    if "/XObject" not in resources:
        resources.XObject = Dictionary()
    for piece, form in forms.items():
        resources.XObject[f"/Stamp{piece}"] = form


def _embed(pdf: Pdf, job: Merging) -> None:
    """Associate the data files with the document (ISO 19005-3: /AF, relationship, media type, date)."""
    specs = []
    for file in job.files:
        stream = pikepdf.Stream(pdf, Path(file.path).read_bytes())
        stream.Filter = Name.FlateDecode
        stream.Type = Name.EmbeddedFile
        stream.Subtype = Name("/" + file.media_type)
        stream.Params = Dictionary(
            Size=file.size, CheckSum=String(bytes.fromhex(file.md5)), CreationDate=String(job.date),
            ModDate=String(job.date),
        )  # fmt: skip
        embedded = pdf.make_indirect(stream)
        specs.append(
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Filespec, F=String(file.name), UF=String(file.name), Desc=String(file.name),
                    AFRelationship=Name.Source if file.is_source else Name.Data,
                    EF=Dictionary(F=embedded, UF=embedded),
                )
            )
        )  # fmt: skip
    pairs: list[Object] = []
    for file, spec in sorted(zip(job.files, specs, strict=True), key=lambda pair: pair[0].name):
        pairs += [String(file.name), spec]
    pdf.Root.Names.EmbeddedFiles = pdf.make_indirect(Dictionary(Names=Array(pairs)))
    pdf.Root.AF = Array(specs)
    pdf.Root.PageMode = Name.UseOutlines


if __name__ == "__main__":
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    write(Merging(**{**told, "files": [Embedded(**file) for file in told["files"]]}))
