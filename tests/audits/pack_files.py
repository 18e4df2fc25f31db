"""Small evidence packs as files: made from real records of the test database in the documented format, and signed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pikepdf
from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko_certvalidator.registry import SimpleCertificateStore

from audits.services import manifest
from qms.models import Checkpoint, Record, TrailEntry
from qms.services.trail import digest, moment

Files = dict[str, bytes]


@cache
def signer(name: str = "Acme Machining") -> signers.SimpleSigner:
    """A signer with a certificate it made itself; the same for the same name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, name)])
    start = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=365))
        .add_extension(x509.KeyUsage(*[True, True], *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)),
        signing_key=keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),
    )


def certificate(name: str = "Acme Machining") -> asn1_x509.Certificate:
    return signer(name).signing_cert


def pack_files(records: list[Record], checkpoint: Checkpoint | None = None, uid: str = "p" * 32) -> Files:
    """The embedded files of a pack with these records, as the format asks."""
    versions = {record.pk: record.versions.get(version=record.version) for record in records}
    chains = {record.pk: list(TrailEntry.objects.filter(record=record).order_by("seq")) for record in records}
    files = {
        manifest.RECORDS: b"".join(
            manifest.object_pieces(
                (
                    str(r.uid),
                    manifest.record_entry(r.version, versions[r.pk].content, versions[r.pk].content_hash, [], None),
                )
                for r in records
            )
        ),
        manifest.TRAIL: b"".join(
            manifest.object_pieces(
                (str(r.uid), {"chain": r.trail_key, "entries": [entry_of(e) for e in chains[r.pk]]}) for r in records
            )
        ),
        manifest.RECORDS_CSV: b"position,reference\r\n",
    }
    items = [
        {
            "position": position, "uid": str(r.uid), "reference": r.reference, "kind": r.kind, "version": r.version,
            "content_hash": versions[r.pk].content_hash, "clauses": ["5.1.2"], "standing": "counts",
            "occurred_on": r.occurred_on.isoformat(), "recorded_at": moment(r.recorded_at),
            "chain_length": len(chains[r.pk]), "chain_head": chains[r.pk][-1].hash,
        }
        for position, r in enumerate(records, start=1)
    ]  # fmt: skip
    claims = {
        "uid": uid, "reference": "PACK-DEN-2026-0001", "organization": "Acme Machining", "purpose": "Stage 2 audit",
        "from_on": "2026-01-01", "to_on": "2026-11-20", "cutoff_at": "2026-11-20T15:30:00.000000+00:00",
        "sites": [{"code": "DEN", "name": "Denver plant", "time_zone": "America/Denver"}], "clauses": ["5.1.2"],
        "edition": {"slug": "iso-9001-2026", "title": "Quality management systems", "standard": "ISO 9001"},
    }  # fmt: skip
    sealed = checkpoint and {
        "seq": checkpoint.seq, "at": moment(checkpoint.at), "hash": checkpoint.hash, "entries": checkpoint.entries,
    }  # fmt: skip
    sums = {name: digest(body.decode()) for name, body in files.items()}
    return files | {manifest.MANIFEST: manifest.manifest_text(claims, items, sealed, sums).encode()}


def entry_of(entry: TrailEntry) -> dict[str, Any]:
    fields = {
        "seq": entry.seq, "at": moment(entry.at), "by": str(entry.by_id or ""), "verb": entry.verb,
        "changes": entry.changes, "changes_hash": digest(entry.changes), "reason": entry.reason,
        "request_id": entry.request_id,
        "previous_hash": entry.previous_hash, "hash": entry.hash,
    }  # fmt: skip
    return manifest.trail_entry(fields, None)


def unsigned(files: Files) -> bytes:
    """A PDF with the files embedded."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    for name, body in files.items():
        pdf.attachments[name] = pikepdf.AttachedFileSpec(pdf, body, filename=name)
    return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    target = io.BytesIO()
    pdf.save(target)
    return target.getvalue()


def signed(pdf: bytes, name: str = "Acme Machining") -> bytes:
    """The PDF, signed by that name's own certificate."""
    meta = PdfSignatureMetadata(field_name="Signature", subfilter=SigSeedSubFilter.PADES)
    return signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), meta, signer=signer(name)).getvalue()


def resaved(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """The PDF changed and written anew, as a program that does not know better does it."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        change(opened)
        return saved(opened)
