from django.urls import URLPattern, URLResolver

from leadership.routes import activity, home, recognition

app_name = "leadership"

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *activity.urlpatterns,
    *recognition.urlpatterns,
]
