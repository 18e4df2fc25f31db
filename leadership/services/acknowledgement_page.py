"""What pages show of acknowledgement campaigns: how far each area is, who is missing, and the version that is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from leadership.models import AcknowledgementCampaign, Addressee
from leadership.models.acknowledgement import AddresseeQuerySet
from qms.models import CountUpTo, Person, RecordVersion, User
from qms.permissions import Permission
from qms.records import known_kinds
from qms.services.record_page import split_facts

MOST = 1_000_000


@dataclass(frozen=True)
class AreaProgress:
    """How many of an area's people have acknowledged."""

    name: str
    done: int
    asked: int

    @property
    def percent(self) -> int:
        """Whole percent, never rounded up to a hundred."""
        return self.done * 100 // self.asked if self.asked else 0

    @property
    def missing(self) -> int:
        return self.asked - self.done


@dataclass(frozen=True)
class Progress:
    """The whole campaign and each of its areas, the furthest behind first; ``left`` have gone, ``left_done`` of them
    after acknowledging."""

    total: AreaProgress
    areas: list[AreaProgress]
    left: int
    left_done: int
    target_percent: int

    @property
    def missing(self) -> int:
        return self.total.missing

    @property
    def short_of_target(self) -> int:
        """How many more acknowledgements reach the target."""
        return max(0, -(-self.target_percent * self.total.asked // 100) - self.total.done)


def progress_of(campaign: AcknowledgementCampaign) -> Progress:
    """Count the campaign's people by area. One query."""
    here = ExpressionWrapper(Q(left_at=None), output_field=BooleanField())
    people = Addressee.objects.filter(campaign=campaign).annotate(is_here=here)
    rows = people.values("area__name", "area__site__name", "is_here")
    rows = rows.annotate(asked=Count("pk"), done=Count("acknowledged_at")).order_by()
    return progress_from(
        [(area_name(row), row["is_here"], row["done"], row["asked"]) for row in rows],
        campaign.target_percent,
    )


def area_name(row: Mapping[str, Any]) -> str:
    """An area as a campaign counts it, from a row of values."""
    return f"{row['area__name']}, {row['area__site__name']}" if row["area__name"] else str(_("Without an area"))


def progress_from(rows: Iterable[tuple[str, bool, int, int]], target_percent: int) -> Progress:
    """Sum (area, whether still here, acknowledged, asked) into the progress; a lone site is left out of the names."""
    rows = list(rows)
    sites = {name.rpartition(", ")[2] for name, *_rest in rows if ", " in name}
    here = [(name, done, asked) for name, is_here, done, asked in rows if is_here]
    areas = [
        AreaProgress(name.rpartition(", ")[0] if len(sites) == 1 and ", " in name else name, done, asked)
        for name, done, asked in here
    ]
    gone = [(done, asked) for _name, is_here, done, asked in rows if not is_here]
    return Progress(
        total=AreaProgress(str(_("Everybody")), sum(a.done for a in areas), sum(a.asked for a in areas)),
        areas=sorted(areas, key=lambda a: (a.done / a.asked, a.name)),
        left=sum(asked for _done, asked in gone), left_done=sum(done for done, _asked in gone),
        target_percent=target_percent,
    )  # fmt: skip


def with_counts(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Each campaign with how many are asked and how many have acknowledged, of those still here."""
    there = Addressee.objects.asked().filter(campaign_id=OuterRef("pk"))
    done = there.exclude(acknowledged_at=None)
    counted: QuerySet[Any] = rows.annotate(asked_count=CountUpTo(there, MOST), done_count=CountUpTo(done, MOST))
    return counted


def may_run(user: User, campaign: AcknowledgementCampaign) -> bool:
    """Who runs a campaign: its owner, who began it, and who may work on the kind of record that is read."""
    is_own = user.pk == campaign.recorded_by_id or user.person_id == campaign.owner_id
    return is_own or may_ask(user, campaign.subject.kind)


def may_ask(user: User, kind: str) -> bool:
    """Whether the user may ask people to read a record of the kind."""
    declared = known_kinds().get(kind)
    return declared is not None and user.can(declared.edit_permission)


def people_shown(campaign: AcknowledgementCampaign, user: User) -> AddresseeQuerySet:
    """Those of whom the user may see by name whether they have acknowledged.

    All the user may see for who runs the campaign, for others those who report to them. An auditor reads names where
    the profile lets see confidential records and people.
    """
    rows = Addressee.objects.filter(campaign=campaign).select_related("person", "area")
    if not user.can(Permission.PERSON_VIEW):
        return rows.none()
    if may_run(user, campaign) or user.can(Permission.CONFIDENTIAL_VIEW):
        return rows.filter(person_id__in=Person.objects.visible_to(user).values("pk"))
    return rows.filter(person__manager_id=user.person_id)


def reading_of(campaign: AcknowledgementCampaign) -> dict[str, Any]:
    """The version people are asked to read, as it was frozen, for the template of its kind. One query."""
    version = RecordVersion.objects.get(record_id=campaign.subject_id, version=campaign.subject_version)
    content = json.loads(version.content)
    declared = known_kinds()[campaign.subject.kind]
    facts, tables = split_facts(content["facts"], declared.content_labels)
    return {
        "content": content, "facts": facts, "tables": tables, "reading_template": declared.reading_template,
        "kind_label": declared.label, "content_hash": version.content_hash,
    }  # fmt: skip
