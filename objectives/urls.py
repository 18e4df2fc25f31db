from django.urls import URLPattern, URLResolver

from objectives.routes import improvement_action, plan

app_name = "objectives"

urlpatterns: list[URLPattern | URLResolver] = [
    *plan.urlpatterns,
    *improvement_action.urlpatterns,
]
