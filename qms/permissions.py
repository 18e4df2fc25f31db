"""Who may do what: the whole access policy on one screen.

A *permission* is a thing one may do; an *access profile* is a named bundle of permissions held by a user. Neither is a
clause 5.3 role. Which rows a permission reaches is decided by ``visible_to(user)`` (sites, confidentiality, expiry).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from qms.models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
ELEVATED_UNTIL = "elevated_until"


class Permission(models.TextChoices):
    """One thing a user may do."""

    SIGNED_IN = "signed_in", _("Use one's own account")
    RECORD_VIEW = "record_view", _("Read records")
    RECORD_EXPORT = "record_export", _("Export records")
    CONFIDENTIAL_VIEW = "confidential_view", _("Read confidential records")
    ACTIVITY_LOG = "activity_log", _("Log leadership activities")
    ACTIVITY_CORRECT = "activity_correct", _("Correct or withdraw other people's activities")
    ACTIVITY_TYPE_EDIT = "activity_type_edit", _("Edit the kinds of activity")
    ACTION_EDIT = "action_edit", _("Work on improvement actions")
    BENEFIT_CONFIRM = "benefit_confirm", _("Confirm benefits and cost statements, as finance")
    OBJECTIVE_EDIT = "objective_edit", _("Set strategic goals and objectives, and measure them")
    OBJECTIVE_APPROVE = "objective_approve", _("Approve objectives and changes of their targets")
    RISK_EDIT = "risk_edit", _("Work on risks and opportunities")
    RISK_ACCEPT = "risk_accept", _("Accept risks with one's signature")
    RISK_SCALE_EDIT = "risk_scale_edit", _("Edit the scale risks are rated on")
    NONCONFORMITY_EDIT = "nonconformity_edit", _("Work on nonconformities")
    CAUSE_EDIT = "cause_edit", _("Merge root causes that mean the same")
    COST_EDIT = "cost_edit", _("Keep the cost of quality")
    POLICY_EDIT = "policy_edit", _("Draft the quality policy and ask people to read it")
    POLICY_APPROVE = "policy_approve", _("Approve the quality policy with one's signature")
    ROLE_EDIT = "role_edit", _("Say who answers for what")
    STANDARD_WORK_EDIT = "standard_work_edit", _("Plan leaders' standard work")
    RECOGNITION_GIVE = "recognition_give", _("Thank people for what they did")
    RECOGNITION_EDIT = "recognition_edit", _("Say what people are thanked for, and where the wall hangs")
    COMMUNICATION_EDIT = "communication_edit", _("Record what was told to whom")
    RESOURCE_REQUEST = "resource_request", _("Ask for resources")
    RESOURCE_DECIDE = "resource_decide", _("Provide resources, or answer for not providing them")
    ENGAGEMENT_VIEW = "engagement_view", _("See the measures of leadership engagement")
    REMINDER_EDIT = "reminder_edit", _("Decide who is reminded of what, and watch what is sent")
    API_USE = "api_use", _("Make tokens for the interface")
    EVIDENCE_VIEW = "evidence_view", _("See clause coverage")
    PACK_REQUEST = "pack_request", _("Request evidence packs")
    PACK_VIEW = "pack_view", _("Download evidence packs")
    PERSON_VIEW = "person_view", _("See people")
    PERSON_EDIT = "person_edit", _("Edit and import people")
    SITE_EDIT = "site_edit", _("Edit sites, areas and their QR codes")
    CALENDAR_EDIT = "calendar_edit", _("Keep working days, closures and shifts of the sites")
    USER_EDIT = "user_edit", _("Give and take access")
    CLAUSE_EDIT = "clause_edit", _("Edit the clause catalogue and applicability")
    MAPPING_VIEW = "mapping_view", _("See which record counts for which clause")
    MAPPING_EDIT = "mapping_edit", _("Decide which record counts for which clause")
    ORGANIZATION_EDIT = "organization_edit", _("Edit the organization's own data")
    TRAIL_VIEW = "trail_view", _("Read the trail of the whole system")


class AccessProfile(models.TextChoices):
    """A named bundle of permissions; its holders are described in PROFILE_HOLDERS."""

    EMPLOYEE = "employee", _("Employee")
    LEADER = "leader", _("Leader")
    QUALITY_MANAGER = "quality_manager", _("Quality manager")
    FINANCE = "finance", _("Finance")
    INTERNAL_AUDITOR = "internal_auditor", _("Internal auditor")
    GUEST_AUDITOR = "guest_auditor", _("Guest auditor")
    ADMINISTRATOR = "administrator", _("Administrator")


PROFILE_HOLDERS = {
    AccessProfile.EMPLOYEE: _("Anyone at the plant with a log-in: reads open records and answers what is asked."),
    AccessProfile.LEADER: _("Anyone who leads people: logs leadership acts and follows up on promises."),
    AccessProfile.QUALITY_MANAGER: _(
        "Runs the system: sees everything at the sites, corrects, prepares packs, maps clauses."
    ),
    AccessProfile.FINANCE: _("Keeps the cost of quality and confirms what improvements really saved."),
    AccessProfile.INTERNAL_AUDITOR: _("Audits other people's work: reads everything at the sites and takes packs."),
    AccessProfile.GUEST_AUDITOR: _(
        "A certification auditor from outside: reads evidence until a set date, changes nothing."
    ),
    AccessProfile.ADMINISTRATOR: _(
        "Keeps people, sites, access and mappings; changes them only in an elevated session."
    ),
}

_EMPLOYEE = {Permission.SIGNED_IN, Permission.RECORD_VIEW, Permission.PERSON_VIEW, Permission.EVIDENCE_VIEW}
_LEADER = _EMPLOYEE | {
    Permission.ACTIVITY_LOG, Permission.ACTION_EDIT, Permission.RECORD_EXPORT,
    Permission.PACK_REQUEST, Permission.PACK_VIEW, Permission.MAPPING_VIEW, Permission.OBJECTIVE_EDIT,
    Permission.OBJECTIVE_APPROVE, Permission.RISK_EDIT, Permission.RISK_ACCEPT, Permission.NONCONFORMITY_EDIT,
    Permission.API_USE, Permission.POLICY_APPROVE, Permission.STANDARD_WORK_EDIT, Permission.RECOGNITION_GIVE,
    Permission.COMMUNICATION_EDIT, Permission.RESOURCE_REQUEST, Permission.RESOURCE_DECIDE, Permission.ENGAGEMENT_VIEW,
}  # fmt: skip
_AUDITOR = _EMPLOYEE | {
    Permission.RECORD_EXPORT, Permission.CONFIDENTIAL_VIEW, Permission.PACK_REQUEST, Permission.PACK_VIEW,
    Permission.MAPPING_VIEW, Permission.TRAIL_VIEW, Permission.ENGAGEMENT_VIEW,
}  # fmt: skip

PROFILES: dict[str, frozenset[Permission]] = {
    AccessProfile.EMPLOYEE: frozenset(_EMPLOYEE),
    AccessProfile.LEADER: frozenset(_LEADER),
    AccessProfile.QUALITY_MANAGER: frozenset(
        _LEADER | _AUDITOR
        | {
            Permission.ACTIVITY_CORRECT, Permission.ACTIVITY_TYPE_EDIT, Permission.PERSON_EDIT,
            Permission.CLAUSE_EDIT, Permission.MAPPING_EDIT, Permission.RISK_SCALE_EDIT, Permission.COST_EDIT,
            Permission.POLICY_EDIT, Permission.ROLE_EDIT, Permission.REMINDER_EDIT, Permission.CALENDAR_EDIT,
            Permission.RECOGNITION_EDIT, Permission.CAUSE_EDIT,
        }
    ),
    AccessProfile.FINANCE: frozenset(
        _EMPLOYEE
        | {
            Permission.RECORD_EXPORT, Permission.COST_EDIT, Permission.BENEFIT_CONFIRM, Permission.API_USE,
            Permission.ACTION_EDIT,
        }
    ),
    AccessProfile.INTERNAL_AUDITOR: frozenset(_AUDITOR | {Permission.ACTION_EDIT}),
    AccessProfile.GUEST_AUDITOR: frozenset(
        {Permission.SIGNED_IN, Permission.RECORD_VIEW, Permission.EVIDENCE_VIEW, Permission.MAPPING_VIEW,
         Permission.PACK_VIEW, Permission.PACK_REQUEST}
    ),
    AccessProfile.ADMINISTRATOR: frozenset(
        _EMPLOYEE
        | {
            Permission.MAPPING_VIEW, Permission.MAPPING_EDIT, Permission.CLAUSE_EDIT, Permission.PERSON_EDIT,
            Permission.SITE_EDIT, Permission.USER_EDIT, Permission.ACTIVITY_TYPE_EDIT,
            Permission.ORGANIZATION_EDIT, Permission.TRAIL_VIEW, Permission.API_USE, Permission.RISK_SCALE_EDIT,
            Permission.REMINDER_EDIT, Permission.CALENDAR_EDIT,
            Permission.RECOGNITION_EDIT, Permission.CAUSE_EDIT,
        }
    ),
}  # fmt: skip

# Administration that reaches everybody: only inside a time-limited elevated session, and each start is in the trail.
ELEVATED = frozenset({Permission.SITE_EDIT, Permission.USER_EDIT, Permission.ORGANIZATION_EDIT})


def elevated_until(request: HttpRequest) -> datetime | None:
    """When the request's elevated administrator session ends; None when there is none, or it has run out."""
    until = request.session.get(ELEVATED_UNTIL)
    return datetime.fromtimestamp(until, UTC) if until and until > timezone.now().timestamp() else None


def is_elevated(request: HttpRequest) -> bool:
    """True while the request's session is an elevated administrator session that has not run out."""
    return elevated_until(request) is not None


def requires(permission: Permission) -> Callable[[View], View]:
    """Let only holders of ``permission`` call the view: 403 otherwise, or the elevation page where that is needed."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            user = cast("User", request.user)
            if not user.can(permission):
                raise PermissionDenied(Permission(permission).label)
            if permission in ELEVATED and not is_elevated(request):
                back = request.get_full_path() if request.method == "GET" else request.META.get("HTTP_REFERER", "/")
                return redirect("/account/elevate/?" + urlencode({"next": back}))
            return view(request, *args, **kwargs)

        guarded.required_permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def public(view: View) -> View:
    """Mark a view that anybody in the world may call; whatever it protects, it protects by itself (tokens, PINs)."""
    open_view = login_not_required(view)
    open_view.is_public = True  # type: ignore[attr-defined]
    return open_view
