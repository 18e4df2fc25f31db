"""What the columns and cells of a sheet of quality costs mean: months, categories and amounts as people write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from objectives.models import QualityCostAccount
from qms.services.person_import_columns import plain

Category = QualityCostAccount.Category
NEEDED = ("month", "account", "amount")
FIELDS: dict[str, Promise] = {
    "month": gettext_lazy("Month"),
    "account": gettext_lazy("Account"),
    "amount": gettext_lazy("Amount"),
    "category": gettext_lazy("Category"),
    "net_sales": gettext_lazy("Net sales of the month"),
    "key": gettext_lazy("Key (document or line number)"),
}
HEADINGS = {
    "month": ("month", "period", "posting month", "monat", "mes", "date", "posting date"),
    "account": ("account", "cost account", "account name", "konto", "cuenta", "cost type"),
    "amount": ("amount", "cost", "costs", "value", "betrag", "importe"),
    "category": ("category", "type", "class", "kategorie", "categoria", "paf"),
    "net_sales": ("net sales", "sales", "revenue", "turnover", "umsatz", "ventas"),
    "key": ("key", "document", "document number", "doc no", "voucher", "id", "line", "beleg"),
}
CATEGORIES = {
    "prevention": Category.PREVENTION, "preventive": Category.PREVENTION, "prevention costs": Category.PREVENTION,
    "p": Category.PREVENTION, "appraisal": Category.APPRAISAL, "inspection": Category.APPRAISAL,
    "appraisal costs": Category.APPRAISAL, "a": Category.APPRAISAL, "internal failure": Category.INTERNAL_FAILURE,
    "internal": Category.INTERNAL_FAILURE, "internal failures": Category.INTERNAL_FAILURE,
    "if": Category.INTERNAL_FAILURE, "external failure": Category.EXTERNAL_FAILURE,
    "external": Category.EXTERNAL_FAILURE, "external failures": Category.EXTERNAL_FAILURE,
    "ef": Category.EXTERNAL_FAILURE,
}  # fmt: skip
POINT, COMMA = "point", "comma"
MARKS = {"": gettext_lazy("as the file shows by itself"), POINT: gettext_lazy("a point: 1,234.56"),
         COMMA: gettext_lazy("a comma: 1.234,56")}  # fmt: skip
MONTH_FORMATS = (
    "%Y-%m", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y/%m", "%m/%Y", "%m.%Y", "%Y%m", "%b %Y", "%B %Y", "%b-%y", "%b %y",
    "%d.%m.%Y", "%d %b %Y", "%Y/%m/%d",
)  # fmt: skip
EARLIEST = 1990


class CannotRead(ValueError):
    """A cell does not say what its column should hold; the message says why and what to do."""


def guess(header: Sequence[str]) -> dict[str, int]:
    """Column by field, from the headings; a heading that begins like a known one (Amount USD) is taken too."""
    columns: dict[str, int] = {}
    words = [plain(heading) for heading in header]
    for fits in (str.__eq__, lambda text, known: text.startswith(known + " ")):
        for field, known_words in HEADINGS.items():
            for index, text in enumerate(words):
                if field not in columns and index not in columns.values() and any(fits(text, k) for k in known_words):
                    columns[field] = index
    return columns


def month(text: str) -> date:
    """The month a cell names, as its first day. Raises CannotRead."""
    if not text:
        raise CannotRead(_("There is no month."))
    for form in MONTH_FORMATS:
        try:
            found = datetime.strptime(text, form).date().replace(day=1)  # noqa: DTZ007  a month has no zone
        except ValueError:
            continue
        if found.year >= EARLIEST:
            return found
    raise CannotRead(_("“%s” is no month that can be read. Write it like 2026-10.") % text)


def category(text: str) -> str:
    """The category a cell names, or "" where it names none."""
    return str(CATEGORIES.get(plain(text), ""))


def amount_reader(cells: Sequence[str], mark: str) -> Callable[[str], Decimal]:
    """What turns a cell of this column into an amount; ``mark`` says the decimal mark, "" finds it in the column.

    Accepted are currency letters and signs, spaces and apostrophes between thousands, a minus on either side, and
    brackets for a minus. A single “1,234” in a column that shows nothing else is refused, not guessed.
    """
    bare = [_bare(cell) for cell in cells]
    known = mark or _mark_of(bare)

    def read(text: str) -> Decimal:
        plain_text = _bare(text)
        if not plain_text:
            raise CannotRead(_("There is no amount."))
        is_negative = "-" in (plain_text[:1], plain_text[-1:]) or (plain_text[0] == "(" and plain_text[-1] == ")")
        digits = plain_text.strip("()-+")
        if sum(map(plain_text.count, "(-+")) > 1:
            raise CannotRead(_("“%s” is no amount.") % text)
        if not known and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits):
            raise CannotRead(_("“%s” may mean thousands or decimals. Choose the decimal mark above.") % text)
        group, point = (".", ",") if known == COMMA else (",", ".")
        wanted = rf"\d+({re.escape(point)}\d*)?|\d{{1,3}}({re.escape(group)}\d{{3}})+({re.escape(point)}\d*)?"
        if not re.fullmatch(wanted, digits):
            raise CannotRead(_("“%s” is no amount.") % text)
        value = Decimal(digits.replace(group, "").replace(point, "."))
        return -value if is_negative else value

    return read


def _bare(cell: str) -> str:
    """The cell without currency, spaces and apostrophes."""
    return re.sub(r"[A-Za-z]{1,3}(?![A-Za-z])|[€$£¥\s'’\u00a0\u202f]", "", cell.strip())


def _mark_of(cells: Sequence[str]) -> str:
    """The decimal mark that the cells agree on; "" where none shows it. Amounts never have exactly three decimals."""
    shows = {COMMA: 0, POINT: 0}
    for cell in cells:
        digits = cell.strip("()-+")
        if "," in digits and "." in digits:
            shows[COMMA if digits.rfind(",") > digits.rfind(".") else POINT] += 1
        elif digits.count(",") > 1 or re.fullmatch(r"\d+\.(\d{1,2}|\d{4,})", digits):
            shows[POINT] += 1
        elif digits.count(".") > 1 or re.fullmatch(r"\d+,(\d{1,2}|\d{4,})", digits):
            shows[COMMA] += 1
    said = [mark for mark, count in shows.items() if count]
    return said[0] if len(said) == 1 else ""
