from django.urls import URLPattern, URLResolver

from objectives.routes import improvement_action

app_name = "objectives"

urlpatterns: list[URLPattern | URLResolver] = [
    *improvement_action.urlpatterns,
]
