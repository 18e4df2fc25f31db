"""What happens around every request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.cache import patch_cache_control


def local_time(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Show and read times as the clock on the wall of the user's own site; UTC for whoever has none."""

    def with_local_time(request: HttpRequest) -> HttpResponseBase:
        site = request.user.person.site if request.user.is_authenticated else None
        with timezone.override(site.zone if site else None):
            return get_response(request)

    return with_local_time


def private_pages(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Say of every page made for somebody who is logged in that no cache on the way may keep it for others."""

    def with_cache_control(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.user.is_authenticated and "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    return with_cache_control
