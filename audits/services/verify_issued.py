"""What only the issuing system can say about a pack: that it issued it, and that its own trail still agrees.

Answers about a pack's inside are given only for exactly the file that was issued, so nobody learns here what he does
not already hold; a hash is answered with the day and whether a newer pack replaced it, never with a title.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.models import Pack
from audits.services.verify import ALTERED, GOOD, UNKNOWN, Check, Report
from audits.services.verify_pdf import load_certificate
from audits.services.verify_process import check_apart
from qms.models import Checkpoint, RecordVersion, TrailEntry
from qms.services.redaction_steps import VERSION, original, steps_of_records
from qms.services.trail import digest

T = TypeVar("T")
BATCH = 500
ISSUED = (Pack.Status.READY, Pack.Status.SUPERSEDED)


@dataclass
class Standing:
    """How this system knows a pack: ``is_issued`` exactly this file, ``is_superseded`` by a newer one."""

    is_issued: bool = False
    is_superseded: bool = False
    checks: list[Check] = field(default_factory=list)

    @property
    def altered(self) -> list[str]:
        return [problem for check in self.checks for problem in check.problems]


def by_hash(sha256: str) -> Standing:
    """Whether this system issued a pack with this hash: of the file, of the file before signing, or its root hash."""
    known = Q(sha256=sha256) | Q(unsigned_sha256=sha256) | Q(manifest_sha256=sha256)
    return _standing(Pack.objects.filter(known, status__in=ISSUED).order_by("pk").first())


def of_report(report: Report) -> Standing:
    """What this system says about a checked file."""
    pack = Pack.objects.filter(sha256=report.sha256, status__in=ISSUED).order_by("pk").first()
    standing = _standing(pack)
    if pack is not None:
        standing.checks += [_checkpoint(report.checkpoint), _records(report.items), _chains(report.items)]
    return standing


def _standing(pack: Pack | None) -> Standing:
    title = _("Issued by this system")
    if pack is None:
        words = _("This system did not issue a file with this hash. The smallest change of a file changes its hash.")
        return Standing(checks=[Check("issued", title, UNKNOWN, words)])
    is_superseded = pack.status == Pack.Status.SUPERSEDED
    cutoff = date_format(pack.cutoff_at or pack.recorded_at, "j M Y")
    words = (
        _("Yes, with the state of %(day)s. A newer pack has replaced it since; this one stays valid for its day.")
        if is_superseded
        else _("Yes, with the state of %(day)s. It is the current one.")
    )
    check = Check("issued", title, UNKNOWN if is_superseded else GOOD, words % {"day": cutoff})
    return Standing(is_issued=True, is_superseded=is_superseded, checks=[check])


def _checkpoint(claimed: dict[str, Any]) -> Check:
    title = _("Checkpoint of the whole trail")
    if not claimed:
        return Check("checkpoint", title, UNKNOWN, _("The pack names none."))
    seq, sealed = claimed.get("seq"), claimed.get("hash")
    if isinstance(seq, int) and Checkpoint.objects.filter(seq=seq, hash=str(sealed)).exists():
        return Check("checkpoint", title, GOOD, _("Number %(seq)d is still in this system, unchanged.") % {"seq": seq})
    words = _("This system no longer holds the checkpoint that the pack names: its trail was rewritten.")
    return Check("checkpoint", title, ALTERED, words, [words])


def _records(items: list[dict[str, Any]]) -> Check:
    """The versions as this system keeps them now, against what the pack printed."""
    problems = []
    for piece in _pieces(items):
        rows = RecordVersion.objects.filter(record__uid__in=[item["uid"] for item in piece])
        wanted = {(item["uid"], item["version"]) for item in piece}
        steps = steps_of_records(rows.values_list("record_id", flat=True).distinct().order_by("record_id"))
        kept = {
            (str(uid), version): (content_hash, original(steps.get(pk, {}), VERSION, version, digest(content)))
            for pk, uid, version, content_hash, content in rows.values_list(
                "record_id", "record__uid", "version", "content_hash", "content"
            )
            if (str(uid), version) in wanted
        }
        for item in piece:
            if kept.get((item["uid"], item["version"])) != (item["content_hash"],) * 2:
                words = _("%(reference)s: this system's own copy no longer agrees with what it issued.")
                problems.append(words % {"reference": item["reference"]})
    good = _("Every record in the pack is still kept here as it was printed.")
    return _answer("system_records", _("Records in this system"), problems, good)


def _chains(items: list[dict[str, Any]]) -> Check:
    problems = []
    for piece in _pieces(items):
        heads = {(f"record:{item['uid']}", item["chain_length"]): item for item in piece}
        rows = TrailEntry.objects.filter(
            chain__in=[chain for chain, _seq in heads], seq__in={seq for _chain, seq in heads}
        )
        kept = {(chain, seq): entry for chain, seq, entry in rows.values_list("chain", "seq", "hash")}
        for key, item in heads.items():
            if kept.get(key) != item["chain_head"]:
                words = _("%(reference)s: this system's trail no longer holds what it issued.")
                problems.append(words % {"reference": item["reference"]})
    good = _("Every trail in the pack is still the beginning of the trail kept here.")
    return _answer("system_chains", _("Trail in this system"), problems, good)


def _answer(key: str, title: str, problems: list[str], good: str) -> Check:
    return Check(key, title, ALTERED if problems else GOOD, problems[0] if problems else good, problems)


def _pieces(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while piece := list(islice(rest, BATCH)):
        yield piece


def trusted_certificates() -> list[x509.Certificate]:
    """The certificate this system signs with, if it has one yet, and earlier ones kept as ``*.pem`` beside the key."""
    path: Path = settings.SIGNING_KEY_FILE
    found = [load_certificate(kept.read_bytes()) for kept in sorted(path.parent.glob("*.pem"))]
    if path.is_file():
        current = pkcs12.load_pkcs12(path.read_bytes(), settings.SIGNING_KEY_PASSWORD.encode()).cert
        if current is not None:
            found.insert(0, load_certificate(current.certificate.public_bytes(Encoding.DER)))
    return found


def check_upload(upload: UploadedFile[Any]) -> tuple[Report, Standing]:
    """Check a file somebody sent and say how this system knows it. Keeps nothing. Raises Refused."""
    with tempfile.NamedTemporaryFile(prefix="verify-", suffix=".pdf") as copy:
        seen = sha256()
        for chunk in upload.chunks():
            copy.write(chunk)
            seen.update(chunk)
        copy.flush()
        is_known = Pack.objects.filter(sha256=seen.hexdigest(), status__in=ISSUED).exists()
        report = check_apart(copy.name, trusted=trusted_certificates(), is_known=is_known)
    return report, of_report(report)
