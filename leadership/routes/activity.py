"""Addresses of leadership activities, their kinds, and the answers of those who were there."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import activity, activity_type, corroboration

urlpatterns: list[URLPattern | URLResolver] = [
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
    path("leadership/activities/<int:pk>/withdraw/", activity.activity_withdraw, name="activity-withdraw"),
    path("answer/at/<uuid:uid>/", corroboration.answer_at, name="answer-at"),
    path("answer/mine/<int:pk>/", corroboration.answer_mine, name="answer-mine"),
    path("answer/<str:token>/", corroboration.answer, name="answer"),
]
