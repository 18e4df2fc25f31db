"""What the product must know about resource requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from django.utils.translation import gettext_lazy as _

from leadership.models import ResourceRequest
from qms.models import Phase, Record
from qms.permissions import Permission
from qms.records import RecordKind, register


def _resource(record: Record) -> str:
    return cast(ResourceRequest, record).resource


def _resources() -> Iterable[tuple[str, str]]:
    return [(value, str(label)) for value, label in ResourceRequest.Resource.choices]


RESOURCE_REQUEST = register(
    RecordKind(
        model=ResourceRequest,
        label=_("Resource request"),
        label_plural=_("Resource requests"),
        icon="handshake",
        prefix="RES",
        url_stem="leadership:resource-request",
        detail_template="leadership/resource_request_detail.html",
        print_template="leadership/resource_request_print.html",
        pack_template="packs/resource_request_sheet.html",
        sheet_facts="leadership.services.resource_request_sheet.sheet_facts",
        edit_permission=Permission.RESOURCE_REQUEST,
        counting_phases=frozenset({Phase.OPEN, Phase.CLOSED}),
        uncounted_statuses=ResourceRequest.UNCOUNTED,
        subtype_of=_resource,
        subtype_lookup="resource",
        subtypes=_resources,
        description=_("What was asked for: provided, or declined together with a risk that somebody signed."),
        content_labels={
            "resource": _("Kind of resource"),
            "description": _("What exactly"),
            "amount": _("How much"),
            "needed_on": _("Needed by"),
            "without_it": _("Without it"),
            "objective": _("Serves the objective"),
            "risk": _("Serves the risk"),
            "serves_neither": _("Why it serves neither"),
            "decider": _("Who decides"),
            "asked_on": _("Asked on"),
            "awaited_on": _("Decision awaited since"),
            "questions": _("Questions and answers"),
            "decision": _("Decision"),
            "decided_on": _("Decided on"),
            "decided_by": _("Decided by"),
            "decided_because": _("Why"),
            "granted": _("What is provided"),
            "granted_amount": _("How much is provided"),
            "budget_line": _("Budget line"),
            "arrives_on": _("Will be there on"),
            "arrived_on": _("There since"),
            "arrival_note": _("How one sees it"),
            "arrival_proof": _("Proof"),
            "accepted_until": _("Risk accepted until"),
            "adjusted_target": _("Adjusted target"),
            "adjusted_due_on": _("Adjusted target, by"),
            "closed_because": _("No longer needed because"),
        },
        verbs={
            "resource_request.drafted": _("Draft written"),
            "resource_request.sent": _("Sent to who decides"),
            "resource_request.changed": _("Changed"),
            "resource_request.handed_on": _("Handed on to somebody else to decide"),
            "resource_request.question_asked": _("Question asked"),
            "resource_request.question_answered": _("Question answered"),
            "resource_request.provided": _("Provided"),
            "resource_request.partly_provided": _("Partly provided, the rest accepted as a risk"),
            "resource_request.declined": _("Declined and accepted as a risk"),
            "resource_request.postponed": _("Will be there on another day"),
            "resource_request.arrived": _("It is there, says who asked"),
            "resource_request.sent_back": _("It has not come: to be decided again"),
            "resource_request.reconsidered": _("Taken up again by who decides"),
            "resource_request.acceptance_renewed": _("Acceptance renewed"),
            "resource_request.came_back": _("Came back: to be decided again"),
            "resource_request.closed": _("No longer needed"),
            "resource_request.withdrawn": _("Withdrawn"),
        },
    )
)
