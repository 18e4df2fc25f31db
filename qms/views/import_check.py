"""What the check pages of imports share (components/import_check.html): each line says what it would become."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from qms.models import Job
from qms.services.sheet import csv_response


class Line(Protocol):
    """A line of an upload: its number in the file, what stands there, and what it would become."""

    line: int
    cells: list[str]
    outcome: str


def chosen_lines(request: HttpRequest, rows: Iterable[Line]) -> list[int]:
    """The numbers of all lines, or of those ticked, as the button that was pressed says."""
    if request.POST.get("which") == "all":
        return [row.line for row in rows]
    return [int(line) for line in request.POST.getlist("line") if line.isdecimal()]


def check_context(
    request: HttpRequest, job: Job, *, form: Any, rows: Sequence[Line], refused: str, outcomes: Sequence[str],
    take_label: str, again_url: str, problems_url: str,
) -> dict[str, Any]:  # fmt: skip
    """The context the page needs; ``outcomes`` are all there are, in the order they are counted in.

    Lines that are new or changed can be taken. What the columns mean stands in the address, and so in those of the
    form and of the problem rows.
    """
    counts = {name: sum(row.outcome == name for row in rows) for name in outcomes}
    query = request.GET.urlencode()
    return {
        "job": job, "form": form, "rows": rows, "refused": refused, "query": query, "take_label": take_label,
        "counts": [pair for pair in counts.items() if pair[1]],
        "usable": counts.get("new", 0) + counts.get("changed", 0),
        "problems_url": problems_url + (f"?{query}" if query else "") if counts.get("problem") else "",
        "is_open": job.status == Job.Status.QUEUED, "again_url": again_url,
    }  # fmt: skip


def problem_rows(name: str, job: Job, why: str, told: Iterable[tuple[Line, str]]) -> HttpResponseBase:
    """The lines that cannot be taken, as CSV with the reason in a last column headed ``why``."""
    width = len(job.params["header"])
    rows = ([row.line, *(row.cells + [""] * width)[:width], words] for row, words in told)
    return csv_response(name, [_("Line"), *job.params["header"], why], rows)
