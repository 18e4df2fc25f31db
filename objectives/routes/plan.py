"""The way into planning and improvement."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import plan, plan_import

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/", plan.plan, name="plan"),
    path("plan/import/<slug:what>/", plan_import.plan_import, name="plan-import"),
    path("plan/import/<uuid:uid>/check/", plan_import.plan_import_check, name="plan-import-check"),
    path("plan/import/<uuid:uid>/problems/", plan_import.plan_import_problems, name="plan-import-problems"),
]
