"""Cost of quality: the page's period, the list's filters, a month's amounts, and finance's confirmation."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast

import django_filters
from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from objectives.models import QualityCostAccount, QualityCostPosting, QualityCostStatement
from objectives.services.quality_cost import Entry, month_words, total_key
from objectives.services.quality_cost_figures import months_before
from qms.forms.record_list import DayInput, RecordFilter
from qms.models import Site, User

LENGTHS = (12, 24, 36)
OFFERED = 36
"""Months back that can be chosen to book by hand; older ones come in by import."""


class QualityCostFilter(RecordFilter):
    """Filters of the statements; the period is that of the months they are about."""

    since = django_filters.DateFilter("begins_on", "gte", label=_("Months from"), widget=DayInput)
    until = django_filters.DateFilter("begins_on", "lte", label=_("Months until"), widget=DayInput)
    status = django_filters.MultipleChoiceFilter(
        label=_("Status"), choices=QualityCostStatement.Status.choices, widget=forms.CheckboxSelectMultiple
    )
    field_order = ("site", "since", "until", "status", "owner", "only")

    class Meta:
        model = QualityCostStatement
        fields: list[str] = []


class PeriodForm(forms.Form):
    """Site and period of the cost page; what cannot be read is left at its default."""

    site = forms.ChoiceField(label=_("Site"), required=False)
    until = forms.ChoiceField(label=_("Up to"), required=False)
    months = forms.TypedChoiceField(label=_("Months shown"), coerce=int, required=False)

    def __init__(self, *args: Any, sites: list[Site], months: list[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sites, self.known = sites, months
        first = [("", _now("All sites"))] if len(sites) > 1 else []
        self._set("site", [*first, *((str(site.pk), site.name) for site in sites)])
        self._set("until", [(f"{month:%Y-%m}", month_words(month)) for month in months])
        self._set("months", [(n, _now("%d months") % n) for n in LENGTHS])
        self.initial.setdefault("months", 24)

    def _set(self, name: str, choices: list[Any]) -> None:
        cast(forms.ChoiceField, self.fields[name]).choices = choices
        self.fields[name].widget.attrs["class"] = "form-select"

    def chosen_sites(self) -> list[Site]:
        """One site, or all of them."""
        wanted = self._value("site")
        return [site for site in self.sites if str(site.pk) == wanted] or self.sites

    def chosen_until(self, fallback: date) -> date:
        """The last month of the period."""
        wanted = self._value("until")
        return next((month for month in self.known if f"{month:%Y-%m}" == wanted), fallback)

    def chosen_length(self) -> int:
        """How many months are shown."""
        return int(self._value("months") or 24)

    def _value(self, name: str) -> Any:
        return self.cleaned_data.get(name, "") if self.is_bound and self.is_valid() else ""


class MonthForm(forms.Form):
    """Which month of which site is to be booked."""

    site = forms.ModelChoiceField(label=_("Site"), queryset=Site.objects.none(), empty_label=None)
    month = forms.ChoiceField(label=_("Month"))

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sites = Site.objects.visible_to(user).active().order_by("name", "pk")
        cast("forms.ModelChoiceField[Site]", self.fields["site"]).queryset = sites
        starts = [months_before(today.replace(day=1), back) for back in range(OFFERED)]
        choices = [(f"{start:%Y-%m}", month_words(start)) for start in starts]
        cast(forms.ChoiceField, self.fields["month"]).choices = choices
        self.initial.setdefault("month", choices[1][0])

    def chosen(self) -> tuple[Site, date]:
        """The site and the first day of the month; call it when the form is valid."""
        year, _dash, month = self.cleaned_data["month"].partition("-")
        return self.cleaned_data["site"], date(int(year), int(month), 1)


class BookingForm(forms.Form):
    """One amount per account in use, net sales and a note: the month on one page."""

    net_sales = forms.DecimalField(
        label=_("Net sales of the month"), max_digits=16, decimal_places=2, min_value=Decimal("0.01"), required=False,
        help_text=_("Without it the share of sales stays a gap."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Note"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What a reader should know: an unusual claim, an estimate."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(
        self, *args: Any, accounts: list[QualityCostAccount], postings: list[QualityCostPosting],
        statement: QualityCostStatement | None, month: date, **kwargs: Any,
    ) -> None:  # fmt: skip
        kwargs["initial"] = {
            "net_sales": statement.net_sales if statement else None, "note": statement.note if statement else "",
            "version": statement.version if statement else 0,
        }  # fmt: skip
        super().__init__(*args, **kwargs)
        self.accounts, self.month = accounts, month
        self.totals = {posting.account_id: posting for posting in postings if _is_total(posting)}
        others = [posting for posting in postings if not _is_total(posting)]
        for account in accounts:
            own = [posting.amount for posting in others if posting.account_id == account.pk]
            more = _now("Beside %(n)d single postings of %(sum)s in all.") % {"n": len(own), "sum": f"{sum(own):,.2f}"}
            stands = self.totals.get(account.pk)
            self.fields[f"account_{account.pk}"] = forms.DecimalField(
                label=account.name, max_digits=16, decimal_places=2, required=False,
                initial=stands.amount if stands else None, help_text=more if own else account.description,
            )  # fmt: skip

    def groups(self) -> list[tuple[str, list[Any]]]:
        """The accounts' fields by category."""
        return [
            (str(category.label), [self[f"account_{a.pk}"] for a in self.accounts if a.category == category])
            for category in QualityCostAccount.Category
        ]

    def clean(self) -> dict[str, Any] | None:
        """An amount that stands is changed, to nought if need be, and never left out."""
        values = super().clean() or self.cleaned_data
        for account in self.accounts:
            name = f"account_{account.pk}"
            if account.pk in self.totals and name not in self.errors and values.get(name) is None:
                self.add_error(name, _now("An amount stands here. Enter 0 to take it out; the old one stays visible."))
        return values

    def entries(self) -> list[Entry]:
        """What is to be posted."""
        given = [(account, self.cleaned_data.get(f"account_{account.pk}")) for account in self.accounts]
        return [Entry(self.month, account, amount) for account, amount in given if amount is not None]


def _is_total(posting: QualityCostPosting) -> bool:
    return posting.key == total_key(posting.account)
