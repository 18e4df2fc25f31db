"""Addresses of improvement actions."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import improvement_action

urlpatterns: list[URLPattern | URLResolver] = [
    path("actions/", improvement_action.improvement_action_list, name="improvement-action-list"),
    path("actions/export/", improvement_action.improvement_action_export, name="improvement-action-export"),
    path("actions/print/", improvement_action.improvement_action_list_print, name="improvement-action-list-print"),
    path("actions/new/", improvement_action.improvement_action_new, name="improvement-action-new"),
    path("actions/<int:pk>/", improvement_action.improvement_action_detail, name="improvement-action-detail"),
    path("actions/<int:pk>/print/", improvement_action.improvement_action_print, name="improvement-action-print"),
    path("actions/<int:pk>/edit/", improvement_action.improvement_action_edit, name="improvement-action-edit"),
    path("actions/<int:pk>/<slug:verb>/", improvement_action.improvement_action_move, name="improvement-action-move"),
]
