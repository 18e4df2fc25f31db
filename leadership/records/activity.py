"""What the product must know about leadership activities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.utils.translation import gettext_lazy as _

from leadership.models import Activity, ActivityType
from qms.models import Record
from qms.records import RecordKind, register


def _type_slug(record: Record) -> str:
    return cast(Activity, record).activity_type.slug


def _type_prefix(record: Record) -> str:
    return cast(Activity, record).activity_type.prefix


def _types() -> Iterable[tuple[str, str]]:
    return ActivityType.objects.in_order().values_list("slug", "label")


def _said(record: Record) -> str:
    """The sentence, what was seen and heard stop by stop, and the notes: a line each."""
    activity = cast(Activity, record)
    stops = [
        (stop.area.name if stop.area else "", ". ".join(filter(None, (stop.seen, stop.heard))))
        for stop in activity.ordered_stops()
    ]
    seen = [": ".join(filter(None, (where, what))) for where, what in stops if what]
    return "\n".join(filter(None, (activity.title, *seen, activity.notes)))


ACTIVITY = register(
    RecordKind(
        model=Activity,
        label=_("Leadership activity"),
        label_plural=_("Leadership activities"),
        icon="activity",
        prefix="ACT",
        prefix_of=_type_prefix,
        url_stem="leadership:activity",
        detail_template="leadership/activity_detail.html",
        pack_board="leadership.services.engagement_board.activity",
        pack_board_template="packs/engagement_board.html",
        subtype_of=_type_slug,
        subtype_lookup="activity_type__slug",
        subtypes=_types,
        said=_said,
        description=_("Something a leader did for quality: a walk, a meeting opened with quality, a customer visited."),
        content_labels={
            "activity_type": _("Kind"),
            "summary": _("What happened"),
            "happened_at": _("When"),
            "duration_minutes": _("Minutes"),
            "audience_size": _("Audience"),
            "notes": _("Notes"),
            "stops": _("Stops"),
            "late_reason": _("Why entered late"),
            "withdrawn_reason": _("Why withdrawn"),
        },
        verbs={
            "activity.drafted": _("Draft saved"),
            "activity.logged": _("Logged"),
            "activity.corrected": _("Corrected"),
            "activity.withdrawn": _("Withdrawn"),
            "activity.invited": _("People asked to confirm"),
            "activity.answered": _("Somebody who was there answered"),
        },
    )
)
