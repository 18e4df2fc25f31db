"""Is an evidence pack what it was when it was signed? Pure: bytes in, report out; no database, no clock, no network.

The steps are those written down for outsiders in audits/services/manifest.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from asn1crypto import x509
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audits.services import manifest as pack_format
from audits.services.verify_pdf import Refused, Signer, embedded_files, refuse_what_is_no_pdf, signer_of
from qms.models import GENESIS
from qms.services.timeline import value_words
from qms.services.trail import canonical, digest

GOOD, ALTERED, UNKNOWN = "good", "altered", "unknown"
# Which altered thing is named first: a record says more than the broken signature that every change leads to.
MOST_TOLD = 200
"""So many problems of one check are told to who is no owner of the file; a forged one may hold a million."""
MOST_TELLING = ("records", "chains", "files", "manifest", "signature", "coverage", "signer")
WRONG_SHAPE = (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)


@dataclass(frozen=True)
class Check:
    """One question put to the file: ``state`` is good, altered or unknown; ``words`` is the answer in a sentence."""

    key: str
    title: str
    state: str
    words: str
    problems: list[str] = field(default_factory=list)


@dataclass
class Report:
    """What was checked in one file, in the order in which it is told, and what the file itself claims to be."""

    sha256: str
    size: int
    root_hash: str = ""
    signer: Signer | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    checkpoint: dict[str, Any] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    item_count: int = 0
    checks: list[Check] = field(default_factory=list)

    @property
    def altered(self) -> list[str]:
        """Everything that was altered, by name, the most telling first."""
        telling = sorted(self.checks, key=lambda check: MOST_TELLING.index(check.key))
        return [problem for check in telling for problem in check.problems]

    @property
    def first_altered(self) -> str:
        """The first thing that was altered, by name; empty when nothing was."""
        return next(iter(self.altered), "")

    @property
    def is_intact(self) -> bool:
        return not self.altered

    def claimed(self) -> list[tuple[str, str]]:
        """What the file says about itself, as (label, words); whether it is true, the checks say."""
        claims = self.claims
        edition = claims.get("edition")
        sites = claims.get("sites")
        period = [value_words(claims.get(key)) for key in ("from_on", "to_on")]
        rows = [
            (_("Pack"), claims.get("reference")),
            (_("Organization"), claims.get("organization")),
            (_("Standard"), _named(edition, "standard") if isinstance(edition, dict) else ""),
            (_("Clauses"), claims.get("clauses")),
            (_("Sites"), [_named(site, "name") for site in sites] if isinstance(sites, list) else ""),
            (_("Period"), " – ".join(period) if all(period) else ""),
            (_("State of"), claims.get("cutoff_at")),
            (_("Records"), str(self.item_count) if self.claims else ""),
        ]
        return [(label, words) for label, words in ((label, value_words(value)) for label, value in rows) if words]

    def answer(self, key: str, title: str, problems: list[str], good: str, *, is_unknown: bool = False) -> None:
        """Add one check; its first problem is its answer."""
        state = ALTERED if problems else UNKNOWN if is_unknown else GOOD
        self.checks.append(Check(key, title, state, problems[0] if problems else good, problems))

    def in_brief(self) -> Report:
        """The same without the items, and with the first problems of each check only."""
        checks = [replace(check, problems=check.problems[:MOST_TOLD]) for check in self.checks]
        return replace(self, items=[], checks=checks)

    def as_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """A report as ``as_json`` wrote it, in another process."""
        values = json.loads(text)
        signer = values.pop("signer")
        if signer:
            signed_at = signer.pop("signed_at")
            values["signer"] = Signer(signed_at=datetime.fromisoformat(signed_at) if signed_at else None, **signer)
        values["checks"] = [Check(**check) for check in values["checks"]]
        return cls(**values)


def _named(value: Any, key: str) -> str:
    parts = [value.get(name) for name in (key, "edition")] if isinstance(value, dict) else [value]
    return " ".join(str(part) for part in parts if part)


def check(data: bytes, *, trusted: Iterable[x509.Certificate] = ()) -> Report:
    """Check a pack's file. ``trusted``: certificates the signature must be by one of; none: it is only shown.

    Raises Refused for what is no readable pack at all: not a PDF, encrypted, beyond all limits.
    """
    refuse_what_is_no_pdf(data)
    report = Report(sha256=sha256(data).hexdigest(), size=len(data))
    files, broken = embedded_files(data)
    _check_signature(report, data, list(trusted))
    if report.signer is None and pack_format.MANIFEST not in files.keys() | broken.keys():
        raise Refused(_("This PDF is no evidence pack: it has neither a signature nor a manifest inside."))
    manifest, problem = _manifest(files, broken)
    if manifest is None:
        report.answer("manifest", _("Manifest"), [problem], "")
        return report
    report.root_hash = sha256(files[pack_format.MANIFEST]).hexdigest()
    report.claims, report.checkpoint, report.items = manifest["pack"], manifest["checkpoint"] or {}, manifest["items"]
    report.item_count = len(report.items)
    report.answer("manifest", _("Manifest"), [], _("Present. Its SHA-256 is the root hash printed in the pack."))
    _check_files(report, manifest["files"], files, broken)
    if {pack_format.RECORDS, pack_format.TRAIL} <= files.keys():
        _check_contents(report, files)
    return report


def _check_signature(report: Report, data: bytes, trusted: list[x509.Certificate]) -> None:
    title = _("Signature")
    try:
        report.signer = signer = signer_of(data, trusted)
    except Refused as error:
        report.answer("signature", title, [str(error)], "")
        return
    if signer is None:
        report.answer("signature", title, [_("The signature is missing: the file is not signed, or no longer.")], "")
        return
    problems = [] if signer.is_intact else [_("The document was changed after it was signed: the signature is broken.")]
    report.answer("signature", title, problems, _("Intact. Signed by %(name)s.") % {"name": signer.name})
    problems = [] if signer.covers_all else [_("Something was added to the document after it was signed.")]
    report.answer("coverage", _("Whole document signed"), problems, _("The signature covers every byte of the file."))
    problems = (
        [_("The signature is not the organization's: it was made with another certificate.")]
        if signer.is_trusted is False
        else []
    )
    words = (
        _("It is the organization's own certificate.")
        if signer.is_trusted
        else _("Compare the fingerprint of the certificate with the one the organization gave you.")
    )
    report.answer("signer", _("Whose signature"), problems, words, is_unknown=signer.is_trusted is None)


def _check_contents(report: Report, files: dict[str, bytes]) -> None:
    try:
        _check_records(report, report.items, json.loads(files.pop(pack_format.RECORDS)))
        _check_chains(report, report.items, json.loads(files.pop(pack_format.TRAIL)))
    except WRONG_SHAPE:
        report.answer("records", _("Records"), [_("records.json or trail.json is not in the form of a pack.")], "")


def _manifest(files: dict[str, bytes], broken: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
    """The manifest, or why there is none; its parts have the types that the other checks rely on."""
    if pack_format.MANIFEST not in files:
        if pack_format.MANIFEST in broken:
            return None, _("manifest.json was altered: it cannot be unpacked.")
        return None, _("manifest.json is missing: somebody removed it.")
    try:
        manifest = json.loads(files[pack_format.MANIFEST])
        if manifest["format"] != pack_format.FORMAT:
            return None, _("manifest.json was altered or is of a format this program does not know.")
        shape = {"pack": dict, "items": list, "files": dict}
        fits = all(isinstance(manifest[key], kind) for key, kind in shape.items())
        fits = fits and isinstance(manifest["checkpoint"], dict | None)
        needed = {"uid", "reference", "version", "content_hash", "chain_length", "chain_head"}
        fits = fits and {pack_format.RECORDS, pack_format.TRAIL} <= manifest["files"].keys()
        fits = fits and all(needed <= item.keys() for item in manifest["items"])
    except WRONG_SHAPE:
        fits = False
    return (manifest, "") if fits else (None, _("manifest.json was altered: it is not in the form of a pack."))


def _check_files(report: Report, claimed: dict[str, str], files: dict[str, bytes], broken: dict[str, str]) -> None:
    problems = []
    for name in sorted(claimed):
        if name in broken:
            problems.append(_("%(file)s was altered: %(why)s.") % {"file": name, "why": broken[name]})
        elif name not in files:
            problems.append(_("%(file)s is missing: somebody removed it.") % {"file": name})
        elif sha256(files[name]).hexdigest() != claimed[name]:
            problems.append(_("%(file)s was altered: it is not the file the manifest names.") % {"file": name})
    extra = (files.keys() | broken.keys()) - claimed.keys() - {pack_format.MANIFEST}
    problems += [_("%(file)s was added: the manifest does not name it.") % {"file": name} for name in sorted(extra)]
    good = ngettext(
        "%(n)d file, as the manifest names it.", "%(n)d files, each as the manifest names it.", len(claimed)
    )
    report.answer("files", _("Embedded files"), problems, good % {"n": len(claimed)})


def _check_records(report: Report, items: list[dict[str, Any]], records: dict[str, Any]) -> None:
    problems = []
    withheld = 0
    for item in items:
        names = {"reference": item["reference"], "version": item["version"]}
        record = records.get(item["uid"])
        if record is None:
            problems.append(_("%(reference)s: its content is missing.") % names)
            continue
        content = record["content"]
        withheld += content is None
        fits = record["content_hash"] == item["content_hash"] and record["version"] == item["version"]
        if content is not None:
            fits = fits and digest(content) == item["content_hash"] and json.loads(content)["uid"] == item["uid"]
        if not fits:
            problems.append(_("%(reference)s: the content of version %(version)s was altered.") % names)
    known = {item["uid"] for item in items}
    problems += [
        _("%(uid)s: a record was added that the manifest does not name.") % {"uid": uid}
        for uid in records.keys() - known
    ]
    good = ngettext("%(n)d record, as it was frozen.", "%(n)d records, each as it was frozen.", len(items))
    good %= {"n": len(items)}
    if withheld:
        good += " " + ngettext(
            "In %(n)d of them names are shortened or redacted; only the issuing system can compare its text.",
            "In %(n)d of them names are shortened or redacted; only the issuing system can compare their text.",
            withheld,
        ) % {"n": withheld}
    report.answer("records", _("Records"), problems, good)


def _check_chains(report: Report, items: list[dict[str, Any]], chains: dict[str, Any]) -> None:
    problems: list[str] = []
    entries = 0
    for item in items:
        chain = chains.get(item["uid"])
        if chain is None:
            problems.append(_("%(reference)s: its trail is missing.") % {"reference": item["reference"]})
            continue
        entries += len(chain["entries"])
        problem = _broken_chain(item, chain)
        if problem:
            problems.append(f"{item['reference']}: {problem}")
    good = _("%(entries)d entries in %(chains)d chains; every hash recomputed, every head as in the manifest.")
    report.answer("chains", _("Trail"), problems, good % {"entries": entries, "chains": len(items)})


def _broken_chain(item: dict[str, Any], chain: dict[str, Any]) -> str:
    """What does not fit in one record's chain; empty when all of it does."""
    head, is_sealed = GENESIS, False
    if chain["chain"] != f"record:{item['uid']}":
        return _("its trail belongs to something else.")
    for seq, entry in enumerate(chain["entries"], start=1):
        words = {"seq": seq, "verb": entry["verb"]}
        if entry["seq"] != seq:
            return _("entry %(seq)d of its trail is missing.") % words
        if entry["previous_hash"] != head:
            return _("entry %(seq)d of its trail (%(verb)s) does not follow from the one before.") % words
        if not _entry_fits(chain["chain"], entry):
            return _("entry %(seq)d of its trail (%(verb)s) was altered.") % words
        head = entry["hash"]
        changes = json.loads(entry["changes"] or entry["redacted_changes"])
        sealed = (changes.get("version"), changes.get("content_hash"))
        is_sealed = is_sealed or sealed == (item["version"], item["content_hash"])
    if len(chain["entries"]) != item["chain_length"] or head != item["chain_head"]:
        return _("the end of its trail was cut off or replaced.")
    return "" if is_sealed else _("its trail does not hold the version that is printed.")


def _entry_fits(chain: str, entry: dict[str, Any]) -> bool:
    if entry["changes"] is not None and digest(entry["changes"]) != entry["changes_hash"]:
        return False
    if entry["is_redacted"]:
        return True
    parts = [chain, entry["seq"], entry["at"], entry["by"], entry["verb"], entry["changes_hash"]]
    text = entry["previous_hash"] + canonical([*parts, entry["reason"], entry["request_id"]])
    return bool(digest(text) == entry["hash"])
