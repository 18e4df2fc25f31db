"""How honest the data are: signs that entries were made for the record. They open a talk; they accuse nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Window,
)
from django.db.models.functions import ExtractDay, TruncMinute
from django.utils.translation import gettext_lazy as _

from leadership.models import Activity, ActivityStop
from leadership.services.engagement import Group, Measure, Scope, flag, record_line
from objectives.models import ImprovementAction
from qms.models import Attachment
from qms.services.record_list import recorded_late

SIGNS = _("After the signs of entries made from the desk that layered process audits look for.")


def acts(scope: Scope) -> QuerySet[Any]:
    """Leadership acts."""
    rows: QuerySet[Any] = scope.seen(Activity)
    return rows


def late(scope: Scope) -> Any:
    """All of them; fits: recorded later than the day after."""
    zones = [(site.pk, site.zone) for site in scope.sites]
    itself = Activity.objects.filter(pk=OuterRef("pk"))
    return acts(scope).annotate(fits=Exists(recorded_late(itself, zones)))


def with_photos(scope: Scope) -> Any:
    """Those with photos; fits: one of them is in another record as well."""
    photos = Attachment.objects.filter(record_id=OuterRef("pk"), form="photo", withdrawn_at=None)
    return acts(scope).filter(Exists(photos)).annotate(fits=Exists(photos.filter(same_as__isnull=False)))


def at_once(scope: Scope) -> Any:
    """All of them; fits: the same person recorded another one within the same minute."""
    minute = Window(Count("pk"), partition_by=[F("recorded_by_id"), TruncMinute("recorded_at")])
    many = acts(scope).filter(recorded_by__isnull=False).order_by().alias(in_minute=minute).filter(in_minute__gt=1)
    return acts(scope).annotate(fits=flag(Q(pk__in=many.values("pk"))))


def at_month_end(scope: Scope) -> Any:
    """All of them; fits: recorded on the last day of a month, where the site is."""
    rows = acts(scope)
    tomorrow = ExpressionWrapper(F("recorded_at") + timedelta(days=1), output_field=DateTimeField())
    is_last = Q(pk__in=[])
    for number, zone in enumerate(sorted({site.zone for site in scope.sites}, key=str)):
        rows = rows.alias(**{f"next_day_{number}": ExtractDay(tomorrow, tzinfo=zone)})
        here = [site.pk for site in scope.sites if site.zone == zone]
        is_last |= Q(site_id__in=here) & Q(**{f"next_day_{number}": 1})
    return rows.annotate(fits=flag(is_last))


def nothing_found(scope: Scope) -> Any:
    """Floor walks; fits: nothing seen, heard or promised, no notes and no follow-up."""
    said = ActivityStop.objects.filter(activity=OuterRef("pk")).exclude(seen="", heard="", promised="")
    followed = ImprovementAction.objects.filter(source=OuterRef("pk"))
    found = Q(Exists(said)) | Q(Exists(followed)) | ~Q(notes="")
    return acts(scope).filter(activity_type__slug="floor-walk").annotate(fits=flag(~found))


def _flaw(slug: str, label: Any, definition: Any, numerator: Any, denominator: Any, caution: Any, rows: Any) -> Measure:
    return Measure(
        slug, Group.HONESTY, label, definition, numerator, denominator, caution, SIGNS, rows, record_line,
        related=("site", "area"), is_flaw=True,
    )  # fmt: skip


HONESTY: tuple[Measure, ...] = (
    _flaw(
        "late", _("Entered late"), _("How many acts were recorded later than the day after they happened."),
        _("acts recorded more than a day late"), _("leadership acts"),
        _("Late entries are welcome and honest; many of them say that logging is too hard."), late,
    ),
    _flaw(
        "photos-again", _("Photos used before"), _("How many acts with photos show a picture that is elsewhere, too."),
        _("acts with a photo that is in another record"), _("leadership acts with photos"),
        _("The same picture may belong to both."), with_photos,
    ),
    _flaw(
        "same-minute", _("Several in one minute"), _("How many acts one person recorded within the same minute."),
        _("acts recorded in the same minute as another by the same person"), _("leadership acts"),
        _("A phone that was offline sends what it kept all at once."), at_once,
    ),
    _flaw(
        "month-end", _("On the last day of the month"), _("How many acts were recorded on the last day of a month."),
        _("acts recorded on the last day of a month"), _("leadership acts"),
        _("By chance it would be about 3 %."), at_month_end,
    ),
    _flaw(
        "nothing-found", _("Walks that found nothing"),
        _("How many floor walks saw nothing, heard nothing and promised nothing."),
        _("walks without anything seen, heard, promised or noted, and without a follow-up"), _("floor walks"),
        _("A good day finds nothing; fifteen in a row are worth a talk."), nothing_found,
    ),
)  # fmt: skip
