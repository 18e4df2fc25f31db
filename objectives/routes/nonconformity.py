"""Addresses of nonconformities, their causes and what comes back."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import cause_merge, nonconformity, nonconformity_recurrence, nonconformity_step

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/nonconformities/", nonconformity.nonconformity_list, name="nonconformity-list"),
    path("plan/nonconformities/export/", nonconformity.nonconformity_export, name="nonconformity-export"),
    path("plan/nonconformities/print/", nonconformity.nonconformity_list_print, name="nonconformity-list-print"),
    path("plan/nonconformities/new/", nonconformity.nonconformity_new, name="nonconformity-new"),
    path(
        "plan/nonconformities/coming-back/",
        nonconformity_recurrence.nonconformity_recurrence,
        name="nonconformity-recurrence",
    ),
    path("plan/nonconformities/causes/merge/", cause_merge.cause_merge, name="cause-merge"),
    path("plan/nonconformities/<int:pk>/", nonconformity.nonconformity_detail, name="nonconformity-detail"),
    path("plan/nonconformities/<int:pk>/print/", nonconformity.nonconformity_print, name="nonconformity-print"),
    path("plan/nonconformities/<int:pk>/edit/", nonconformity.nonconformity_edit, name="nonconformity-edit"),
    path("plan/nonconformities/<int:pk>/why/", nonconformity_step.nonconformity_why, name="nonconformity-why"),
    path(
        "plan/nonconformities/<int:pk>/why/<int:node_pk>/remove/",
        nonconformity_step.nonconformity_why_remove,
        name="nonconformity-why-remove",
    ),
    path(
        "plan/nonconformities/<int:pk>/<slug:verb>/", nonconformity_step.nonconformity_step, name="nonconformity-step"
    ),
]
