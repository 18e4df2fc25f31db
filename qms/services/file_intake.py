"""What a sent file becomes before it is kept: decoded for real, re-encoded, stripped, or refused in plain words.

The name and the declared type are never believed. Photos (JPEG, PNG, WebP, HEIC) become upright JPEGs of at most
1600 px without EXIF or GPS; PDFs are re-written without scripts, embedded files and actions; XLSX and DOCX are
re-packed and refused with macros; CSV and TXT must be text. Everything else is refused.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, BinaryIO, cast
from zoneinfo import ZoneInfo

import filetype
import pikepdf
import pillow_heif
from django.conf import settings
from django.utils.translation import gettext as _
from PIL import ExifTags, Image, ImageOps

pillow_heif.register_heif_opener()
MAX_PDF_STREAM = 128 * 1024 * 1024
"""Bytes that one piece of a PDF may unpack to in memory; 1,500 bytes can be made to unpack to gigabytes."""
pikepdf.settings.set_qpdf_limits(
    flate_max_memory=MAX_PDF_STREAM, run_length_max_memory=MAX_PDF_STREAM, png_max_memory=MAX_PDF_STREAM,
    tiff_max_memory=MAX_PDF_STREAM, dct_max_memory=MAX_PDF_STREAM, max_stream_filters=3,
)  # fmt: skip

LONGEST_SIDE = 1600
THUMBNAIL_SIDE = 360
JPEG_QUALITY = 85
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
MAX_ZIP_ENTRIES = 5_000
MAX_ZIP_UNPACKED = 200 * 1024 * 1024
MAX_ZIP_RATIO = 200
OFFICE_TYPES = {
    "xl/workbook.xml": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "word/document.xml": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}
MARKUP_STARTS = (b"<svg", b"<!doctype", b"<html", b"<?xml", b"<script")
PDF_ACTIVE_ROOT_KEYS = ("/OpenAction", "/AcroForm", "/Collection")
PDF_ACTIVE_KEYS = (
    "/AA", "/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/AF", "/XFA", "/RichMediaContent", "/RichMediaSettings",
    "/3DD", "/Movie", "/Sound",
)  # fmt: skip
PDF_ACTION_KEYS = ("/A", "/PA", "/Next")
PDF_HARMLESS_ACTIONS = {"/GoTo", "/URI", "/Named"}
MAX_PDF_OBJECTS = 300_000
OFFICE_PROGRAMS = (b"macroenabled", b"vbaproject", b"ms-office.activex", b"oleobject")  # in [Content_Types].xml


class FileRefused(ValueError):
    """The file is not taken; the message says why and what to do."""


@dataclass(frozen=True)
class Intake:
    """A file as it will be kept. Sizes in pixels; ``captured_at`` from the camera, where it told."""

    extension: str
    media_type: str
    body: bytes
    is_photo: bool = False
    thumbnail: bytes = b""
    width: int | None = None
    height: int | None = None
    captured_at: datetime | None = None


def take_in(source: IO[bytes], *, size: int, zone: ZoneInfo) -> Intake:
    """Decode and re-encode a sent file. ``zone`` is used for camera times without one. Raises FileRefused."""
    if size > settings.EVIDENCE_MAX_FILE_BYTES:
        limit = settings.EVIDENCE_MAX_FILE_BYTES // (1024 * 1024)
        raise FileRefused(_("The file is larger than %(limit)d MB. Send a smaller one.") % {"limit": limit})
    if not size:
        raise FileRefused(_("The file is empty. Choose it again."))
    source.seek(0)
    head = source.read(8192)
    source.seek(0)
    return _reader_for(head)(source, zone)


def _reader_for(head: bytes) -> Callable[[IO[bytes], ZoneInfo], Intake]:
    guess = filetype.guess(head)
    kind = guess.extension if guess else ""
    if kind in {"jpg", "png", "webp", "heic", "heif", "avif"}:
        return _photo
    if head.startswith(b"%PDF-"):
        return _pdf
    if head.startswith(b"PK\x03\x04"):
        return _office
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(MARKUP_STARTS):
        raise FileRefused(_("SVG and web pages are not taken, since they can carry programs. Send a photo or a PDF."))
    if guess is None and b"\x00" not in head:
        return _text
    raise FileRefused(_("This kind of file is not taken. Send a photo (JPEG, PNG, HEIC), PDF, XLSX, DOCX, CSV or TXT."))


def _photo(source: IO[bytes], zone: ZoneInfo) -> Intake:
    try:
        with Image.open(source, formats=PHOTO_FORMATS) as image:
            most = settings.EVIDENCE_MAX_IMAGE_PIXELS // (1 if image.format == "JPEG" else 2)  # JPEGs are read reduced
            if image.width * image.height > most:
                raise FileRefused(_("The photo has too many pixels. Send it in a smaller size."))
            captured_at = _captured_at(image, zone)
            image.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
            upright = ImageOps.exif_transpose(image)
            picture = _on_white(upright)
    except FileRefused:
        raise
    except Exception as error:  # decoders raise whatever the broken bytes lead to
        raise FileRefused(_("The photo cannot be opened; it may be damaged. Take it again or send another.")) from error
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    body = _jpeg(picture)
    width, height = picture.size
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
    return Intake(
        "jpg",
        "image/jpeg",
        body,
        is_photo=True,
        thumbnail=_jpeg(picture),
        width=width,
        height=height,
        captured_at=captured_at,
    )


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "P", "PA"}:
        rgba = image.convert("RGBA")
        ground = Image.new("RGB", rgba.size, "white")
        ground.paste(rgba, mask=rgba.getchannel("A"))
        return ground
    return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    clean = Image.new("RGB", image.size)
    clean.paste(image)
    target = io.BytesIO()
    clean.save(target, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=False)
    return target.getvalue()


def _captured_at(image: Image.Image, zone: ZoneInfo) -> datetime | None:
    try:
        exif = image.getexif()
        inner = exif.get_ifd(ExifTags.IFD.Exif)
        text = inner.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        offset = inner.get(ExifTags.Base.OffsetTimeOriginal)
        if not isinstance(text, str):
            return None
        if isinstance(offset, str) and offset.strip("\x00 "):
            return datetime.strptime(f"{text[:19]}{offset[:6]}", "%Y:%m:%d %H:%M:%S%z")
        return datetime.strptime(text[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone)
    except (ValueError, KeyError, SyntaxError, OSError):
        return None


def _pdf(source: IO[bytes], zone: ZoneInfo) -> Intake:  # noqa: ARG001  same signature as the other readers
    try:
        with pikepdf.open(cast(BinaryIO, source)) as pdf:
            if pdf.is_encrypted:
                raise FileRefused(_("The PDF is protected by a password. Save it without one and send it again."))
            _make_passive(pdf)
            pages = len(pdf.pages)
            target = io.BytesIO()
            pdf.save(target, deterministic_id=True)
            if any("limit exceeded" in str(warning) for warning in pdf.get_warnings()):
                raise FileRefused(_("The file unpacks to far more than it seems. It was not taken."))
    except FileRefused:
        raise
    except pikepdf.PasswordError as error:
        raise FileRefused(_("The PDF is protected by a password. Save it without one and send it again.")) from error
    except Exception as error:  # pikepdf raises whatever the broken part leads to
        raise FileRefused(_("The PDF cannot be opened; it may be damaged. Save it again and send it.")) from error
    if not pages:
        raise FileRefused(_("The PDF has no pages. Choose another file."))
    return Intake("pdf", "application/pdf", target.getvalue())


def _make_passive(pdf: pikepdf.Pdf) -> None:
    """Remove whatever acts by itself, or by a click beyond following a link, wherever in the file it hangs."""
    if len(pdf.objects) > MAX_PDF_OBJECTS:
        raise FileRefused(_("The PDF is put together from too many pieces. Print it to a new PDF and send that."))
    for key in PDF_ACTIVE_ROOT_KEYS:
        if key in pdf.Root:
            del pdf.Root[key]
    for found in pdf.objects:
        waiting: list[Any] = [found]
        while waiting:
            waiting += _calmed(waiting.pop())


def _calmed(part: Any) -> list[Any]:
    """Take what acts out of one dictionary; returns the parts that stand directly in it (or in the list)."""
    if isinstance(part, pikepdf.Array):
        return [item for item in part if _is_direct_holder(item)]
    if not isinstance(part, pikepdf.Dictionary | pikepdf.Stream):
        return []
    for key in PDF_ACTIVE_KEYS:
        if key in part:
            del part[key]
    for key in PDF_ACTION_KEYS:
        if key in part and _acts(part[key]):
            del part[key]
    return [item for key in part.keys() if _is_direct_holder(item := part[key])]  # noqa: SIM118  not a dict


def _is_direct_holder(item: Any) -> bool:
    return isinstance(item, pikepdf.Array | pikepdf.Dictionary) and not item.is_indirect


def _acts(action: Any) -> bool:
    """Whether an action, or one in a list of actions, does more than lead to a page or an address."""
    if isinstance(action, pikepdf.Array):
        return any(_acts(item) for item in action)
    return isinstance(action, pikepdf.Dictionary) and "/S" in action and str(action["/S"]) not in PDF_HARMLESS_ACTIONS


def _office(source: IO[bytes], zone: ZoneInfo) -> Intake:  # noqa: ARG001  same signature as the other readers
    refusal = _("Archives are not taken. Send the file itself: a photo, PDF, XLSX, DOCX, CSV or TXT.")
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            packed = max(1, sum(entry.compress_size for entry in entries))
            if len(entries) > MAX_ZIP_ENTRIES or unpacked > MAX_ZIP_UNPACKED or unpacked / packed > MAX_ZIP_RATIO:
                raise FileRefused(_("The file unpacks to far more than it seems. It was not taken."))
            names = {entry.filename for entry in entries}
            found = next((value for name, value in OFFICE_TYPES.items() if name in names), None)
            if found is None or "[Content_Types].xml" not in names:
                raise FileRefused(refusal)
            if len(names) != len(entries) or any(_is_odd_path(name) for name in names):
                raise FileRefused(refusal)
            if _has_programs(archive, names):
                raise FileRefused(_("The file carries macros. Save it without macros and send it again."))
            return Intake(*found, _repacked(archive, entries))
    except FileRefused:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError, ValueError) as error:
        raise FileRefused(refusal) from error


def _is_odd_path(name: str) -> bool:
    """A name that leads out of the archive where somebody unpacks it."""
    return name.startswith("/") or "\\" in name or ":" in name or ".." in name.split("/")


def _has_programs(archive: zipfile.ZipFile, names: set[str]) -> bool:
    """Macros, ActiveX and OLE objects by name or declared type, and templates fetched from elsewhere on opening."""
    if any("vbaproject" in name.lower() or "activex" in name.lower() or "oleobject" in name.lower() for name in names):
        return True
    types = _start_of(archive, "[Content_Types].xml").lower()
    if any(word in types for word in OFFICE_PROGRAMS):
        return True
    settings_links = _start_of(archive, "word/_rels/settings.xml.rels").lower()
    return b"attachedtemplate" in settings_links and b"external" in settings_links


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    if name not in archive.namelist():
        return b""
    with archive.open(name) as part:
        return part.read(1 << 20)


def _repacked(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bytes:
    target = io.BytesIO()
    budget = MAX_ZIP_UNPACKED
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as clean:
        for entry in entries:
            with archive.open(entry) as part:
                body = part.read(budget + 1)
            budget -= len(body)
            if budget < 0:
                raise FileRefused(_("The file unpacks to far more than it seems. It was not taken."))
            clean.writestr(zipfile.ZipInfo(entry.filename, entry.date_time), body, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _text(source: IO[bytes], zone: ZoneInfo) -> Intake:  # noqa: ARG001  same signature as the other readers
    body = source.read()
    if b"\x00" in body or b"<script" in body.lower() or b"%PDF-" in body[:2048]:
        raise FileRefused(
            _("This kind of file is not taken. Send a photo (JPEG, PNG, HEIC), PDF, XLSX, DOCX, CSV or TXT.")
        )
    return Intake("txt", "text/plain; charset=utf-8", body)
