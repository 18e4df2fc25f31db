"""What the API answers when it cannot do as asked: always JSON, always in words, by field where a field is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BadRequest


class Problem(Schema):
    """Why nothing was done. ``fields``: messages by the name of the field they belong to; "" for the whole."""

    error: str
    message: str
    fields: dict[str, list[str]] = {}


class Refused(Exception):
    """The answer is ``status``, with a message; ``retry_after`` in seconds."""

    def __init__(self, status: int, message: str, *, retry_after: int = 0) -> None:
        self.status, self.message, self.retry_after = status, message, retry_after
        super().__init__(message)


NAMES = {
    400: "unreadable", 401: "token", 403: "forbidden", 404: "not_found", 405: "method", 409: "conflict",
    413: "too_large", 422: "invalid", 429: "too_many",
}  # fmt: skip
READING = {401: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem}
"""The answers every operation may give beside its own."""
WRITING = READING | {400: Problem, 409: Problem, 413: Problem}


def problem(status: int, message: str, fields: dict[str, list[str]] | None = None) -> JsonResponse:
    """The JSON of a refusal."""
    told = {"error": NAMES.get(status, "error"), "message": str(message), "fields": fields or {}}
    response = JsonResponse(told, status=status)
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="API"'
    return response


def on_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """A refusal of our own."""
    response = problem(error.status, error.message)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def on_bad_request(request: HttpRequest, error: BadRequest) -> HttpResponse:
    """Values that do not fit the schema, by field."""
    fields: dict[str, list[str]] = {}
    for found in error.errors:
        fields.setdefault(_field(found["loc"]), []).append(str(found["msg"]))
    return problem(422, _("Some values cannot be taken as they are."), fields)


def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Values that a service refused, by field."""
    told = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    fields = {"" if name == NON_FIELD_ERRORS else name: messages for name, messages in told.items()}
    return problem(422, " ".join(message for messages in fields.values() for message in messages), fields)


def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the library refuses by itself, such as a body that is no JSON."""
    return problem(error.status_code, _("This cannot be read. Send JSON.") if error.status_code == 400 else str(error))


def _field(place: Any) -> str:
    """``("body", "sent", "stops", 0, "seen")`` is ``stops.0.seen``; ``("query", "limit")`` is ``limit``."""
    parts = [str(part) for part in place[1:]]
    return ".".join(parts[1:] if place[0] == "body" else parts[-1:])


HANDLERS: dict[type[Exception], Callable[..., HttpResponse]] = {
    Refused: on_refused,
    BadRequest: on_bad_request,
    ValidationError: on_invalid,
    HttpError: on_http_error,
    AuthenticationError: lambda request, error: problem(
        401, _("Send a token: Authorization: Bearer qms_… A log-in in the browser does not count here.")
    ),
    RequestDataTooBig: lambda request, error: problem(413, _("This is too much at once. Send it in parts.")),
    Http404: lambda request, error: problem(404, _("There is nothing here that you may see.")),
    PermissionDenied: lambda request, error: problem(403, str(error) or _("You may not do this.")),
}


def handle_with(api: NinjaAPI) -> None:
    """Let the API answer these errors; any other is a fault of ours and goes where faults go."""
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
