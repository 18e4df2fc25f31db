"""Addresses of the first pages, the Log, and what a phone needs to work offline."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import home, log, offline, overview

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("due/", home.due, name="due"),
    path("leadership/", overview.overview, name="overview"),
    path("log/", log.log, name="log"),
    path("log/people/", log.log_people, name="log-people"),
    path("log/session/", log.log_session, name="log-session"),
    path("log/<uuid:uid>/", log.log_done, name="log-done"),
    path("offline/", offline.offline, name="offline"),
    path("sw.js", offline.service_worker, name="service-worker"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
]
