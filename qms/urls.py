"""Where every address leads."""

from django.urls import URLPattern, URLResolver, include, path

from qms.views import health, me

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("account/email/", me.own_email, name="own-email"),  # instead of allauth's page, which lets one change it
    path("account/", include("allauth.urls")),
    path("api/", include("qms.api.routes")),
    path("", include("qms.routes")),
    path("", include("objectives.urls")),
    path("", include("audits.urls")),
    path("", include("leadership.urls")),
]
