"""The moves of a record that its page offers as buttons, and the page that asks for the words a move needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from qms.forms.record_form import MoveForm, explain
from qms.models import Record, User
from qms.permissions import Permission
from qms.records import Text, kind_of
from qms.views.record_form import REFUSED
from qms.views.record_page import page_url


@dataclass(frozen=True)
class Move:
    """A move along TRANSITIONS: the service that makes it, where it may lead, and the words it asks for, if any."""

    label: Text
    act: Callable[..., Any]
    targets: tuple[str, ...]
    asks: Text = ""
    field: str = "reason"
    """The service's name for the words."""
    icon: str = "arrow-right"
    lead: Text = ""
    permission: Permission | None = None
    """What a user needs beyond working on the record, if anything."""

    def leads_on(self, record: Any) -> bool:
        """Whether TRANSITIONS lead there from where the record stands."""
        return any(target in record.TRANSITIONS[record.status] for target in self.targets)


def moves_offered(
    request: HttpRequest, record: Record, moves: Mapping[str, Move], is_offered: Callable[[str], bool] = bool
) -> list[dict[str, Any]]:
    """The moves that lead on, that the user may make and ``is_offered`` lets pass, each with its page's address."""
    user = cast(User, request.user)
    kept = f"?{urlencode({'list': request.GET['list']})}" if request.GET.get("list") else ""
    stem = kind_of(record).url_stem
    return [
        {"verb": verb, "move": move, "url": reverse(f"{stem}-move", args=[record.pk, verb]) + kept}
        for verb, move in moves.items()
        if move.leads_on(record) and (move.permission is None or user.can(move.permission)) and is_offered(verb)
    ]


def move_response(
    request: HttpRequest, record: Record, move: Move, *, after: Callable[[HttpRequest, Any], str] = page_url,
    **page: Any,
) -> HttpResponse:  # fmt: skip
    """Ask for the words, make the move and go where ``after`` says; refused, the form says why."""
    form = MoveForm(request.POST if request.method == "POST" else None, label=move.asks)
    if request.method == "POST" and form.is_valid():
        try:
            words = {move.field: form.cleaned_data["words"]} if move.asks else {}
            done = move.act(record, by=cast(User, request.user), at=timezone.now(), **words)
        except REFUSED as error:
            explain(form, error)
        else:
            return redirect(after(request, done))
    return render(request, "components/form_page.html", {
        "form": form, "title": f"{move.label}: {record.reference}", "lead": move.lead or record.title,
        "submit_label": move.label, "cancel_url": page_url(request, record), **page,
    })  # fmt: skip
