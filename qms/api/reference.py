"""The API's description: OpenAPI for programs, and a page of our own for people, made from the same schema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_GET

from qms.permissions import Permission, public, requires

Json = dict[str, Any]


@dataclass(frozen=True)
class Value:
    """One parameter, or one property of a body or an answer."""

    name: str
    kind: str
    is_required: bool
    about: str


@dataclass(frozen=True)
class Call:
    """One operation, as the page shows it."""

    method: str
    path: str
    summary: str
    about: str
    tag: str
    parameters: list[Value]
    body: list[Value]
    body_about: str
    answer: list[Value]
    statuses: str


@lru_cache(maxsize=1)
def schema() -> Json:
    """The OpenAPI document; the API is found by its name, since it names this page itself."""
    api = import_string("qms.api.routes.api")
    return dict(api.get_openapi_schema(path_prefix="/api/v1/"))


@require_GET
@public
def openapi(request: HttpRequest) -> HttpResponse:
    """The API described for programs; it holds no data of anybody."""
    return JsonResponse(schema() | {"servers": [{"url": settings.PUBLIC_URL}]})


@require_GET
@requires(Permission.SIGNED_IN)
def reference(request: HttpRequest) -> HttpResponse:
    """The API described for people."""
    groups: dict[str, list[Call]] = {}
    for call in calls():
        groups.setdefault(call.tag, []).append(call)
    shapes = {name: _values(part) for name, part in schema()["components"]["schemas"].items() if "properties" in part}
    context = {"groups": groups, "shapes": shapes, "address": settings.PUBLIC_URL}
    return render(request, "qms/api_reference.html", context)


@lru_cache(maxsize=1)
def calls() -> list[Call]:
    """Every operation of the schema."""
    return [
        _call(method.upper(), path, operation)
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    ]


def _call(method: str, path: str, operation: Json) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    good = next((code for code in sorted(operation["responses"], key=str) if 200 <= int(code) < 300), None)
    answer = operation["responses"][good].get("content", {}).get("application/json", {}).get("schema") if good else None
    return Call(
        method=method, path=path, summary=operation.get("summary", ""), about=operation.get("description", ""),
        tag=operation.get("tags", [""])[0],
        parameters=[_value(p["name"], p["schema"], p.get("required", False)) for p in operation.get("parameters", [])],
        body=_values(body), body_about=_resolved(body).get("description", "") if body else "", answer=_values(answer),
        statuses=", ".join(sorted(str(code) for code in operation["responses"])),
    )  # fmt: skip


def _resolved(part: Json) -> Json:
    if "$ref" in part:
        return dict(schema()["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]])
    return part


def _values(part: Json | None) -> list[Value]:
    if part is None:
        return []
    whole = _resolved(part)
    if whole.get("type") == "array":
        whole = _resolved(whole["items"])
    needed = whole.get("required", [])
    return [_value(name, value, name in needed) for name, value in whole.get("properties", {}).items()]


def _value(name: str, part: Json, is_required: bool) -> Value:
    return Value(name, _kind(part), is_required, part.get("description", ""))


def _kind(part: Json) -> str:
    """The type in a word or two: ``date``, ``list of Line``, ``text or nothing``."""
    if "$ref" in part:
        found = _resolved(part)
        return " | ".join(map(str, found["enum"])) if "enum" in found else part["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in part:
        return " | ".join(_kind(one) for one in part["anyOf"])
    if "allOf" in part:
        return _kind(part["allOf"][0])
    if "enum" in part:
        return " | ".join(map(str, part["enum"]))
    if part.get("type") == "array":
        return "[" + _kind(part.get("items", {})) + "]"
    return str(part.get("format") or part.get("type") or "any")
