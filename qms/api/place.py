"""Who I am to the API, and where: the token, its owner, the sites and their areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router, Schema

from qms.api.bearer import Bearer, caller, refuse_narrow, token_of
from qms.api.errors import READING
from qms.api.record import as_json
from qms.models import Area, Person, Site, User

router = Router(tags=["Token and places"])
anybody = Bearer(None)


Entry = tuple[Person | None, str]
"""A person, or None with a free name."""


class Me(Schema):
    """The token and who it acts for. ``only_for``: the uid of the one record it is for."""

    name: str
    owner: UUID
    owner_name: str
    scopes: list[str]
    expires_at: datetime
    only_for: UUID | None


class SiteLine(Schema):
    """A site by its code, with the names of its areas."""

    code: str
    name: str
    time_zone: str
    areas: list[str]


@router.get("/me", auth=anybody, response=READING | {200: Me}, url_name="me")
def me(request: HttpRequest) -> HttpResponse:
    """What this token may do, for whom, and until when."""
    token = token_of(request)
    return as_json({
        "name": token.name, "owner": str(token.owner.uid), "owner_name": token.owner.person.name,
        "scopes": token.scopes, "expires_at": token.expires_at.isoformat(),
        "only_for": str(token.record.uid) if token.record else None,
    })  # fmt: skip


@router.get("/sites", auth=anybody, response=READING | {200: list[SiteLine]}, url_name="sites")
def sites(request: HttpRequest) -> HttpResponse:
    """The sites the token's owner may see, and the areas in use there."""
    refuse_narrow(request)
    user = caller(request)
    areas: dict[int, list[str]] = {}
    for site_id, name in Area.objects.visible_to(user).active().order_by("name").values_list("site_id", "name"):
        areas.setdefault(site_id, []).append(name)
    return as_json([
        {"code": s.code, "name": s.name, "time_zone": s.time_zone, "areas": areas.get(s.pk, [])}
        for s in user.visible_sites if s.is_active
    ])  # fmt: skip


def site_of(user: User, code: str | None) -> Site:
    """The site in use with this code, or the user's own for none. Raises ValidationError for ``site``."""
    own = user.person.site.code if user.person.site else ""
    found = next((s for s in user.visible_sites if s.is_active and s.code == (code or own)), None)
    if found is None:
        raise ValidationError({"site": _("There is no site of that code that you may use. See /api/v1/sites.")})
    return found


def area_of(site: Site, name: str | None, field: str = "area") -> Area | None:
    """The area in use at the site by its name; None for none. Raises ValidationError for ``field``."""
    if not name:
        return None
    found = Area.objects.active().filter(site=site, name=name).first()
    if found is None:
        raise ValidationError({field: _("There is no area of that name at %s. See /api/v1/sites.") % site.code})
    return found


def people_of(user: User, given: Sequence[str], field: str) -> list[Entry]:
    """People by uid or e-mail, as far as the user may see them; anything else is a free name.

    Raises ValidationError for ``field`` when a uid or an e-mail address is of nobody who can be chosen.
    """
    words = [" ".join(text.split()) for text in given]
    uids = {text: UUID(text) for text in words if _is_uid(text)}
    emails = [text for text in words if "@" in text]
    wanted = Q(uid__in=uids.values())
    for email in emails:
        wanted |= Q(email__iexact=email)
    found = list(Person.objects.visible_to(user).active().filter(wanted).order_by("pk")) if uids or emails else []
    known = {str(person.uid): person for person in found} | {person.email.casefold(): person for person in found}
    entries: list[Entry] = []
    for text in words:
        person = known.get(str(uids[text]) if text in uids else text.casefold())
        if person is None and (text in uids or text in emails):
            raise ValidationError({field: _("There is nobody “%s” who can be chosen.") % text})
        entries.append((person, person.name if person else text))
    return entries


def person_of(user: User, given: str | None, field: str) -> Person | None:
    """Somebody by uid or e-mail; None for none. Raises ValidationError for ``field``, also for a mere name."""
    if not given:
        return None
    person, name = people_of(user, [given], field)[0]
    if person is None:
        raise ValidationError({field: _("Name “%s” by uid or e-mail address.") % name})
    return person


def _is_uid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
