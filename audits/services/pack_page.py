"""What a pack's page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from audits.models import Pack, PackDownload, PackItem, PackLink
from audits.services import pack_copy
from qms.models import User
from qms.services.attachment import may_change
from qms.services.timeline import TimelineEntry, timeline_of

SHOWN = 20


@dataclass(frozen=True)
class LinkLine:
    """A link, and whether its time is over."""

    link: PackLink
    is_expired: bool


@dataclass(frozen=True)
class PackPage:
    """A pack with what stands around it; a constant number of queries."""

    facts: list[tuple[str, Any]]
    counts: dict[str, int]
    downloads: list[PackDownload]
    links: list[LinkLine]
    successors: list[Pack]
    timeline: list[TimelineEntry]
    may_request: bool
    is_working: bool


def page_of(pack: Pack, user: User, *, at: datetime) -> PackPage:
    """Everything the page shows. Links are shown only to those who may make them."""
    may_request = may_change(user, pack)
    downloads = PackDownload.objects.filter(pack=pack).select_related("person", "link").order_by("-at", "-pk")
    links = PackLink.objects.filter(pack=pack).select_related("created_by__person").order_by("-created_at", "-pk")
    counts = dict.fromkeys(PackItem.Standing.values, 0)
    items = PackItem.objects.filter(pack=pack, is_home=True).order_by("standing")
    counts |= dict(items.values_list("standing").annotate(n=Count("pk")))
    known = [LinkLine(link, pack_copy.is_over(link, at=at)) for link in links[:SHOWN]] if may_request else []
    newer = Pack.objects.visible_to(user).filter(supersedes=pack).order_by("-pk")
    newer = newer if pack.status == Pack.Status.SUPERSEDED else newer.none()  # the page names them only then
    return PackPage(
        facts=_facts(pack), counts=counts, downloads=list(downloads[:SHOWN]), links=known,
        successors=list(newer[:SHOWN]), timeline=timeline_of(pack), may_request=may_request,
        is_working=pack.status in {Pack.Status.REQUESTED, Pack.Status.BUILDING},
    )  # fmt: skip


def _facts(pack: Pack) -> list[tuple[str, Any]]:
    sites = ", ".join(pack.sites.order_by("name", "pk").values_list("name", flat=True))
    clauses = ", ".join(clause.label for clause in pack.clauses.order_by("sort_key", "pk"))
    cutoff = date_format(pack.cutoff_at.astimezone(pack.site.zone), "j M Y, H:i:s T") if pack.cutoff_at else ""
    period = f"{date_format(pack.from_on, 'j M Y')} – {date_format(pack.to_on, 'j M Y')}"
    return [
        (_("Standard"), str(pack.edition)), (_("Clauses"), clauses), (_("Sites"), sites), (_("Period"), period),
        (_("State of the data"), cutoff), (_("Purpose"), pack.purpose), (_("Names"), pack.get_names_display()),
        (_("Photos"), _("printed") if pack.has_photos else _("left out")), (_("Asked for by"), pack.owner.name),
    ]  # fmt: skip
