"""Addresses of improvement actions, ideas, benefits, promises and their boards."""

from django.urls import URLPattern, URLResolver, path

from objectives.views import (
    action_board,
    benefit,
    idea,
    improvement_action,
    improvement_cycle,
    improvement_page,
    promise,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("actions/", improvement_action.improvement_action_list, name="improvement-action-list"),
    path("actions/export/", improvement_action.improvement_action_export, name="improvement-action-export"),
    path("actions/print/", improvement_action.improvement_action_list_print, name="improvement-action-list-print"),
    path("actions/new/", improvement_action.improvement_action_new, name="improvement-action-new"),
    path("actions/board/", action_board.action_board, name="action-board"),
    path("actions/balance/", action_board.action_balance, name="action-balance"),
    path("actions/<int:pk>/", improvement_page.improvement_action_detail, name="improvement-action-detail"),
    path("actions/<int:pk>/print/", improvement_page.improvement_action_print, name="improvement-action-print"),
    path("actions/<int:pk>/edit/", improvement_action.improvement_action_edit, name="improvement-action-edit"),
    path("actions/<int:pk>/assess/", idea.idea_assess, name="improvement-action-assess"),
    path("actions/<int:pk>/cycle/", improvement_cycle.improvement_cycle, name="improvement-action-cycle"),
    path("actions/<int:pk>/check/", improvement_cycle.improvement_check, name="improvement-action-check"),
    path("actions/<int:pk>/photos/", improvement_cycle.improvement_photo, name="improvement-action-photo"),
    path("actions/<int:pk>/copy/", improvement_cycle.improvement_copy, name="improvement-action-copy"),
    path("actions/<int:pk>/benefits/new/", benefit.benefit_new, name="improvement-action-benefit"),
    path("actions/<int:pk>/promise/", promise.promise_ask, name="improvement-action-promise"),
    path("actions/<int:pk>/<slug:verb>/", improvement_page.improvement_action_move, name="improvement-action-move"),
    path("benefits/<int:pk>/edit/", benefit.benefit_edit, name="benefit-edit"),
    path("benefits/<int:pk>/withdraw/", benefit.benefit_withdraw, name="benefit-withdraw"),
    path("benefits/<int:pk>/confirm/", benefit.benefit_confirm, name="benefit-confirm"),
    path("promise/at/<uuid:uid>/", promise.promise_at, name="promise-at"),
    path("promise/mine/<int:pk>/", promise.promise_mine, name="promise-mine"),
    path("promise/<str:token>/", promise.promise_answer, name="promise-answer"),
    path("ideas/new/", idea.idea_new, name="idea-new"),
    path("ideas/<str:token>/", idea.idea_ticket, name="idea-ticket"),
    path("a/<str:token>/idea/", idea.idea_at, name="idea-at"),
]
