"""Recognition: the list with its exports, the page of one, thanking, correcting, taking back, and the answer."""

from __future__ import annotations

import uuid
from typing import IO, Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from leadership.forms.recognition import RecognitionChangeForm, RecognitionFilter, RecognitionForm, thanked_in
from leadership.models import Recognition, WallWish
from leadership.records import RECOGNITION
from leadership.services import recognition as service
from leadership.views.log import people_offered
from qms.models import Person, Record, RecordPerson, User
from qms.permissions import Permission, requires
from qms.services import attachment as attachment_service
from qms.services.attachment import Sent
from qms.services.file_intake import FileRefused
from qms.views.record_form import change_response, created
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, move_response
from qms.views.record_page import load, record_response, visible_record

MOST_PREFILLED = 10
TAKE_BACK = Move(
    gettext_lazy("Take back"), service.withdraw, (Recognition.Status.WITHDRAWN,), gettext_lazy("Why it is taken back"),
)  # fmt: skip


def with_thanked(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The names thanked, for rows and exports."""
    thanked = RecordPerson.objects.filter(part=RecordPerson.Part.THANKED).order_by("position", "pk")
    return rows.prefetch_related(Prefetch("participants", queryset=thanked, to_attr="thanked"))


LISTING = RecordListing(
    declared=RECOGNITION,
    filters=RecognitionFilter,
    headings=[
        Heading(gettext_lazy("What they did"), name="what"), Heading(gettext_lazy("Thanked"), name="thanked"),
        Heading(gettext_lazy("When"), "when", name="when"), Heading(gettext_lazy("By"), name="by"),
        Heading(gettext_lazy("Where"), name="where"), Heading(gettext_lazy("Marks"), name="marks"),
    ],
    columns=[
        Column(gettext_lazy("Event date"), lambda r: r.occurred_on, in_print=True),
        Column(gettext_lazy("Reference"), lambda r: r.reference, in_print=True),
        Column(gettext_lazy("What they did"), lambda r: r.title, in_print=True),
        Column(gettext_lazy("Thanked"), lambda r: "; ".join(thanked_in(r)), in_print=True),
        Column(gettext_lazy("What it shows"), lambda r: r.shows, in_print=True),
        Column(gettext_lazy("By"), lambda r: r.owner.name, in_print=True),
        Column(gettext_lazy("Site"), lambda r: r.site.name, in_print=True),
        Column(gettext_lazy("Area"), lambda r: r.area.name if r.area else ""),
        Column(gettext_lazy("About"), lambda r: r.about.reference if r.about else ""),
        Column(gettext_lazy("On the wall"), lambda r: "" if r.is_confidential else r.get_wall_display()),
        Column(gettext_lazy("Confidential"), lambda r: _("yes") if r.is_confidential else ""),
        Column(gettext_lazy("Recorded"), lambda r: r.recorded_at.astimezone(r.site.zone).replace(tzinfo=None)),
        Column(gettext_lazy("Status"), lambda r: r.get_status_display(), in_print=True),
    ],
    sorts={"when": "occurred_on", "recorded": "id"},
    related=("site", "area", "owner", "value", "commitment", "about"),
    with_marks=with_thanked,
    for_export=with_thanked,
    row_template="leadership/recognition_row.html",
)  # fmt: skip


def tabs_of(here: str) -> list[dict[str, Any]]:
    """The wall and the list, side by side."""
    offered = (("wall", _("Wall"), "leadership:recognition-wall"), ("list", _("List"), "leadership:recognition-list"))
    return [{"label": label, "url": reverse(name), "active": place == here} for place, label, name in offered]


@require_GET
@requires(Permission.RECORD_VIEW)
def recognition_list(request: HttpRequest) -> HttpResponse:
    """The list, newest first."""
    return list_response(
        request, LISTING, list_tabs=tabs_of("list"),
        new_url=reverse("leadership:recognition-new") if may_give(request) else "",
        new_label=_("Thank somebody"), empty_title=_("Nobody has been thanked yet"),
        empty_why=_("Auditors ask people whether good work is noticed. A sentence today is worth more than a prize."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def recognition_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def recognition_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def recognition_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of thanks."""
    thanks = load(request, Recognition, pk, "value", "commitment", "about")
    user = cast(User, request.user)
    may = service.may_change(user, thanks)
    return record_response(
        request, thanks, thanked=thanked_in(thanks), wish=service.wish_of(thanks, user),
        edit_url=reverse("leadership:recognition-edit", args=[pk]) if may else "",
        withdraw_url=reverse("leadership:recognition-withdraw", args=[pk]) if may else "",
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def recognition_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of thanks on paper."""
    thanks = load(request, Recognition, pk, "value", "commitment", "about")
    return record_response(request, thanks, is_print=True, thanked=thanked_in(thanks))


@require_GET
@requires(Permission.RECORD_VIEW)
def recognition_card(request: HttpRequest, pk: int) -> HttpResponse:
    """A card to print and hand over, the size of a postcard."""
    thanks = load(request, Recognition, pk, "value", "commitment")
    return render(request, "leadership/recognition_card.html", {"record": thanks, "thanked": thanked_in(thanks)})


def may_give(request: HttpRequest) -> bool:
    """Whether who asks may thank."""
    return service.may_give(cast(User, request.user))


@never_cache
@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def recognition_new(request: HttpRequest) -> HttpResponse:
    """Thank somebody; ``?to=`` names people, ``?about=`` a record, and both fill the form in."""
    if not may_give(request):
        raise PermissionDenied(_("Only leaders thank here. An administrator can open it for everybody."))
    user = cast(User, request.user)
    sent = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    about = subject_of(request)
    form = RecognitionForm(*sent, user=user, about=about, to=asked_for(request, about), area=area_of(request))
    if thanks := created(request, form, service.give):
        keep_photo(request, form, thanks)
        messages.success(request, _("Thanked. They see it here, or on the card you print for them."))
        return redirect("leadership:recognition-detail", thanks.pk)
    context = {"form": form, "about": about}
    return render(request, "leadership/recognition_form.html", context, status=422 if form.errors else 200)


def subject_of(request: HttpRequest) -> Record | None:
    """The record the thanks are about, if the user may see it; 404 when not."""
    asked = request.POST.get("about") or request.GET.get("about", "")
    try:
        return visible_record(request, uuid.UUID(asked)) if asked else None
    except ValueError:
        return None


def asked_for(request: HttpRequest, about: Record | None) -> list[Person]:
    """People the form comes filled in with, if the user may see them."""
    if request.method == "POST":
        return []
    user = cast(User, request.user)
    people = Person.objects.visible_to(user).active()
    if about and not request.GET.get("to"):
        wanted = [person.pk for person in service.thanked_for(about) if person.pk != user.person_id]
        return list(people.filter(pk__in=wanted))
    uids = [text for text in request.GET.getlist("to")[:MOST_PREFILLED] if _is_uid(text)]
    return list(people.filter(uid__in=uids).order_by("name", "pk")) if uids else []


def area_of(request: HttpRequest) -> str:
    """The id of the area a scanned code stands for; the form refuses one that may not be chosen."""
    asked = request.GET.get("area", "")
    return asked if asked.isdecimal() and len(asked) < 10 else ""


def _is_uid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def keep_photo(request: HttpRequest, form: RecognitionForm, thanks: Recognition) -> None:
    """The photo goes with the thanks; one that is refused is named, and the thanks stay."""
    photo = form.photo_sent()
    if photo is None or thanks.version > 1:
        return
    sent = Sent(cast(IO[bytes], photo.file), photo.name or "", photo.size or 0)
    try:
        attachment_service.add(thanks, sent, by=cast(User, request.user), at=timezone.now())
    except FileRefused as error:
        messages.warning(request, _("Your thanks are kept, the photo is not. %(why)s") % {"why": error})


@never_cache
@require_GET
@requires(Permission.PERSON_VIEW)
def recognition_people(request: HttpRequest) -> JsonResponse:
    """People for the type-ahead of the form."""
    return people_offered(request)


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def recognition_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct thanks with a reason; after a clash both versions stand side by side."""
    thanks = load_own(request, pk)
    form = RecognitionChangeForm(request.POST or None, user=cast(User, request.user), thanks=thanks)
    return change_response(request, form, thanks, service.change)


def load_own(request: HttpRequest, pk: int) -> Recognition:
    """Thanks the user may correct or take back; 403 for who may only see them."""
    thanks = load(request, Recognition, pk, "value", "commitment")
    if not service.may_change(cast(User, request.user), thanks):
        raise PermissionDenied(_("Only who thanked, or the quality manager, may change it."))
    return thanks


@require_http_methods(["GET", "POST"])
@requires(Permission.RECORD_VIEW)
def recognition_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take thanks back, with a reason."""
    return move_response(request, load_own(request, pk), TAKE_BACK, submit_tone="danger")


@require_POST
@requires(Permission.RECORD_VIEW)
def recognition_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether the thanks one got may hang on the wall."""
    thanks = load(request, Recognition, pk)
    user, wish = cast(User, request.user), request.POST.get("wish", "")
    if service.wish_of(thanks, user) is None:
        raise PermissionDenied(_("Only who was thanked says whether it may hang on the wall."))
    try:
        service.answer(thanks, wish=wish, by=user, at=timezone.now())
    except service.CannotAnswer as error:
        messages.error(request, str(error))
    else:
        is_agreed = wish == WallWish.Wish.AGREED
        messages.success(request, _("It may hang on the wall.") if is_agreed else _("It stays off the wall."))
    return redirect("leadership:recognition-detail", pk)
