"""The last part of a pack: data files, front and closing pages, one PDF, signature, and the record made ready."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from audits.models import Pack, PackPart
from audits.services import manifest, pack_front, pack_merge, pack_outline, pack_render, pack_signing
from audits.services.pack import address
from audits.services.pack_data import FrozenPack
from audits.services.pack_files import DataFile, data_files
from audits.services.pack_merge import Embedded, Merging
from audits.services.pack_outline import Chapter, Node
from audits.services.pack_render import RenderedPart
from audits.services.pack_stamps import stamps
from qms.services import job as job_service
from qms.services import record as record_service

FRONT_PASSES = 4


class ContentsUnstable(Exception):
    """The contents never came to rest: their length changes with the page numbers printed in them."""


def finish(part: PackPart, *, clock: Callable[[], datetime]) -> None:
    """Make the document out of its parts and end the pack well.

    Side effects: the pack's file, hashes and sizes, a version and trail entry (pack.ready), the replaced pack becomes
    superseded, the job ends and its requester is told; the files of the parts are removed.
    """
    frozen = FrozenPack(part.pack)
    with tempfile.TemporaryDirectory(prefix="pack-") as folder, translation.override(frozen.data["language"]):
        work = Path(folder)
        pages, files = _assemble(frozen, work, lambda: _beat(part, clock()))
        unsigned = _sha256(work / "unsigned.pdf")
        signed = work / "signed.pdf"
        signer = pack_signing.sign(work / "unsigned.pdf", signed, at=clock(), reason=_("Evidence pack issued"))
        _beat(part, clock())
        hashes = {"unsigned_sha256": unsigned, "sha256": _sha256(signed), "manifest_sha256": files[0].sha256}
        _complete(part, signed, hashes, signer, pages=pages, at=clock())


def _beat(part: PackPart, at: datetime) -> None:
    """Say that this worker is still at it, so that the sweep leaves the claim alone."""
    PackPart.objects.filter(pk=part.pk, status=PackPart.Status.CLAIMED, claims=part.claims).update(claimed_at=at)


def _assemble(frozen: FrozenPack, work: Path, beat: Callable[[], None]) -> tuple[int, list[DataFile]]:
    """Write ``unsigned.pdf`` into the folder; returns its number of pages and the embedded files."""
    files = data_files(frozen)
    beat()
    root = files[0].sha256
    paths, chapters = _fetched(frozen.pack, work)
    last_page = pack_front.closing(frozen, _facts(files), root)
    closing = _pages(frozen, "packs/closing.html", last_page, _("Data and hashes"))
    chapters.append(Chapter(pack_outline.CLOSING, closing.pages, closing.outline))
    front, outline = _front(frozen, chapters, root)
    for name, rendered in (("front.pdf", front), ("closing.pdf", closing)):
        (work / name).write_bytes(rendered.body)
    total = front.pages + sum(chapter.pages for chapter in chapters)
    beat()
    pieces = [work / "front.pdf", *paths, work / "closing.pdf"]
    pack_merge.merge(_merging(frozen, pieces, outline, total, files, work), work)
    beat()
    return total, files


def _merging(
    frozen: FrozenPack, pieces: list[Path], outline: list[Node], total: int, files: list[DataFile], work: Path
) -> Merging:
    """What the process that merges is told; the stamps and the data files are written into the folder."""
    pieces_of_numbers = stamps(frozen, total)
    (work / "stamps.pdf").write_bytes(pieces_of_numbers.body)
    embedded = []
    for file in files:
        path = work / f"{file.name}.z"
        path.write_bytes(file.packed)
        embedded.append(
            Embedded(
                file.name, str(path), file.size, file.md5.hex(), manifest.MEDIA_TYPES[file.name],
                is_source=file.name == manifest.MANIFEST,
            )
        )  # fmt: skip
    return Merging(
        pieces=[str(path) for path in pieces], outline=[node.as_list() for node in outline],
        stamps=str(work / "stamps.pdf"), widths=pieces_of_numbers.widths, files=embedded,
        target=str(work / "unsigned.pdf"), date=frozen.cutoff_at.strftime("D:%Y%m%d%H%M%S+00'00'"),
        title=f"{frozen.pack.reference} {frozen.pack.title}",
    )  # fmt: skip


def _fetched(pack: Pack, work: Path) -> tuple[list[Path], list[Chapter]]:
    """The stored parts, copied into the folder."""
    paths, chapters = [], []
    for part in PackPart.objects.filter(pack=pack, status=PackPart.Status.DONE).order_by("position"):
        path = work / f"{part.position:04d}.pdf"
        with part.file.open("rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        paths.append(path)
        chapters.append(Chapter(part.spec["form"], part.pages, part.outline))
    return paths, chapters


def _facts(files: Sequence[DataFile]) -> list[dict[str, Any]]:
    return [{"name": file.name, "size": file.size, "sha256": file.sha256} for file in files]


def _pages(frozen: FrozenPack, template: str, context: dict[str, Any], section: str) -> RenderedPart:
    return pack_render.render_html(frozen, pack_render.html_of(frozen, template, context), section=section)


def _front(frozen: FrozenPack, rest: list[Chapter], root: str) -> tuple[RenderedPart, list[Node]]:
    """The front with right page numbers: rendered with what it is expected to be, and again only if it was not."""
    assumed = pack_outline.expected_front(rest, frozen.clauses)
    for _attempt in range(FRONT_PASSES):
        printed = pack_outline.contents(pack_outline.build([assumed, *rest], frozen.clauses))
        front = _pages(frozen, "packs/front.html", pack_front.front(frozen, printed, root), _("Evidence pack"))
        assumed = Chapter(pack_outline.FRONT, front.pages, front.outline)
        outline = pack_outline.build([assumed, *rest], frozen.clauses)
        if pack_outline.contents(outline) == printed:
            return front, outline
    raise ContentsUnstable(_("The contents page does not come to rest."))


@transaction.atomic
def _complete(
    part: PackPart, signed: Path, hashes: dict[str, str], signer: tuple[str, str], *, pages: int, at: datetime
) -> None:
    pack = record_service.lock(part.pack)
    if pack.status != Pack.Status.BUILDING:
        return
    with signed.open("rb") as file:
        pack.file.save("pack.pdf", File(file), save=False)
    for name, value in hashes.items():
        setattr(pack, name, value)
    pack.signer, pack.signer_fingerprint = signer
    pack.file_size, pack.page_count = signed.stat().st_size, pages
    record_service.move(pack, Pack.Status.READY)
    record_service.seal(pack, "pack.ready", by=None, at=at)
    PackPart.objects.filter(pk=part.pk).update(status=PackPart.Status.DONE, error="")
    if pack.supersedes_id:
        _supersede(Pack.objects.get(pk=pack.supersedes_id), pack, at=at)
    if pack.job:
        pack.job.refresh_from_db()
        job_service.finish(pack.job, at=at, message=_("%s is ready.") % pack.reference, result_url=address(pack))
    transaction.on_commit(lambda: _drop_parts(pack.pk), robust=True)


def _supersede(old: Pack, new: Pack, *, at: datetime) -> None:
    """The older pack stays readable and says by which one it was replaced."""
    current = record_service.lock(old)
    if current.status == Pack.Status.READY:
        record_service.move(current, Pack.Status.SUPERSEDED)
        record_service.seal(
            current, "pack.superseded", by=new.recorded_by, at=at, facts={"by_pack": new.reference, "uid": str(new.uid)}
        )


def _drop_parts(pack_id: int) -> None:
    for part in PackPart.objects.filter(pack_id=pack_id).exclude(file="").order_by("pk"):
        part.file.delete(save=False)
        PackPart.objects.filter(pk=part.pk).update(file="")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
