"""Addresses of objectives."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import objective, objective_measurement

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/objectives/", objective.objective_list, name="objective-list"),
    path("plan/objectives/export/", objective.objective_export, name="objective-export"),
    path("plan/objectives/print/", objective.objective_list_print, name="objective-list-print"),
    path("plan/objectives/new/", objective.objective_new, name="objective-new"),
    path("plan/objectives/<int:pk>/", objective.objective_detail, name="objective-detail"),
    path("plan/objectives/<int:pk>/print/", objective.objective_print, name="objective-print"),
    path("plan/objectives/<int:pk>/edit/", objective.objective_edit, name="objective-edit"),
    path("plan/objectives/<int:pk>/approve/", objective.objective_approve, name="objective-approve"),
    path("plan/objectives/<int:pk>/target/", objective.objective_target, name="objective-target"),
    path("plan/objectives/<int:pk>/measure/", objective_measurement.objective_measure, name="objective-measure"),
    path("plan/objectives/<int:pk>/import/", objective_measurement.objective_import_file, name="objective-import"),
    path("plan/objectives/<int:pk>/token/", objective_measurement.objective_token, name="objective-token"),
    path("plan/objectives/<int:pk>/decide/", objective_measurement.objective_decide, name="objective-decide"),
    path("plan/objectives/<int:pk>/move/<slug:verb>/", objective.objective_move, name="objective-move"),
    path(
        "plan/measurements/<uuid:uid>/", objective_measurement.objective_import_check, name="objective-import-check"
    ),
    path(
        "plan/measurements/<uuid:uid>/problems/", objective_measurement.objective_import_problems,
        name="objective-import-problems",
    ),
]  # fmt: skip
