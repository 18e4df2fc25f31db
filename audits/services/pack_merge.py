"""Parts into one PDF/A-3u: page numbers, outline, links between parts, embedded data. Same parts, same bytes."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, OutlineItem, Page, Pdf, Rectangle, String

from audits.services.manifest import MANIFEST, MEDIA_TYPES
from audits.services.pack_files import DataFile
from audits.services.pack_outline import Node

LINK = "pack:"
"""Links into another part are written as ``pack:<anchor>`` and become links to a named destination here."""
PRINT_FLAG = 4
POINTS = 0.75
"""Points per CSS pixel."""


def merge(
    pieces: Sequence[Path], outline: Sequence[Node], stamps: Iterable[tuple[int, bytes]], files: Sequence[DataFile], *,
    target: Path, at: datetime, title: str,
) -> None:  # fmt: skip
    """Write one document to ``target``. The first piece gives the PDF/A identification and the colour profile.

    ``stamps`` gives (first page, counted from 0; a PDF with one otherwise empty page for each page from there on).
    ``at`` is the date of the document and of its files.
    """
    with contextlib.ExitStack() as stack:
        merged = stack.enter_context(Pdf.open(pieces[0]))
        destinations = _destinations(merged)
        for path in pieces[1:]:
            other = stack.enter_context(Pdf.open(path))
            offset = len(merged.pages)
            merged.pages.extend(other.pages)
            destinations |= _moved(other, merged, offset)
        _link(merged, destinations)
        _outline(merged, outline)
        _stamp(merged, stamps)
        _embed(merged, files, at)
        merged.docinfo["/Title"] = String(title)
        merged.save(
            target, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False, preserve_pdfa=True,
        )  # fmt: skip


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


def _outline(pdf: Pdf, nodes: Sequence[Node]) -> None:
    with pdf.open_outline() as outline:
        outline.root.clear()
        outline.root.extend(_bookmark(pdf, node) for node in nodes)


def _bookmark(pdf: Pdf, node: Node) -> OutlineItem:
    page = pdf.pages[node.page]
    top = float(page.mediabox[3])
    place = Array([page.obj, Name.XYZ, round(node.x * POINTS, 2), round(top - node.y * POINTS, 2), 0])
    item = OutlineItem(node.title, place)
    item.is_closed = True
    item.children.extend(_bookmark(pdf, child) for child in node.children)
    return item


def _stamp(pdf: Pdf, stamps: Iterable[tuple[int, bytes]]) -> None:
    """Lay each stamp over its page."""
    for first, body in stamps:
        with Pdf.open(io.BytesIO(body)) as overlay:
            for index, stamp in enumerate(overlay.pages):
                _lay_over(pdf, pdf.pages[first + index], stamp, Name(f"/PageStamp{first + index}"))


def _lay_over(pdf: Pdf, page: Page, stamp: Page, name: Name) -> None:
    """What pikepdf's ``add_overlay`` does, but under a name of ours: its random one makes the bytes differ.

    Pages of one part share their resources, so the name must be the page's own.
    """
    form = pdf.copy_foreign(stamp.as_form_xobject())
    page.add_resource(form, Name.XObject, name)
    area = Rectangle(page.trimbox)
    placed = page.calc_form_xobject_placement(
        form, name, area, invert_transformations=True, allow_shrink=True, allow_expand=True
    )
    page.contents_add(b"q\n", prepend=True)
    page.contents_add(b"Q\n")
    page.contents_add(placed)
    page.contents_coalesce()


def _embed(pdf: Pdf, files: Sequence[DataFile], at: datetime) -> None:
    """Associate the data files with the document (ISO 19005-3: /AF, relationship, media type, date)."""
    moment = at.strftime("D:%Y%m%d%H%M%S+00'00'")
    specs = []
    for file in files:
        stream = pikepdf.Stream(pdf, file.packed)
        stream.Filter = Name.FlateDecode
        stream.Type = Name.EmbeddedFile
        stream.Subtype = Name("/" + MEDIA_TYPES[file.name])
        stream.Params = Dictionary(
            Size=file.size, CheckSum=String(file.md5), CreationDate=String(moment), ModDate=String(moment)
        )
        embedded = pdf.make_indirect(stream)
        specs.append(
            pdf.make_indirect(
                Dictionary(
                    Type=Name.Filespec, F=String(file.name), UF=String(file.name), Desc=String(file.name),
                    AFRelationship=Name.Source if file.name == MANIFEST else Name.Data,
                    EF=Dictionary(F=embedded, UF=embedded),
                )
            )
        )  # fmt: skip
    pairs: list[Object] = []
    for file, spec in sorted(zip(files, specs, strict=True), key=lambda pair: pair[0].name):
        pairs += [String(file.name), spec]
    pdf.Root.Names.EmbeddedFiles = pdf.make_indirect(Dictionary(Names=Array(pairs)))
    pdf.Root.AF = Array(specs)
    pdf.Root.PageMode = Name.UseOutlines
