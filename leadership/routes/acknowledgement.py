"""Addresses of acknowledgement campaigns, and where people read and acknowledge."""

from django.urls import URLPattern, URLResolver, path

from leadership.views import acknowledge, acknowledgement, acknowledgement_people

AT = "leadership/acknowledgements/<int:pk>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("leadership/acknowledgements/", acknowledgement.acknowledgement_list, name="acknowledgement-list"),
    path("leadership/acknowledgements/export/", acknowledgement.acknowledgement_export, name="acknowledgement-export"),
    path(
        "leadership/acknowledgements/print/", acknowledgement.acknowledgement_list_print,
        name="acknowledgement-list-print",
    ),
    path(
        "leadership/acknowledgements/ask/<uuid:uid>/", acknowledgement.acknowledgement_ask, name="acknowledgement-ask"
    ),
    path(AT, acknowledgement.acknowledgement_detail, name="acknowledgement-detail"),
    path(f"{AT}print/", acknowledgement.acknowledgement_print, name="acknowledgement-print"),
    path(f"{AT}edit/", acknowledgement.acknowledgement_edit, name="acknowledgement-edit"),
    path(f"{AT}move/<slug:verb>/", acknowledgement.acknowledgement_move, name="acknowledgement-move"),
    path(f"{AT}remind/", acknowledgement_people.acknowledgement_remind, name="acknowledgement-remind"),
    path(f"{AT}people/", acknowledgement_people.acknowledgement_people, name="acknowledgement-people"),
    path(
        f"{AT}people/export/", acknowledgement_people.acknowledgement_people_export,
        name="acknowledgement-people-export",
    ),
    path(
        f"{AT}people/<int:addressee_pk>/link/", acknowledgement_people.acknowledgement_link,
        name="acknowledgement-link",
    ),
    path("read/at/<uuid:uid>/", acknowledge.acknowledge_at, name="acknowledge-at"),
    path("read/mine/<int:pk>/", acknowledge.acknowledge_mine, name="acknowledge-mine"),
    path("read/<str:token>/", acknowledge.acknowledge, name="acknowledge"),
]  # fmt: skip
