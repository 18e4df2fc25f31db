"""The lean pages that the real ones are measured against; part of the bench only."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import Template, engines
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from leadership.models import Activity
from qms.models import Notification
from qms.permissions import Permission, requires
from qms.urls import urlpatterns as product_urls

LEAN = """{% extends "base.html" %}{% block content %}<table>{% for a in rows %}<tr><td>{{ a.reference }}</td>
<td>{{ a.title }}</td><td>{{ a.activity_type.label }}</td><td>{{ a.area.name }}</td><td>{{ a.owner.name }}</td>
<td>{{ a.occurred_on|date:"j M Y" }}</td></tr>{% endfor %}</table>{% endblock %}"""


@lru_cache(maxsize=1)
def lean_template() -> Template:
    """Read once per process, as template files are."""
    return engines["django"].from_string(LEAN)


@require_GET
@requires(Permission.RECORD_VIEW)
def lean_list(request: HttpRequest) -> HttpResponse:
    """Fifty rows of the ORM in a plain table inside the product's own frame."""
    rows = (
        Activity.objects.visible_to(request.user).select_related("activity_type", "area", "owner").newest_first()[:50]
    )
    return HttpResponse(lean_template().render({"rows": rows}, request))


@require_GET
@requires(Permission.RECORD_VIEW)
def lean_json(request: HttpRequest) -> HttpResponse:
    """A hundred rows of the ORM as JSON, for who is logged in."""
    rows = (
        Activity.objects.visible_to(request.user)
        .select_related("activity_type", "site", "area", "owner")
        .newest_first()[:100]
    )
    return JsonResponse({"records": [
        {
            "uid": row.uid, "reference": row.reference, "title": row.title, "kind": row.activity_type.slug,
            "site": row.site.code, "area": row.area.name if row.area else None, "owner": row.owner.name,
            "occurred_on": row.occurred_on, "status": row.status, "phase": row.phase,
        }
        for row in rows
    ]})  # fmt: skip


@require_POST
@requires(Permission.ACTIVITY_LOG)
def bare_insert(request: HttpRequest) -> HttpResponse:
    """One row, one commit."""
    Notification.objects.create(user=request.user, text="bench", at=timezone.now())
    return HttpResponse(status=204)


urlpatterns = [
    path("lean-list/", lean_list),
    path("lean-json/", lean_json),
    path("bare-insert/", bare_insert),
    *product_urls,
]
