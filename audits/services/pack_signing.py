"""The organization's signing key, and PAdES signatures made with it.

The key is a PKCS#12 file (settings.SIGNING_KEY_FILE, mode 600, password SIGNING_KEY_PASSWORD). Where none was supplied,
one is made: RSA of 3072 bits with a self-signed certificate in the organization's name, valid for ten years. (A key on
an elliptic curve works too, but a signature by it makes the file PDF 2.0, which PDF/A-3 does not allow.)
"""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.utils.translation import gettext as _

from qms.models import Organization

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD = "OrganizationSignature"
VALID = timedelta(days=3653)
TSA_TIMEOUT = 20


class SigningKeyUnusable(Exception):
    """The signing key cannot be opened, with what to do about it."""


def make_key(*, at: datetime, path: Path | None = None) -> Path:
    """Make a key unless there is one; returns where it is.

    Side effects: a PKCS#12 file that only its owner may read. Two makers at once leave one key: the first.
    """
    target = path or settings.SIGNING_KEY_FILE
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_pkcs12(at))
    try:
        os.link(draft, target)
    except FileExistsError:
        return target
    finally:
        draft.unlink()
    return target


def _pkcs12(at: datetime) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    organization = Organization.current().name[:64]
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{organization[:46]} evidence packs"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + VALID)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, content_commitment=True, key_encipherment=False, data_encipherment=False,
                key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    password = BestAvailableEncryption(settings.SIGNING_KEY_PASSWORD.encode())
    return pkcs12.serialize_key_and_certificates(b"evidence packs", key, certificate, None, password)


def certificate(*, at: datetime) -> x509.Certificate:
    """The certificate packs are signed with. Raises SigningKeyUnusable. Side effect: a key, where there is none."""
    path = make_key(at=at)
    try:
        known = pkcs12.load_pkcs12(path.read_bytes(), settings.SIGNING_KEY_PASSWORD.encode()).cert
    except (OSError, ValueError) as error:
        raise SigningKeyUnusable(_unusable(path)) from error
    if known is None:
        raise SigningKeyUnusable(_unusable(path))
    return known.certificate


def sign(source: Path, target: Path, *, at: datetime, reason: str) -> tuple[str, str]:
    """Write ``source``, signed, to ``target``: PAdES B-B over the whole file, B-T when TSA_URL is set.

    Returns the certificate's name and its SHA-256. Raises SigningKeyUnusable. Side effect: a key, if there is none.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter  # noqa: PLC0415  half a second, workers
    from pyhanko.sign import fields, signers, timestamps  # noqa: PLC0415  the same

    path = make_key(at=at)
    load = cast("Callable[..., Any]", signers.SimpleSigner.load_pkcs12)
    signer = load(str(path), passphrase=settings.SIGNING_KEY_PASSWORD.encode())
    if signer is None:
        raise SigningKeyUnusable(_unusable(path))
    stamper = timestamps.HTTPTimeStamper(settings.TSA_URL, timeout=TSA_TIMEOUT) if settings.TSA_URL else None
    meta = signers.PdfSignatureMetadata(
        field_name=FIELD, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES, reason=reason,
        name=Organization.current().name, certify=True, docmdp_permissions=fields.MDPPerm.NO_CHANGES,
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(source.open("rb"))
        writer = stack.enter_context(target.open("w+b"))
        signers.PdfSigner(meta, signer, timestamper=stamper).sign_pdf(IncrementalPdfFileWriter(reader), output=writer)
    known = x509.load_der_x509_certificate(signer.signing_cert.dump())  # the key file is slow to open again
    return known.subject.rfc4514_string()[:200], known.fingerprint(hashes.SHA256()).hex()


def _unusable(path: Path) -> str:
    return (
        _(
            "The signing key %s cannot be opened. Set SIGNING_KEY_PASSWORD to its password, or supply another PKCS#12 "
            "file by SIGNING_KEY_PATH."
        )
        % path
    )
