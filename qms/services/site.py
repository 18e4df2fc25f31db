"""Sites, their areas, and the printed codes that say where somebody stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from qms.models import Area, AreaCode, Site, User
from qms.services import trail

SITE_FIELDS = ("code", "name", "time_zone", "has_open_ideas")


class CannotChangeCode(ValidationError):
    """The site's code already stands in reference numbers."""


class AlreadyIssued(Exception):
    """The area has a code in use; revoke it, or issue it anew."""


class NotInUse(Exception):
    """The site or area is not in use, so it gets no code."""


def _changed(subject: Site | Area, values: dict[str, Any]) -> dict[str, Any]:
    """Set the values and return [old, new] of those that differ."""
    changes = {
        name: [getattr(subject, name), value] for name, value in values.items() if getattr(subject, name) != value
    }
    for name, value in values.items():
        setattr(subject, name, value)
    return changes


@transaction.atomic
def create_site(
    *, code: str, name: str, time_zone: str, has_open_ideas: bool = False, by: User | None, at: datetime
) -> Site:
    """Open a site. An administrator without all sites gets it into his or her own reach. Writes the trail.

    Raises ValidationError by field. Side effect: ``by``'s sites, when limited.
    """
    site = Site(
        code=code.upper(), name=" ".join(name.split()), time_zone=time_zone, has_open_ideas=has_open_ideas
    )  # fmt: skip
    site.full_clean()
    site.save(force_insert=True)
    facts: dict[str, Any] = {"code": site.code, "name": site.name, "time_zone": site.time_zone}
    if has_open_ideas:
        facts["has_open_ideas"] = True
    trail.write(site, "site.created", by=by, at=at, changes=facts, is_first=True)
    if by is not None and not by.has_all_sites:
        by.sites.add(site)
        by.forget_sites()
        trail.write(by, "user.sites_changed", by=by, at=at, changes={"added": [site.code]}, reason=_("Opened the site"))
    return site


@transaction.atomic
def edit_site(
    site: Site, *, code: str, name: str, time_zone: str, has_open_ideas: bool | None = None, by: User | None,
    at: datetime,
) -> Site:  # fmt: skip
    """Change a site's facts and write the trail; nothing is written when nothing differs.

    ``has_open_ideas`` left out stays as it is.

    Raises CannotChangeCode once records carry the code, and ValidationError by field.
    """
    site = Site.objects.select_for_update().get(pk=site.pk)
    values: dict[str, Any] = {"code": code.upper(), "name": " ".join(name.split()), "time_zone": time_zone}
    if has_open_ideas is not None:
        values["has_open_ideas"] = has_open_ideas
    changes = _changed(site, values)
    if "code" in changes and site.records.order_by("pk").exists():
        raise CannotChangeCode(
            {"code": _("The code stands in the reference numbers of records and stays %s.") % changes["code"][0]}
        )
    site.full_clean()
    if changes:
        site.save(update_fields=list(changes))
        trail.write(site, "site.changed", by=by, at=at, changes=changes)
    return site


@transaction.atomic
def set_site_use(site: Site, *, is_active: bool, by: User | None, at: datetime, reason: str = "") -> Site:
    """Take a site out of use (it stays with all its records) or into use again. Writes the trail."""
    site = Site.objects.select_for_update().get(pk=site.pk)
    if site.is_active != is_active:
        site.is_active = is_active
        site.save(update_fields=["is_active"])
        verb = "site.reactivated" if is_active else "site.deactivated"
        trail.write(site, verb, by=by, at=at, reason=reason)
    return site


@transaction.atomic
def create_area(site: Site, *, name: str, by: User | None, at: datetime, reason: str = "") -> Area:
    """Add an area to a site. Writes the trail. Raises ValidationError when the name is taken at the site."""
    area = Area(site=site, name=" ".join(name.split()))
    _refuse_twin(area)
    area.full_clean()
    area.save(force_insert=True)
    trail.write(
        area, "area.created", by=by, at=at, changes={"name": area.name, "site": site.code}, reason=reason, is_first=True
    )
    return area


@transaction.atomic
def rename_area(area: Area, *, name: str, by: User | None, at: datetime) -> Area:
    """Give an area another name; its codes and records stay. Writes the trail. Raises ValidationError when taken."""
    area = Area.objects.select_for_update().get(pk=area.pk)
    changes = _changed(area, {"name": " ".join(name.split())})
    if changes:
        _refuse_twin(area)
        area.full_clean()
        area.save(update_fields=["name"])
        trail.write(area, "area.renamed", by=by, at=at, changes=changes)
    return area


def _refuse_twin(area: Area) -> None:
    """Two areas of one site whose names differ by case only would be taken for each other."""
    twin = Area.objects.filter(site_id=area.site_id, name__iexact=area.name).exclude(pk=area.pk).order_by("pk").first()
    if twin is None:
        return
    if twin.is_active:
        raise ValidationError({"name": _("The site already has the area “%s”.") % twin.name})
    raise ValidationError({"name": _("“%s” exists but is not in use. Take it into use again instead.") % twin.name})


@transaction.atomic
def set_area_use(area: Area, *, is_active: bool, by: User | None, at: datetime, reason: str = "") -> Area:
    """Take an area out of use or into use again. Writes the trail; its code leads nowhere while it is out of use."""
    area = Area.objects.select_for_update().get(pk=area.pk)
    if area.is_active != is_active:
        area.is_active = is_active
        area.save(update_fields=["is_active"])
        verb = "area.reactivated" if is_active else "area.deactivated"
        trail.write(area, verb, by=by, at=at, reason=reason)
    return area


@transaction.atomic
def issue_code(area: Area, *, by: User | None, at: datetime) -> AreaCode:
    """Make the area's code. Writes the trail (never the secret itself). Raises AlreadyIssued or NotInUse."""
    area = Area.objects.select_for_update(of=("self",)).select_related("site").get(pk=area.pk)
    if not (area.is_active and area.site.is_active):
        raise NotInUse(_("“%s” is not in use. Take it into use again before giving it a code.") % area.name)
    if live_code(area):
        raise AlreadyIssued(_("“%s” has a code already. Print that one, or replace it.") % area.name)
    code = AreaCode(area=area, issued_at=at, issued_by=by)
    code.save(force_insert=True)
    trail.write(area, "area.code_issued", by=by, at=at, changes={"code": _hint(code)})
    return code


@transaction.atomic
def revoke_code(area: Area, *, by: User | None, at: datetime, reason: str = "") -> AreaCode | None:
    """End the area's code: whoever scans the old sheet is told so. Returns it, None when there was none."""
    Area.objects.select_for_update().get(pk=area.pk)
    code = live_code(area)
    if code is None:
        return None
    code.revoked_at, code.revoked_by = at, by
    code.save(update_fields=["revoked_at", "revoked_by"])
    trail.write(area, "area.code_revoked", by=by, at=at, changes={"code": _hint(code)}, reason=reason)
    return code


@transaction.atomic
def reissue_code(area: Area, *, by: User | None, at: datetime, reason: str = "") -> AreaCode:
    """Revoke the area's code, if any, and make a new one. Two trail entries. Raises NotInUse."""
    revoke_code(area, by=by, at=at, reason=reason)
    return issue_code(area, by=by, at=at)


def live_code(area: Area) -> AreaCode | None:
    """The code in use, if the area has one."""
    return AreaCode.objects.filter(area=area, revoked_at=None).order_by("pk").first()


def area_of(token: str) -> Area | None:
    """The area a scanned code stands for; None for a code that is unknown, revoked, or of a place out of use."""
    code = (
        AreaCode.objects.filter(token=token, revoked_at=None, area__is_active=True, area__site__is_active=True)
        .select_related("area__site")
        .order_by("pk")
        .first()
    )
    return code.area if code else None


def code_address(code: AreaCode) -> str:
    """The address inside the QR code."""
    return f"{settings.PUBLIC_URL}{reverse('qms:area-code', args=[code.token])}"


def _hint(code: AreaCode) -> str:
    return f"{code.token[:4]}…"
