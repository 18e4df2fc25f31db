"""The quality policy: the list, its page, what changed, the poster, and the page that is open to the world."""

from __future__ import annotations

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from leadership.forms.policy import PolicyFilter
from leadership.models import AcknowledgementCampaign, Policy
from leadership.records import POLICY
from leadership.services import policy as service
from leadership.services.acknowledgement_page import may_ask, with_counts
from leadership.services.policy_difference import difference
from leadership.services.policy_sheet import language_name
from qms.models import Phase, User
from qms.permissions import Permission, public, requires
from qms.services import secret_link
from qms.services.record_page import RecordPage
from qms.views.record_list import Column, Heading, RecordListing, export_response, list_response, print_response
from qms.views.record_move import Move, moves_offered
from qms.views.record_page import load, record_response

Status = Policy.Status
STEM = POLICY.url_stem
RELATED = ("applies_to", "supersedes", "approver", "approved_by")
MOVES = {
    "submit": Move(
        gettext_lazy("Hand in for review"), service.submit, (Status.IN_REVIEW,), icon="arrow-right",
        lead=gettext_lazy("The text stands still from now on; top management approves it or sends it back."),
    ),
    "send_back": Move(
        gettext_lazy("Send back"), service.send_back, (Status.DRAFT,), gettext_lazy("What needs more work"), icon="undo"
    ),
    "withdraw": Move(
        gettext_lazy("Withdraw"), service.withdraw, (Status.WITHDRAWN,), gettext_lazy("Why it is withdrawn"),
        icon="trash",
    ),
}  # fmt: skip


def scope_words(policy: Policy) -> str:
    """Whom it binds, in words."""
    return policy.applies_to.name if policy.applies_to else _("The whole organization")


LISTING = RecordListing(
    declared=POLICY,
    filters=PolicyFilter,
    headings=[
        Heading(gettext_lazy("Policy"), name="what"), Heading(gettext_lazy("Applies to"), name="scope"),
        Heading(gettext_lazy("Version"), "number", is_number=True, name="number"),
        Heading(gettext_lazy("Approved"), "when", name="approved"),
        Heading(gettext_lazy("Next review"), "review", name="review"), Heading(gettext_lazy("Status"), name="status"),
    ],
    columns=[
        Column(gettext_lazy("Reference"), lambda p: p.reference, in_print=True),
        Column(gettext_lazy("Policy"), lambda p: p.title, in_print=True),
        Column(gettext_lazy("Applies to"), scope_words, in_print=True),
        Column(gettext_lazy("Version"), lambda p: p.number, in_print=True),
        Column(gettext_lazy("Status"), lambda p: p.get_status_display(), in_print=True),
        Column(gettext_lazy("Approved"), lambda p: p.approved_on, in_print=True),
        Column(gettext_lazy("Approved by"), lambda p: p.approved_by.name if p.approved_by else "", in_print=True),
        Column(gettext_lazy("Next review"), lambda p: p.review_on, in_print=True),
        Column(gettext_lazy("Languages"), lambda p: ", ".join(row["code"] for row in texts_of(p))),
        Column(gettext_lazy("Text"), lambda p: p.text),
    ],
    sorts={"number": "number", "when": "occurred_on", "review": "review_on"},
    related=("site", "area", "owner", *RELATED),
    row_template="leadership/policy_row.html",
)  # fmt: skip


def texts_of(policy: Policy) -> list[dict[str, str]]:
    """The text and its translations, each with the language's code and its name in its own words."""
    own = {"title": policy.title, "text": policy.text, "translated_by": "", "language": policy.language}
    return [
        {**row, "code": row["language"], "name": language_name(row["language"]).capitalize()}
        for row in (own, *policy.translations)
    ]


def text_in(policy: Policy, code: str) -> dict[str, str]:
    """The text in a language, or in its own where there is none."""
    texts = texts_of(policy)
    return next((row for row in texts if row["code"] == code), texts[0])


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_list(request: HttpRequest) -> HttpResponse:
    """The versions, the newest first."""
    may_draft = cast(User, request.user).can(Permission.POLICY_EDIT)
    return list_response(
        request, LISTING, new_url=reverse(f"{STEM}-new") if may_draft else "", new_label=_("New version"),
        empty_title=_("No quality policy yet"),
        empty_why=_("An auditor reads it first, then asks people what it means for their work. Draft it here."),
    )  # fmt: skip


@require_GET
@requires(Permission.RECORD_EXPORT)
def policy_export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV or XLSX."""
    return export_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_list_print(request: HttpRequest) -> HttpResponse:
    """What the list shows, on paper."""
    return print_response(request, LISTING)


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of a version: its text, who was asked to read it, and what this user may do."""
    policy = load(request, Policy, pk, *RELATED)
    return record_response(request, policy, **page_context(request, policy))


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The page on paper."""
    policy = load(request, Policy, pk, *RELATED)
    return record_response(request, policy, is_print=True, **page_context(request, policy))


def page_context(request: HttpRequest, policy: Policy) -> dict[str, Any]:
    """The text in the language asked for, the campaigns, and what the user is offered."""
    user = cast(User, request.user)
    edits, approves = user.can(Permission.POLICY_EDIT), user.can(Permission.POLICY_APPROVE)
    addresses = {
        "approve_url": ("approve", approves and policy.status == Status.IN_REVIEW),
        "review_url": ("review", approves and policy.status == Status.APPROVED),
        "edit_url": ("edit", edits and policy.status == Status.DRAFT),
        "translate_url": ("translate", edits and policy.status == Status.DRAFT),
        "changes_url": ("changes", policy.supersedes_id is not None), "poster_url": ("poster", True),
    }  # fmt: skip
    urls = {name: reverse(f"{STEM}-{to}", args=[policy.pk]) if is_it else "" for name, (to, is_it) in addresses.items()}
    asks = policy.status == Status.APPROVED and may_ask(user, policy.kind)
    campaigns = with_counts(AcknowledgementCampaign.objects.visible_to(user).filter(subject_id=policy.pk))
    return {
        **urls, "moves": moves_offered(request, policy, MOVES, lambda verb: may_move(user, verb)), "may_sign": False,
        "ask_url": reverse("leadership:acknowledgement-ask", args=[policy.uid]) if asks else "",
        "shown": text_in(policy, request.GET.get("lang", "")), "texts": texts_of(policy), "scope": scope_words(policy),
        "campaigns": campaigns.order_by("-pk"), "public_url": public_address(policy),
        "facts": facts_of, "is_current": policy.status == Status.APPROVED,
    }  # fmt: skip


def facts_of(page: RecordPage) -> list[tuple[Any, Any]]:
    """The facts of the page but the text, which has a panel of its own."""
    labels = POLICY.content_labels
    apart = [labels[name] for name in ("text", "language", "applies_to", "is_public", "is_indexed")]
    return [(label, value) for label, value in page.facts if label not in apart]


def may_move(user: User, verb: str) -> bool:
    """Who edits hands in and withdraws; who approves or edits sends back."""
    edits = user.can(Permission.POLICY_EDIT)
    return edits or (verb == "send_back" and user.can(Permission.POLICY_APPROVE))


def public_address(policy: Policy) -> str:
    """Where anybody reads it, if it is current and open to everybody."""
    if policy.status != Status.APPROVED or not policy.is_public:
        return ""
    if policy.applies_to is None:
        return reverse("leadership:policy-public")
    return reverse("leadership:policy-public-site", args=[policy.applies_to.code])


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """What a version says differently from the one before it."""
    policy = load(request, Policy, pk, *RELATED)
    before = Policy.objects.visible_to(cast(User, request.user)).filter(pk=policy.supersedes_id or 0).first()
    if before is None:
        raise Http404
    return render(request, "leadership/policy_changes.html", {
        "policy": policy, "before": before, "difference": difference(before, policy),
        "crumbs": [(POLICY.label_plural, reverse(f"{STEM}-list")),
                   (policy.reference, reverse(f"{STEM}-detail", args=[policy.pk]))],
    })  # fmt: skip


@require_GET
@requires(Permission.RECORD_VIEW)
def policy_poster(request: HttpRequest, pk: int) -> HttpResponse:
    """The text alone, to hang it up; with the code of the open page where there is one."""
    policy = load(request, Policy, pk, *RELATED)
    address = public_address(policy)
    return render(request, "leadership/policy_poster.html", {
        "policy": policy, "shown": text_in(policy, request.GET.get("lang", "")), "texts": texts_of(policy),
        "scope": scope_words(policy),
        "code": secret_link.drawing(request.build_absolute_uri(address)) if address else "",
    })  # fmt: skip


@require_GET
@public
def policy_public(request: HttpRequest, code: str = "") -> HttpResponse:
    """The current policy for interested parties: text, date and approver, nothing else."""
    rows = Policy.objects.current().filter(is_public=True, phase=Phase.OPEN, is_confidential=False)
    scope = {"applies_to__code__iexact": code} if code else {"applies_to": None}
    policy = get_object_or_404(rows.select_related("approved_by", "applies_to"), **scope)
    shown = text_in(policy, request.GET.get("lang", ""))
    context = {"policy": policy, "shown": shown, "texts": texts_of(policy)}
    response = render(request, "leadership/policy_public.html", context)
    if not policy.is_indexed:
        response["X-Robots-Tag"] = "noindex"
    return response
