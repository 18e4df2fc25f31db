"""Words for rules and statuses, as coverage, mappings and packs say them."""

from __future__ import annotations

from datetime import date

from django.utils.dateformat import format as format_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from qms.models import Clause, ClauseMapping
from qms.records import known_kinds
from qms.status_words import status_word


def kind_label(kind: str) -> str:
    """The kind's name, or its slug when the program no longer knows it."""
    declared = known_kinds().get(kind)
    return str(declared.label) if declared else kind


def subtype_label(subtype: str) -> str:
    """Words for a type's slug without a look at the database: “floor-walk” is “Floor walk”."""
    return subtype.replace("-", " ").replace("_", " ").capitalize()


def rule_name(mapping: ClauseMapping) -> str:
    """What counts by this mapping: the type, or the whole kind."""
    return subtype_label(mapping.subtype) if mapping.subtype else kind_label(mapping.kind)


def status_label(status: str) -> str:
    """The status as pages show it."""
    return str(status_word(status).label)


def join_words(words: list[str], last: str = "") -> str:
    """“a, b and c”; more than six are cut to “a, b, c, d, e and 3 more”."""
    if len(words) > 6:
        words = [*words[:5], _("%d more") % (len(words) - 5)]
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last or _('and')} {words[-1]}"


def rule_words(rule: ClauseMapping, interval: int, n: int, people: int, newest: date | None) -> str:
    """How a rule with an interval stands: “Floor walk: 5 records (3 needed) in 90 days; newest 20 Nov 2026.”"""
    name = rule_name(rule)
    if newest is None:
        return _("%(rule)s: nothing recorded yet; needed every %(days)d days.") % {"rule": name, "days": interval}
    records = ngettext("%(n)d record", "%(n)d records", n) % {"n": n}
    if rule.min_count > 1:
        records = _("%(records)s (%(needed)d needed)") % {"records": records, "needed": rule.min_count}
    who = ""
    if rule.min_people > 1:
        who = ngettext(" by %(n)d person (%(needed)d needed)", " by %(n)d people (%(needed)d needed)", people) % {
            "n": people, "needed": rule.min_people,
        }  # fmt: skip
    return _("%(rule)s: %(records)s in %(days)d days%(who)s; newest %(newest)s.") % {
        "rule": name, "records": records, "days": interval, "who": who, "newest": day_words(newest),
    }  # fmt: skip


def event_words(rule: ClauseMapping, n: int) -> str:
    """How a rule without an interval stands."""
    return _("%(rule)s: recorded when it happens, no interval; %(n)d in the period.") % {
        "rule": rule_name(rule),
        "n": n,
    }


def part_name(part: Clause) -> str:
    """As short as is clear: “c)” for a lettered item, the number of a clause, the title where no letter is known."""
    if not part.letter:
        return part.number
    return part.label.removeprefix(f"{part.number} ") if part.label != part.number else f"“{part.title}”"


def day_words(day: date) -> str:
    """A date as every page shows it: 22 Nov 2026."""
    return format_date(day, "j M Y")
