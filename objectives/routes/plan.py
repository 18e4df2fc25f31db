"""The way into planning and improvement."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import plan

urlpatterns: list[URLPattern | URLResolver] = [
    path("plan/", plan.plan, name="plan"),
]
