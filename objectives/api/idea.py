"""Ideas and problems that another system hands in for its user."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Schema
from pydantic import Field

from objectives.models import ImprovementAction
from objectives.services import idea as service
from qms.api.bearer import Bearer, caller, refuse_narrow
from qms.api.errors import WRITING, Refused
from qms.api.place import area_of, site_of
from qms.api.record import Made, Word, made, was_there
from qms.models import ApiToken

router = Router(tags=["Ideas"])


class IdeaIn(Schema):
    """An idea or a problem in one sentence, at an area. ``site``: the code; without it the token owner's own."""

    uid: UUID
    title: str = Field(min_length=1, max_length=service.SENTENCE_LENGTH, pattern=r"^[^\x00]*$")
    more: str = Field("", max_length=2000, pattern=r"^[^\x00]*$")
    site: Word | None = None
    area: Word


@router.post(
    "/ideas", auth=Bearer(ApiToken.Scope.IDEA, service.MAY_RAISE), response=WRITING | {200: Made, 201: Made},
    url_name="ideas",
)  # fmt: skip
def raise_idea(request: HttpRequest, sent: IdeaIn) -> HttpResponse:
    """Raise an idea or a problem. The same uid again changes nothing."""
    refuse_narrow(request)
    user = caller(request)
    area = area_of(site_of(user, sent.site), sent.area)
    if area is None:
        raise ValidationError({"area": _("Say at which area.")})
    was_there(sent.uid, ImprovementAction.KIND, user)
    try:
        raised = service.raise_idea(
            uid=sent.uid, title=sent.title, more=sent.more, area=area, by=user, at=timezone.now()
        )  # fmt: skip
    except (service.NobodyToAnswer, IntegrityError) as error:
        words = _("It was sent twice at once. Send it again.") if isinstance(error, IntegrityError) else str(error)
        raise Refused(409, words) from error
    return made(raised.action, is_new=raised.is_new)
