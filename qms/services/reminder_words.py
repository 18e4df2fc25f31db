"""Rules of reminding in words: what they are about, when and whom they tell."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.models import ReminderRule
from qms.records import known_kinds
from qms.reminder_events import events_named
from qms.services.coverage_words import join_words


def about(kind: str, event: str) -> str:
    """“Risks and opportunities: acceptance runs out”, “every kind of record: due”; without a moment that every kind has
    the moments of single kinds are named.
    """
    moments = events_named(event, kind)
    general = [moment for moment in moments if moment.kind == kind] or moments
    label = ", ".join(dict.fromkeys(str(moment.label) for moment in general)) or event
    declared = known_kinds().get(kind)
    return f"{declared.label_plural}: {label}" if declared else _("every kind of record: %s") % label


def when(rule: ReminderRule) -> str:
    """“7 days before, on the day, then 1, 3 and 7 days after, then every 14 days”."""
    parts = []
    if before := sorted({abs(int(days)) for days in rule.before_days} - {0}, reverse=True):
        parts.append(_("%s before") % _days(before))
    if 0 in {int(days) for days in rule.before_days}:
        parts.append(_("on the day"))
    if after := sorted(int(days) for days in rule.after_days if int(days) > 0):
        parts.append(_("%s after") % _days(after))
    if rule.then_every_days:
        parts.append(_("then every %s") % _days([rule.then_every_days]))
    words = ", ".join(parts)
    if rule.then_every_days or len(after) > rule.most_after:
        limit = ngettext("at most %d time after the day", "at most %d times after the day", rule.most_after)
        words = f"{words}, {limit % rule.most_after}"
    return words[:1].upper() + words[1:]


def whom(rule: ReminderRule) -> str:
    """“the responsible person and the deputy; after 14 days up to 2 leaders above”."""
    words = join_words([recipient_label(name) for name in rule.recipients])
    if rule.escalate_levels:
        leaders = ngettext("%d leader above", "up to %d leaders above", rule.escalate_levels) % rule.escalate_levels
        words += "; " + _("after %(days)s without an act %(leaders)s") % {
            "days": _days([rule.escalate_after_days]), "leaders": leaders,
        }  # fmt: skip
    return words


def recipient_label(name: str) -> str:
    """Who is told, in words."""
    labels = {
        "owner": _("the responsible person"), "deputy": _("the deputy"), "team": _("the team of the area"),
        "area_leader": _("the leader of the area"), "manager": _("the manager"),
    }  # fmt: skip
    role = name.removeprefix("role:")
    return labels.get(name) or _("the holder of the role “%s”") % role


def _days(numbers: Sequence[int]) -> str:
    return ngettext("%s day", "%s days", numbers[-1]) % join_words([str(number) for number in numbers])
