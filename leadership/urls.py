from django.urls import URLPattern, URLResolver, path

from leadership.views import activity, activity_type, corroboration, home, log, offline

app_name = "leadership"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.home, name="home"),
    path("due/", home.due, name="due"),
    path("log/", log.log, name="log"),
    path("log/people/", log.log_people, name="log-people"),
    path("log/session/", log.log_session, name="log-session"),
    path("log/<uuid:uid>/", log.log_done, name="log-done"),
    path("offline/", offline.offline, name="offline"),
    path("sw.js", offline.service_worker, name="service-worker"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("leadership/activity-types/", activity_type.activity_type_list, name="activity-type-list"),
    path("leadership/activity-types/new/", activity_type.activity_type_new, name="activity-type-new"),
    path("leadership/activity-types/<slug:slug>/", activity_type.activity_type_edit, name="activity-type-edit"),
    path("leadership/activities/", activity.activity_list, name="activity-list"),
    path("leadership/activities/export/", activity.activity_export, name="activity-export"),
    path("leadership/activities/print/", activity.activity_list_print, name="activity-list-print"),
    path("leadership/activities/<int:pk>/", activity.activity_detail, name="activity-detail"),
    path("leadership/activities/<int:pk>/print/", activity.activity_print, name="activity-print"),
    path("leadership/activities/<int:pk>/edit/", activity.activity_edit, name="activity-edit"),
    path("leadership/activities/<int:pk>/ask/", corroboration.activity_ask, name="activity-ask"),
    path("answer/at/<uuid:uid>/", corroboration.answer_at, name="answer-at"),
    path("answer/mine/<int:pk>/", corroboration.answer_mine, name="answer-mine"),
    path("answer/<str:token>/", corroboration.answer, name="answer"),
    path("leadership/activities/<int:pk>/withdraw/", activity.activity_withdraw, name="activity-withdraw"),
]
