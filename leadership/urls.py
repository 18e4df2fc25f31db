from django.urls import URLPattern, URLResolver

from leadership.routes import (
    acknowledgement,
    activity,
    communication,
    engagement,
    home,
    policy,
    recognition,
    resource_request,
    role,
    standard_work,
)

app_name = "leadership"

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urlpatterns,
    *activity.urlpatterns,
    *policy.urlpatterns,
    *recognition.urlpatterns,
    *engagement.urlpatterns,
    *resource_request.urlpatterns,
    *acknowledgement.urlpatterns,
    *standard_work.urlpatterns,
    *role.urlpatterns,
    *communication.urlpatterns,
]
