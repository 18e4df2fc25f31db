"""Addresses of communications and the questions to them."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import communication, communication_question

AT = "leadership/communications/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(AT, communication.communication_list, name="communication-list"),
    path(f"{AT}export/", communication.communication_export, name="communication-export"),
    path(f"{AT}print/", communication.communication_list_print, name="communication-list-print"),
    path(f"{AT}new/", communication.communication_new, name="communication-new"),
    path(f"{AT}questions/", communication_question.communication_questions, name="communication-questions"),
    path(
        f"{AT}questions/<int:pk>/answer/", communication_question.communication_answer, name="communication-answer"
    ),
    path(f"{AT}<int:pk>/", communication.communication_detail, name="communication-detail"),
    path(f"{AT}<int:pk>/print/", communication.communication_print, name="communication-print"),
    path(f"{AT}<int:pk>/edit/", communication.communication_edit, name="communication-edit"),
    path(f"{AT}<int:pk>/give/", communication.communication_give, name="communication-give"),
    path(f"{AT}<int:pk>/question/", communication_question.communication_question, name="communication-question"),
    path(f"{AT}<int:pk>/move/<slug:verb>/", communication.communication_move, name="communication-move"),
    path("ask/<uuid:uid>/", communication_question.communication_ask, name="communication-ask"),
]  # fmt: skip
