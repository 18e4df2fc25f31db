"""Addresses of recognition, of its wall and screens, and of the values."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import recognition, recognition_wall

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/recognition/", recognition.recognition_list, name="recognition-list"),
    path("leadership/recognition/new/", recognition.recognition_new, name="recognition-new"),
    path("leadership/recognition/people/", recognition.recognition_people, name="recognition-people"),
    path("leadership/recognition/export/", recognition.recognition_export, name="recognition-export"),
    path("leadership/recognition/print/", recognition.recognition_list_print, name="recognition-list-print"),
    path("leadership/recognition/wall/", recognition_wall.wall, name="recognition-wall"),
    path("leadership/recognition/screens/", recognition_wall.wall_screens, name="wall-screens"),
    path(
        "leadership/recognition/screens/<int:pk>/revoke/", recognition_wall.wall_screen_revoke,
        name="wall-screen-revoke",
    ),
    path("leadership/recognition/values/", recognition_wall.value_list, name="recognition-value-list"),
    path("leadership/recognition/values/new/", recognition_wall.value_new, name="recognition-value-new"),
    path("leadership/recognition/values/<slug:slug>/", recognition_wall.value_edit, name="recognition-value-edit"),
    path("leadership/recognition/<int:pk>/", recognition.recognition_detail, name="recognition-detail"),
    path("leadership/recognition/<int:pk>/print/", recognition.recognition_print, name="recognition-print"),
    path("leadership/recognition/<int:pk>/card/", recognition.recognition_card, name="recognition-card"),
    path("leadership/recognition/<int:pk>/edit/", recognition.recognition_edit, name="recognition-edit"),
    path("leadership/recognition/<int:pk>/answer/", recognition.recognition_answer, name="recognition-answer"),
    path("leadership/recognition/<int:pk>/withdraw/", recognition.recognition_withdraw, name="recognition-withdraw"),
    path("screen/<str:token>/", recognition_wall.wall_screen, name="wall-screen"),
]  # fmt: skip
