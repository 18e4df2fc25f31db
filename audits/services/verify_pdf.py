"""Opening an evidence pack that anybody may have sent: limits first, then the signature and the embedded files.

No database and no network. What is refused is refused with words that say what to do.
"""

from __future__ import annotations

import io
import logging
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pikepdf
from asn1crypto import cms, parser, pem, x509
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError, ValidationInfoReadingError
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

MAX_FILE_BYTES = 200 * 1024 * 1024
MAX_EMBEDDED_BYTES = 64 * 1024 * 1024  # of one embedded file, unpacked
MAX_ALL_EMBEDDED_BYTES = 160 * 1024 * 1024
MAX_EMBEDDED_FILES = 200
# What the libraries raise on files that somebody has damaged or forged.
UNREADABLE = (
    PdfError, ValidationInfoReadingError, SignatureValidationError, pikepdf.PdfError, zlib.error, ValueError, TypeError,
    LookupError, AttributeError, RecursionError, ArithmeticError, NotImplementedError,
)  # fmt: skip

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # what it warns about is told in the report
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


class Refused(ValueError):
    """The file cannot be checked at all; the message says why and what to do."""


@dataclass(frozen=True)
class Signer:
    """Whose signature a file carries and what it covers. ``signed_at`` is as the signer says unless time-stamped."""

    name: str
    fingerprint: str
    signed_at: datetime | None
    is_time_stamped: bool
    is_intact: bool
    covers_all: bool
    is_trusted: bool | None


def refuse_what_is_no_pdf(data: bytes) -> None:
    """Raise Refused for what is empty, too large or no PDF, before anything reads it closely."""
    if not data:
        raise Refused(_("The file is empty. Choose the PDF you were given."))
    if len(data) > MAX_FILE_BYTES:
        raise Refused(_("The file is larger than 200 MB. Evidence packs are smaller; choose the PDF you were given."))
    if not data.lstrip()[:5] == b"%PDF-":
        raise Refused(_("This is not a PDF. Choose the evidence pack itself, the PDF you were given."))


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate in pairs of hexadecimal digits, as programs show it: ``AB:12:…``."""
    return str(certificate.sha256.hex(":")).upper()


def load_certificate(data: bytes) -> x509.Certificate:
    """A certificate from PEM or DER. Raises Refused."""
    try:
        if pem.detect(data):
            _kind, _headers, data = pem.unarmor(data)
        certificate = x509.Certificate.load(data)
        certificate.sha256_fingerprint  # noqa: B018  parses it
        certificate.subject.human_friendly  # noqa: B018
    except (ValueError, TypeError) as error:
        raise Refused(_("The certificate cannot be read; give it as a PEM or DER file.")) from error
    return certificate


def signer_of(data: bytes, trusted: list[x509.Certificate]) -> Signer | None:
    """The file's signature, None when there is none. ``is_trusted`` is None when there is nothing to compare with.

    Raises Refused when the file cannot be read as a PDF.
    """
    try:
        reader = PdfFileReader(io.BytesIO(data), strict=False)
        if reader.encrypted:
            raise Refused(_("The file is encrypted. Evidence packs are not; choose the PDF you were given."))
        signatures = reader.embedded_regular_signatures
        if not signatures:
            return None
        first = signatures[0]
        context = ValidationContext(trust_roots=[*trusted, first.signer_cert], allow_fetching=False)
        status = validate_pdf_signature(first, context, context)
        return _signer(status, trusted, covers_all=_covers_all(data, first.byte_range, status.coverage))
    except Refused:
        raise
    except UNREADABLE as error:
        raise Refused(_("The signature of the file cannot be read: the file is damaged or was altered.")) from error


def _covers_all(data: bytes, byte_range: Sequence[int], coverage: SignatureCoverageLevel | None) -> bool:
    """Every byte is signed but those of the signature itself, and its reserved room holds nothing else."""
    start, length, rest, rest_length = (int(number) for number in byte_range)
    if coverage != SignatureCoverageLevel.ENTIRE_FILE or start != 0 or rest + rest_length != len(data):
        return False
    room = data[length:rest]
    digits = room[1:-1]
    is_plain = room[:1] + room[-1:] == b"<>" and digits in (digits.upper(), digits.lower())
    signature = bytes.fromhex(digits.decode("ascii"))
    info = cms.ContentInfo.load(signature[: parser.peek(signature)])["content"]["signer_infos"][0]
    by_serial = info["sid"].name == "issuer_and_serial_number"  # RFC 5652, 5.3: the version follows from this
    is_plain = is_plain and info["version"].native == ("v1" if by_serial else "v3")
    return is_plain and not any(signature[parser.peek(signature) :])


def _signer(status: PdfSignatureStatus, trusted: list[x509.Certificate], *, covers_all: bool) -> Signer:
    certificate = status.signing_cert
    assert certificate is not None  # noqa: S101  of an embedded signature
    stamp = status.timestamp_validity
    return Signer(
        name=str(certificate.subject.human_friendly),
        fingerprint=fingerprint(certificate),
        signed_at=stamp.timestamp if stamp and stamp.intact and stamp.valid else status.signer_reported_dt,
        is_time_stamped=bool(stamp and stamp.intact and stamp.valid),
        is_intact=bool(status.intact and status.valid),
        covers_all=covers_all,
        is_trusted=any(known.sha256 == certificate.sha256 for known in trusted) if trusted else None,
    )


def embedded_files(data: bytes) -> tuple[dict[str, bytes], dict[str, str]]:
    """The embedded files by name, and the reason for each that cannot be unpacked. Raises Refused for no usable PDF."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            if pdf.is_encrypted:
                raise Refused(_("The file is encrypted. Evidence packs are not; choose the PDF you were given."))
            return _unpacked(pdf)
    except pikepdf.PasswordError as error:
        raise Refused(_("The file is encrypted. Evidence packs are not; choose the PDF you were given.")) from error
    except Refused:
        raise
    except UNREADABLE as error:
        raise Refused(_("The file is damaged: it can no longer be read as a PDF.")) from error


def _unpacked(pdf: pikepdf.Pdf) -> tuple[dict[str, bytes], dict[str, str]]:
    files: dict[str, bytes] = {}
    broken: dict[str, str] = {}
    if len(pdf.attachments) > MAX_EMBEDDED_FILES:
        raise Refused(_("The file holds more embedded files than any evidence pack does."))
    left = MAX_ALL_EMBEDDED_BYTES
    for name, spec in pdf.attachments.items():
        try:
            files[name] = _stream_bytes(spec.get_file().obj, min(MAX_EMBEDDED_BYTES, left))
        except Refused:
            raise
        except UNREADABLE:
            broken[name] = _("it cannot be unpacked")
            continue
        left -= len(files[name])
    return files, broken


def _stream_bytes(stream: Any, most: int) -> bytes:
    """The stream's bytes, never more than ``most``: it is unpacked here, in bounds, and not by the PDF library."""
    filters = stream.get("/Filter", None)
    names = [str(part) for part in filters] if isinstance(filters, pikepdf.Array) else [str(filters)] if filters else []
    raw = bytes(stream.read_raw_bytes())
    if not names:
        unpacked = raw
    elif names == ["/FlateDecode"]:
        engine = zlib.decompressobj()
        unpacked = engine.decompress(raw, most + 1)
        if len(unpacked) <= most and not engine.eof:
            raise ValueError("cut off")
    else:
        raise ValueError("packed in a way that packs never are")
    if len(unpacked) > most:
        raise Refused(_("An embedded file unpacks to more than evidence packs ever hold; it was not read."))
    return unpacked
