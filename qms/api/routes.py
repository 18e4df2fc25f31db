"""Where the API's addresses lead: version 1 under ``/api/v1/``, its description at ``/api/``.

Each package adds a router of its own, named by string: the foundation knows no package above it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver, include, path
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI

from qms.api import reference
from qms.api.bearer import Bearer
from qms.api.errors import handle_with, problem
from qms.permissions import public
from qms.services import trail

app_name = "api"
api = NinjaAPI(
    title=str(gettext_lazy("Quality management API")), version="1", urls_namespace="api", docs_url=None,
    openapi_url=None, auth=Bearer(None),
)  # fmt: skip
handle_with(api)
for router in (
    "qms.api.place.router",
    "qms.api.record.router",
    "objectives.api.objective_measurement.router",
    "objectives.api.idea.router",
    "objectives.api.quality_cost.router",
    "leadership.api.activity.router",
):
    api.add_router("", router)


def by_token(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view of an operation, outside the log-in: the operation asks for its token itself; no cache keeps it."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with trail.means():
            response = view(request, *args, **kwargs)
        if response.status_code == 405:
            allowed = response["Allow"]
            response = problem(405, _("Only %s here.") % allowed)
            response["Allow"] = allowed
        patch_cache_control(response, private=True, no_store=True)
        return response

    opened = login_not_required(guarded)
    opened.is_by_token = True  # type: ignore[attr-defined]
    return opened


@csrf_exempt
@public
def unknown(request: HttpRequest, rest: str) -> HttpResponseBase:
    """Any other address below the API: 404 in JSON."""
    return problem(404, _("There is no such address. See %s.") % "/api/")


# One address each, also where it takes several methods; the library's own root page is left out.
operations = {
    str(found.pattern): path(str(found.pattern), by_token(found.callback), name=found.name)
    for found in api.urls[0]
    if isinstance(found, URLPattern) and found.name != "api-root"
}
urlpatterns: list[URLPattern | URLResolver] = [
    path("", reference.reference, name="reference"),
    path("openapi.json", reference.openapi, name="openapi"),
    path("v1/", include(list(operations.values()))),
    path("v1/<path:rest>", unknown, name="unknown"),
]
