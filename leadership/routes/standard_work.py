"""Addresses of leaders' standard work: routines, planned times, adherence."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import adherence, calendar_feed, occurrence, routine, routine_import

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/routines/", routine.routine_list, name="routine-list"),
    path("leadership/routines/export/", routine.routine_export, name="routine-export"),
    path("leadership/routines/print/", routine.routine_list_print, name="routine-list-print"),
    path("leadership/routines/new/", routine.routine_new, name="routine-new"),
    path("leadership/routines/import/", routine_import.routine_import, name="routine-import"),
    path("leadership/routines/import/<uuid:uid>/", routine_import.routine_import_check, name="routine-import-check"),
    path("leadership/routines/<int:pk>/", routine.routine_detail, name="routine-detail"),
    path("leadership/routines/<int:pk>/print/", routine.routine_print, name="routine-print"),
    path("leadership/routines/<int:pk>/edit/", routine.routine_edit, name="routine-edit"),
    path("leadership/routines/<int:pk>/move/<slug:verb>/", routine.routine_move, name="routine-move"),
    path("leadership/standard-work/", occurrence.standard_work, name="standard-work"),
    path("leadership/standard-work/<uuid:uid>/explain/", occurrence.occurrence_explain, name="occurrence-explain"),
    path("leadership/standard-work/<uuid:uid>/replan/", occurrence.occurrence_replan, name="occurrence-replan"),
    path("leadership/standard-work/<uuid:uid>/count/", occurrence.occurrence_count, name="occurrence-count"),
    path("me/calendar/", calendar_feed.calendar, name="calendar"),
    path("me/calendar/revoke/", calendar_feed.calendar_revoke, name="calendar-revoke"),
    path("calendar/<str:token>/", calendar_feed.calendar_feed, name="calendar-feed"),
    path("leadership/adherence/", adherence.adherence_site, name="adherence"),
    path("leadership/adherence/<uuid:uid>/", adherence.adherence_person, name="adherence-person"),
]
