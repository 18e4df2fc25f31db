"""The two forms that every kind has: a new record, and changing one with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from qms.forms.record_clash import ClashLine, again_with
from qms.forms.record_form import explain
from qms.models import Record, User
from qms.services.record import CannotChange, IllegalTransition, StaleRecord
from qms.views.record_page import page_url

RecordT = TypeVar("RecordT", bound=Record)
REFUSED = (ValidationError, CannotChange, IllegalTransition)


def created(request: HttpRequest, form: Any, save: Callable[..., RecordT]) -> RecordT | None:
    """Keep a new record: ``save`` gets the form's ``facts()``, ``by`` and ``at``.

    None where nothing was posted, or where it was refused; the form then says why, and the view shows it.
    """
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return save(by=cast(User, request.user), at=timezone.now(), **form.facts())
    except REFUSED as error:
        explain(form, error)
        return None


def change_response(
    request: HttpRequest, form: Any, record: Record, save: Callable[..., Record], *, anchor: str = "", **page: Any
) -> HttpResponse:
    """Change a record as the form says and go to its page, or show the form with what is in the way.

    ``save`` gets the record, ``by``, ``at``, the form's ``version`` and ``reason`` and its ``facts()``. Who saved
    meanwhile loses nothing: both versions stand side by side (409), by the form's ``clash(current)``, and the same
    typing may be sent again. ``anchor`` (with its ``#``) is where on the page to go; ``page`` adds to the template.
    """
    clash: list[ClashLine] = []
    if request.method == "POST" and form.is_valid():
        sent = {name: form.cleaned_data[name] for name in ("version", "reason") if name in form.cleaned_data}
        try:
            save(record, by=cast(User, request.user), at=timezone.now(), **sent, **form.facts())
        except StaleRecord as stale:
            clash = form.clash(stale.current)
            again_with(form, stale.current.version)
        except REFUSED as error:
            explain(form, error)
        else:
            messages.success(request, _("Changed. What it said before stays in the timeline."))
            return redirect(page_url(request, record) + anchor)
    shown = {
        "form": form, "clash": clash, "title": _("Change %(reference)s") % {"reference": record.reference},
        "lead": record.title, "cancel_url": page_url(request, record), **page,
    }  # fmt: skip
    return render(request, "components/record_form.html", shown, status=409 if clash else 200)
