"""What the product must know about leaders' routines."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from leadership.models import ActivityType, Routine
from qms.models import Phase
from qms.permissions import Permission
from qms.records import RecordKind, register

ROUTINE = register(
    RecordKind(
        model=Routine,
        label=_("Routine"),
        label_plural=_("Standard work"),
        icon="calendar",
        prefix="LSW",
        has_people=False,
        url_stem="leadership:routine",
        detail_template="leadership/routine_detail.html",
        pack_template="packs/routine_sheet.html",
        sheet_facts="leadership.services.adherence_sheet.sheet_facts",
        edit_permission=Permission.STANDARD_WORK_EDIT,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        subtype_of=lambda record: record.activity_type.slug,  # type: ignore[attr-defined]
        subtype_lookup="activity_type__slug",
        subtypes=lambda: ActivityType.objects.in_order().values_list("slug", "label"),
        description=_("What a leader has agreed to do, how often; and what came of each planned time."),
        content_labels={
            "activity_type": _("Kind"),
            "where": _("Where"),
            "areas": _("Areas"),
            "rule": _("How often (rule)"),
            "anchor_on": _("Counted from"),
            "starts_on": _("From"),
            "ends_on": _("Until"),
            "at_time": _("At"),
            "minutes": _("Minutes"),
            "shift": _("Shift"),
            "on_closed": _("When the site is closed"),
            "opens_before_hours": _("May begin before (hours)"),
            "grace_hours": _("Still in time after the day (hours)"),
            "exceptions": _("Left out or moved"),
        },
        verbs={
            "routine.proposed": _("Proposed"),
            "routine.agreed": _("Agreed"),
            "routine.changed": _("Changed"),
            "routine.ended": _("Ended"),
            "routine.withdrawn": _("Withdrawn"),
            "routine.planned": _("Times planned"),
            "routine.cancelled": _("Planned times cancelled"),
            "routine.done": _("Planned time done"),
            "routine.missed": _("Planned time missed"),
            "routine.explained": _("Miss explained"),
            "routine.excused": _("Planned time excused"),
            "routine.replanned": _("Planned time moved"),
            "routine.reopened": _("Planned time open again"),
            "routine.judged_again": _("Planned time judged again"),
        },
    )
)
