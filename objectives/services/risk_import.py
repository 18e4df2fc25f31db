"""Import of a risk register: file, sheet and heading, columns, words, and the chosen rows in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from objectives.models import Risk, RiskImport
from objectives.services import risk as risk_service
from objectives.services.risk_import_columns import FIELDS, guess
from objectives.services.risk_import_plan import RiskPlan, RiskRow, plan
from qms.models import Site, User
from qms.services import trail
from qms.services.sheet import SheetRefused, likely_header, read_book

MAX_ROWS = 1_000


class MappingRefused(ValueError):
    """The columns cannot mean this; the message says what to do."""


class PlanChanged(Exception):
    """The register or the scale changed since the preview; look at it again. Nothing was imported."""


class AlreadyApplied(Exception):
    """This upload was imported before. Upload the file again to import it again."""


@transaction.atomic
def start(source: IO[bytes], *, file_name: str, site: Site, by: User, at: datetime) -> RiskImport:
    """Read every sheet and keep them, with a guess of sheet, heading and columns. Raises SheetRefused.

    Side effects: a RiskImport row; the trail notes the file's name, SHA-256, sheets and number of lines.
    """
    source.seek(0)
    digest = sha256(source.read()).hexdigest()
    source.seek(0)
    sheets = read_book(source)
    total = sum(len(sheet.lines) for sheet in sheets)
    if total > MAX_ROWS:
        raise SheetRefused(_("The file has more than %d lines. Split it and import the parts one by one.") % MAX_ROWS)
    made = RiskImport(
        file_name=file_name[:200], sha256=digest, site=site, requested_by=by, created_at=at,
        sheets=[{"name": sheet.name, "lines": [[n, cells] for n, cells in sheet.lines]} for sheet in sheets],
        sheet=max(range(len(sheets)), key=lambda n: (len(sheets[n].lines), -n)),
    )  # fmt: skip
    made.header_line = likely_header(made.lines)
    made.mapping = guess(made.header)
    made.full_clean(exclude=["sheets", "mapping", "words", "outcome"])
    made.save(force_insert=True)
    facts = {"file": made.file_name, "sha256": digest, "lines": total, "site": site.code,
             "sheets": [sheet.name for sheet in sheets]}  # fmt: skip
    trail.write(made, "risk_import.uploaded", by=by, at=at, changes=facts, is_first=True)
    return made


@transaction.atomic
def set_sheet(risk_import: RiskImport, *, sheet: int, header_line: int) -> RiskImport:
    """Choose the sheet and the line of its headings; what its columns mean is guessed anew. Raises MappingRefused."""
    risk_import.sheet, risk_import.header_line = sheet, header_line
    if len(risk_import.header) == 0:
        raise MappingRefused(_("That line is empty. Choose the line the headings stand on."))
    if not risk_import.rows:
        raise MappingRefused(_("There is nothing below that line. Choose the line the headings stand on."))
    risk_import.mapping, risk_import.words = guess(risk_import.header), {}
    risk_import.save(update_fields=["sheet", "header_line", "mapping", "words"])
    return risk_import


@transaction.atomic
def set_mapping(risk_import: RiskImport, *, mapping: Sequence[str]) -> RiskImport:
    """Say what each column means ("" leaves it out). Raises MappingRefused: no sentence, or a field twice."""
    used = [name for name in mapping if name]
    if "title" not in used:
        raise MappingRefused(_("Choose which column says what the risk or opportunity is."))
    twice = sorted({str(FIELDS[name]) for name in used if used.count(name) > 1})
    if twice:
        raise MappingRefused(_("Two columns cannot both be “%s”. Leave one of them out.") % twice[0])
    if "owner_and_due" in used and {"owner", "due_on"} & set(used):
        raise MappingRefused(_("Owner and date stand in one column or in two, not both. Leave one of them out."))
    risk_import.mapping = list(mapping)
    risk_import.save(update_fields=["mapping"])
    return risk_import


@transaction.atomic
def set_words(risk_import: RiskImport, *, words: dict[str, dict[str, str]]) -> RiskImport:
    """Say what the words among the numbers mean, by field and word."""
    risk_import.words = words
    risk_import.save(update_fields=["words"])
    return risk_import


@transaction.atomic
def apply(
    risk_import: RiskImport, *, digest: str, lines: Iterable[int] | None = None, by: User, at: datetime
) -> RiskImport:
    """Import the chosen lines (None: all that can be) as shown in the preview with that ``digest``.

    Side effects, all in one transaction: risks, rated where both levels are there, each with versions and trail; an
    entry for the import; the outcome of every row. Raises AlreadyApplied and PlanChanged, changing nothing.
    """
    risk_import = RiskImport.objects.select_for_update(of=("self",)).select_related("site").get(pk=risk_import.pk)
    if risk_import.applied_at is not None:
        raise AlreadyApplied
    trail.lock_chain(f"risk_import:site:{risk_import.site_id}")
    final = plan(risk_import, by=by)
    if final.digest != digest:
        raise PlanChanged
    if lines is not None:
        final = plan(risk_import, by=by, only=lines)
    for row in final.of("new"):
        row.known = _bring_in(row, risk_import, by=by, at=at)
    risk_import.outcome = [
        {
            "line": row.line, "name": row.title, "status": row.status,
            "risk": str(row.known.uid) if row.known else "", "reference": row.known.reference if row.known else "",
            "messages": [[m.why, m.what_to_do] for m in row.problems or row.notes],
        }
        for row in final.rows
    ]  # fmt: skip
    risk_import.applied_at = at
    risk_import.save(update_fields=["outcome", "applied_at"])
    trail.write(risk_import, "risk_import.applied", by=by, at=at, changes=final.counts)
    return risk_import


def _bring_in(row: RiskRow, risk_import: RiskImport, *, by: User, at: datetime) -> Risk:
    assert row.uid is not None  # noqa: S101  every row that is new has one
    risk = risk_service.open_risk(uid=row.uid, title=row.title, site=risk_import.site, by=by, at=at, **row.facts)
    if row.levels:
        reason = _("As rated in %(file)s, line %(line)d") % {"file": risk_import.file_name, "line": row.line}
        risk_service.rate(risk, likelihood=row.levels[0], impact=row.levels[1], reason=reason, by=by, at=at)
    return risk


def left_out(risk_import: RiskImport) -> dict[str, Any]:
    """What the import does not take, so that nothing is ignored in silence: other sheets, lines above, columns."""
    others = [
        (sheet["name"], len(sheet["lines"])) for n, sheet in enumerate(risk_import.sheets) if n != risk_import.sheet
    ]
    pairs = zip(risk_import.header, risk_import.mapping, strict=False)
    return {
        "sheets": others, "lines": risk_import.lines_above,
        "columns": [heading or _("no heading") for heading, name in pairs if not name],
    }  # fmt: skip


def problem_rows(risk_import: RiskImport, of: RiskPlan | None) -> list[list[object]]:
    """For the download of what is not imported: the line, its cells as sent, why, and what to do."""
    cells_of = dict(risk_import.rows)
    if of is None:
        told = [(row["line"], row["messages"]) for row in risk_import.outcome if row["status"] == "problem"]
    else:
        told = [(row.line, [[m.why, m.what_to_do] for m in row.problems]) for row in of.of("problem")]
    width = len(risk_import.header)
    return [
        [line, *(list(cells_of[line]) + [""] * width)[:width],
         " ".join(m[0] for m in words), " ".join(m[1] for m in words)]
        for line, words in told
    ]  # fmt: skip
