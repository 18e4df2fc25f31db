"""Addresses of resource requests: the register, one of them, its steps and its decision."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import resource_request, resource_request_step

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/resources/", resource_request.resource_request_list, name="resource-request-list"),
    path("leadership/resources/export/", resource_request.resource_request_export, name="resource-request-export"),
    path(
        "leadership/resources/print/", resource_request.resource_request_list_print, name="resource-request-list-print"
    ),
    path("leadership/resources/new/", resource_request.resource_request_new, name="resource-request-new"),
    path("leadership/resources/<int:pk>/", resource_request.resource_request_detail, name="resource-request-detail"),
    path(
        "leadership/resources/<int:pk>/print/", resource_request.resource_request_print, name="resource-request-print"
    ),
    path("leadership/resources/<int:pk>/edit/", resource_request.resource_request_edit, name="resource-request-edit"),
    path(
        "leadership/resources/<int:pk>/decide/",
        resource_request_step.resource_request_decide,
        name="resource-request-decide",
    ),
    path(
        "leadership/resources/<int:pk>/decide/<slug:answer>/",
        resource_request_step.resource_request_decide_as,
        name="resource-request-decide-as",
    ),
    path(
        "leadership/resources/<int:pk>/<slug:verb>/",
        resource_request_step.resource_request_step,
        name="resource-request-step",
    ),
]
