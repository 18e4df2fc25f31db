from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from qms.permissions import public
from qms.services import health


@public
@never_cache
@require_GET
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches nothing else, so a broken database does not restart the web server."""
    return HttpResponse("ok\n", content_type="text/plain")


@public
@never_cache
@require_GET
def ready(request: HttpRequest) -> JsonResponse:
    """Every part the process needs works: 200, else 503 with the names of those that do not."""
    checks = health.readiness(at=timezone.now())
    failing = [name for name, works in checks.items() if not works]
    return JsonResponse({"ready": not failing, "failing": failing, "checks": checks}, status=503 if failing else 200)
