"""What a phone needs to open the Log page without a connection: service worker, manifest, and a page that says so."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from qms.models import Organization
from qms.permissions import public


@public
@require_GET
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """The service worker, at the root so that it may serve every page; it takes the queue's code by its hashed name."""
    text = (settings.BASE_DIR / "static" / "js" / "sw.js").read_text("utf-8")
    head = f'importScripts("{static("js/queue.js")}");\n'
    return HttpResponse(head + text, content_type="text/javascript", headers={"Service-Worker-Allowed": "/"})


@public
@require_GET
@cache_control(max_age=3600)
def manifest(request: HttpRequest) -> JsonResponse:
    """The web manifest: installed on a phone, the product opens at the Log page."""
    sizes = ((192, "any"), (512, "any"), (512, "maskable"))
    icons = [
        {"src": static(f"icons/app-{size}{'-maskable' if purpose == 'maskable' else ''}.png"),
         "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for size, purpose in sizes
    ]  # fmt: skip
    data = {
        "id": "/", "scope": "/", "start_url": reverse("leadership:log"), "display": "standalone",
        "name": Organization.current().name, "short_name": _("Quality log"),
        "background_color": "#f5f5f2", "theme_color": "#0d5c6b", "icons": icons,
    }  # fmt: skip
    return JsonResponse(data, content_type="application/manifest+json")


@public
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """Shown by the service worker in place of a page that cannot be reached."""
    return render(request, "leadership/offline_page.html")
