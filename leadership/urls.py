from django.urls import URLPattern, URLResolver

from leadership.routes import activity, home

app_name = "leadership"

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *activity.urlpatterns,
]
